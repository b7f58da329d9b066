"""Memory for pictures stays with the process that asked to keep it."""

import platform
import subprocess
import sys

import pytest

ROUNDS, PICTURE_BYTES = 20, 6 << 20
SCRIPT = f"""
import resource, sys
from tracker.core.memory import keep_freed_memory

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def rounds(count):
    for _ in range(count):
        pictures = [bytearray({PICTURE_BYTES}) for _ in range(4)]
        del pictures

if sys.argv[1] == "keep":
    keep_freed_memory()
rounds(2)
before = faults()
rounds({ROUNDS})
print((faults() - before) / {ROUNDS})
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_pictures_get_the_memory_of_those_before():
    given_back, kept = (
        float(subprocess.check_output([sys.executable, "-c", SCRIPT, word]))
        for word in ("give back", "keep")
    )

    assert given_back > 1000  # pages of 4 kB a round
    assert kept < given_back / 20
