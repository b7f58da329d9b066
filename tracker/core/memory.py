"""Memory for pictures, which come and go by the megabyte."""

import ctypes
import sys
from contextlib import suppress

# Numbers of glibc's mallopt, and what is set: blocks up to 32 MB (its own limit) come from a
# heap that gives nothing back before 64 MB lie free, ten pictures of 1080p.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
KEPT_BYTES, LARGEST_BYTES = 64 << 20, 32 << 20


def keep_freed_memory() -> None:
    """Have glibc keep what is freed for the next picture; other allocators stay as they are.

    Otherwise it gives pages back and asks for them again, for each picture, which in a virtual
    machine takes longer than to fill them. For the whole process, so for a program's owner to
    decide, and not for a library.
    """
    if sys.platform.startswith("linux"):
        with suppress(AttributeError, OSError):  # another C library
            mallopt = ctypes.CDLL(None).mallopt
            mallopt(MMAP_THRESHOLD, LARGEST_BYTES)
            mallopt(TRIM_THRESHOLD, KEPT_BYTES)
