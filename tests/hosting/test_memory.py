"""Memory that large pictures have used goes back to the system."""

import platform
import subprocess
import sys

import pytest

# Two blocks, freed in turn, raise glibc's limit above their size. The third then lies in the heap,
# below a small block that keeps the heap from shrinking.
SCRIPT = """
import ctypes, os, sys
from denoise_demo.hosting import return_large_blocks
if sys.argv[1] == "returned":
    assert return_large_blocks()
c = ctypes.CDLL(None)
c.malloc.restype, c.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
c.free.argtypes = [ctypes.c_void_p]
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
size = 30 * 2**20
c.free(c.malloc(size))
before = resident()
large = c.malloc(size)
ctypes.memset(large, 1, size)
small = c.malloc(100_000)
ctypes.memset(small, 1, 100_000)
c.free(large)
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no limit")
@pytest.mark.parametrize(("way", "is_returned"), [("returned", True), ("kept", False)])
def test_a_large_block_is_given_back_when_freed(way: str, is_returned: bool) -> None:
    """Without the change it stays, so the test would notice a change that does nothing."""
    command = [sys.executable, "-c", SCRIPT, way]
    left = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert (left < 5 * 2**20) == is_returned
