"""Work that is killed at random moments ends right when it is run again.

DENOISE_KILLS sets how often each is killed, for example 50:

    DENOISE_KILLS=50 pytest -n 0 -m slow tests/test_kills.py
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("killing.py")
KILLS = int(os.environ.get("DENOISE_KILLS", "12"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux to kill at a moment"),
]


@pytest.mark.parametrize("work", ["training", "benchmark", "faces", "download"])
def test_killed_work_ends_right_when_it_is_run_again(work, tmp_path):
    result = subprocess.run(
        [sys.executable, str(SCRIPT), work, str(tmp_path), str(KILLS)],
        check=False,
        cwd=SCRIPT.parents[1],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )

    assert result.returncode == 0, result.stderr[-3000:]
    assert json.loads(result.stdout)["killed"] >= KILLS
