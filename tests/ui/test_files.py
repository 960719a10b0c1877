"""Files that the page offers, also where they cannot be kept."""

import errno
import os
from pathlib import Path

import gradio as gr
import pytest

from denoise_demo.ui.web.files import keep


def test_a_file_is_kept_under_its_name_once_per_content(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))

    first, again, other = keep(b"a", "x.png"), keep(b"a", "x.png"), keep(b"b", "x.png")

    assert first == again != other
    assert {Path(path).name for path in (first, other)} == {"x.png"}
    assert Path(other).read_bytes() == b"b"


def test_a_full_disk_is_one_sentence_and_leaves_no_half_file(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(gr.Error, match=r"\(No space left on device\).*GRADIO_TEMP_DIR") as caught:
        keep(b"a", "x.png")

    assert str(tmp_path) not in str(caught.value)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_no_folder_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "file" / "below"))

    with pytest.raises(gr.Error, match="cannot be kept on the server"):
        keep(b"a", "x.png")
