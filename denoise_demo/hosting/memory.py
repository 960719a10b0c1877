"""What the C library does with memory that the process no longer uses."""

import ctypes

MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of malloc.h
BLOCK = 2 * 2**20  # bytes


def return_large_blocks() -> bool:
    """Give blocks of at least BLOCK back to the system as soon as they are free; say whether.

    glibc raises its limit for this to 32 MB as such blocks are freed: a picture of several
    megapixels that is read once then leaves a hole in the heap. Other C libraries keep their way.
    """
    change = getattr(ctypes.CDLL(None), "mallopt", None)
    return bool(change and change(MMAP_THRESHOLD, BLOCK))
