"""The list of faults stays in step with the code; `python -m tests.faults` tries them."""

import pytest

from tests.faults import FAULTS, ROOT


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_breaks_one_line_of_the_code_as_it_is(name):
    fault = FAULTS[name]

    text = (ROOT / "denoise_demo" / fault.file).read_text("utf-8")

    assert text.count(fault.old) == 1
    assert all((ROOT / "tests" / tests).exists() for tests in fault.tests.split())
