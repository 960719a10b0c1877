"""Memory that is no longer used goes back to the system."""

import platform
import subprocess
import sys

import pytest

from denoise_demo.hosting import memory

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other C libraries manage memory in their own way"
)

BLOCKS = """
import ctypes, os, runpy, sys
ours = runpy.run_path(sys.argv[2])
is_returned = sys.argv[1] == "returned"
c = ctypes.CDLL(None)
c.malloc.restype, c.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
c.free.argtypes = [ctypes.c_void_p]
def filled(size):
    block = c.malloc(size)
    ctypes.memset(block, 1, size)
    return block
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
"""
# A block of 30 MB below a small one, which keeps the heap from shrinking when the large one is
# freed. One that was freed before has raised glibc's limit above its size.
LARGE = """
if is_returned:
    assert ours["return_large_blocks"]()
c.free(filled(30_000_000))
before = resident()
large, small = filled(30_000_000), filled(100_000)
c.free(large)
print(resident() - before)
"""
# Blocks of 100 kB, of which every second one is freed.
SMALL = """
before = resident()
blocks = [filled(100_000) for _ in range(600)]
for block in blocks[::2]:
    c.free(block)
if is_returned:
    ours["return_free_memory"]().join()
print(resident() - before - 30_000_000)
"""


@pytest.mark.parametrize("script", [LARGE, SMALL])
@pytest.mark.parametrize(("way", "is_returned"), [("returned", True), ("kept", False)])
def test_memory_is_given_back_when_freed(script, way, is_returned):
    """Without our change it stays, so that the test would notice one that does nothing."""
    command = [sys.executable, "-c", BLOCKS + script, way, memory.__file__]
    left = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert (left < 10_000_000) == is_returned, left


def test_the_heap_is_given_back_once_a_minute(monkeypatch):
    monkeypatch.setattr(memory, "_last", -memory.PAUSE)

    threads = [memory.return_free_memory() for _ in range(3)]

    assert [thread is None for thread in threads] == [False, True, True]
