"""What visitors have sent: shared by key, one each, bounded, forgotten."""

import pytest

from denoise_demo.hosting import Held, held


@pytest.fixture
def store(monkeypatch):
    monkeypatch.setattr(held, "_stores", [])
    return Held("photos", 100)


def test_a_value_is_found_until_its_last_visitor_leaves(store):
    store.keep("ann", "a", 1, 40)

    assert store.find("bob", "a") == 1
    held.forget("ann")
    assert store.find("bob", "a") == 1
    held.forget("bob")
    assert store.find("bob", "a") is None
    assert store.size == 0


def test_a_visitor_has_one_value(store):
    store.keep("ann", "a", 1, 40)
    store.keep("ann", "b", 2, 80)

    assert store.find("ann", "a") is None
    assert store.find("ann", "b") == 2
    assert store.size == 80


def test_what_others_use_does_not_make_room(store):
    store.keep("ann", "a", 1, 60)

    with pytest.raises(ValueError, match="memory for photos is full at the moment: try again"):
        store.keep("bob", "b", 2, 60)

    assert store.find("ann", "a") == 1


def test_what_has_rested_makes_room_the_longest_first(store):
    store.rest = 0.0
    store.keep("ann", "a", 1, 40)
    store.keep("bob", "b", 2, 40)
    store.find("ann", "a")

    store.keep("cid", "c", 3, 60)

    assert store.find("bob", "b") is None
    assert store.find("ann", "a") == 1
    assert store.size == 100


def test_a_value_larger_than_everything_is_refused(store):
    with pytest.raises(ValueError, match="take a smaller one"):
        store.keep("ann", "a", 1, 101)

    assert store.size == 0
