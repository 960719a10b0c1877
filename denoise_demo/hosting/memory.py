"""What the C library does with memory that the process no longer uses."""

import ctypes
import threading
import time

MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of malloc.h
BLOCK = 2 * 2**20  # bytes
PAUSE = 60.0  # seconds between two times that the heap is given back
_last = -PAUSE


def return_large_blocks() -> bool:
    """Give blocks of at least BLOCK back to the system as soon as they are free; say whether.

    glibc raises its limit for this to 32 MB as such blocks are freed: a picture of several
    megapixels that is read once then leaves a hole in the heap. Other C libraries keep their way.
    """
    change = getattr(ctypes.CDLL(None), "mallopt", None)
    return bool(change and change(MMAP_THRESHOLD, BLOCK))


def return_free_memory() -> threading.Thread | None:
    """Give what is free in the heap back to the system, in a thread, which is returned.

    Does nothing when it was done in the last PAUSE seconds, nor without glibc.
    """
    global _last  # noqa: PLW0603 - the heap is the process's, too
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None or time.monotonic() - _last < PAUSE:
        return None
    _last = time.monotonic()
    thread = threading.Thread(target=trim, args=(0,), name="returning memory", daemon=True)
    thread.start()
    return thread
