"""Settings of the whole process: threads and memory. Only entry points apply them.

The settings change how other code in the same process behaves, so importing `mnist_core` and
calling its public functions leaves them alone. A program that trains many networks may call
`configure_training_process` itself, before it imports torch.
"""

import contextlib
import ctypes
import gc
import os
import sys
from collections.abc import Iterator

# names and numbers of glibc's malloc.h
_M_TRIM_THRESHOLD = -1
_M_TOP_PAD = -2
_M_MMAP_THRESHOLD = -3


def configure_training_process() -> None:
    """Apply the settings for a process that trains: the command line and its child processes."""
    limit_thread_spinning()
    keep_freed_memory()


def configure_server_process() -> None:
    """Apply the settings for a process that serves requests: the pad and the dashboard.

    torch computes in one thread: a request is one small image, and further threads would only
    compete with other requests and with trainings on the same machine.
    """
    limit_thread_spinning()
    import torch  # after limit_thread_spinning

    torch.set_num_threads(1)


def limit_thread_spinning() -> None:
    """Let OpenMP threads sleep early while they wait for each other. Call before importing torch.

    By default they spin. Two trainings on the same cores then block each other: 185 images/s
    instead of 1,700. Sets `GOMP_SPINCOUNT` (libgomp reads it when torch is imported), which child
    processes inherit; a value that is already set is kept.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")


@contextlib.contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Import packages in a block without a search for garbage, which takes a fifth of the time.

    Modules are never deleted: what exists at the end of the block is not searched later either.
    Enter it once in a process.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def keep_freed_memory() -> bool:
    """Let glibc's malloc keep freed memory for the next allocation.

    By default it returns large blocks to the kernel, and a training step on the CPU requests the
    same ones again: hundreds of page faults in a step of 64 images, a quarter of its time.
    Other C libraries are left as they are. Source: mallopt(3).

    Returns
    -------
    bool
        Whether this C library accepted the settings.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):  # musl
        return False
    return bool(
        libc.mallopt(_M_TRIM_THRESHOLD, 1 << 30)
        and libc.mallopt(_M_TOP_PAD, 1 << 26)
        # older versions of glibc accept no more than half of an arena, 32 MiB
        and (libc.mallopt(_M_MMAP_THRESHOLD, 1 << 30) or libc.mallopt(_M_MMAP_THRESHOLD, 1 << 25))
    )
