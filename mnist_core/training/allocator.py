"""Memory that is freed in every step and wanted again in the next: keep it in the process."""

from __future__ import annotations

import ctypes
import sys

# names and numbers of glibc's malloc.h
_M_TRIM_THRESHOLD = -1
_M_TOP_PAD = -2
_M_MMAP_THRESHOLD = -3


def keep_freed_memory() -> bool:
    """Let glibc's malloc keep freed memory for the next allocation, for the whole process.

    By default it hands large blocks back to the kernel, and a training step on the CPU asks for
    the same ones again: hundreds of page faults in a step of 64 images, a quarter of its time.
    Other C libraries are left as they are. Source: mallopt(3).

    Returns
    -------
    bool
        Whether this C library took the settings.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):  # musl
        return False
    return bool(
        libc.mallopt(_M_TRIM_THRESHOLD, 1 << 30)
        and libc.mallopt(_M_TOP_PAD, 1 << 26)
        # older versions of glibc take no more than half of an arena, 32 MiB
        and (libc.mallopt(_M_MMAP_THRESHOLD, 1 << 30) or libc.mallopt(_M_MMAP_THRESHOLD, 1 << 25))
    )
