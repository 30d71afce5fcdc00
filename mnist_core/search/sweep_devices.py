"""The devices of a sweep: its workers spread over the free GPUs of a machine."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mnist_core.runs.queue import ensure_workers, waiting
from mnist_core.runs.queue_devices import queue_lock_path
from mnist_core.utils.devices import auto_devices
from mnist_core.utils.locks import acquire_lock


@contextmanager
def sweep_devices(
    root: Path, configured: str, workers: int, reserved: str | None = None
) -> Iterator[list[str]]:
    """Reserve GPUs while the block runs: at most one for each worker, only those that are free.

    A GPU that something else waits for is not free. Nothing is reserved where `configured` names
    the device, or there is only one.

    Parameters
    ----------
    root : Path
        Folder of the runs.
    configured : str
        Device of the sweep's configuration.
    workers : int
        Processes that train at the same time.
    reserved : str or None
        The device that this process has waited for in the queue, if any.

    Yields
    ------
    list of str
        Devices, at least one. Worker number i trains on number i modulo their number.
    """
    if configured != "auto":
        yield [configured]
        return
    devices = [reserved] if reserved else []
    available = auto_devices()
    with ExitStack() as locks:
        for device in available if len(available) > 1 else ():
            if len(devices) >= workers:
                break
            # created here, so that a fork inherits them: the lock lasts as long as any worker
            if device not in devices and not any(one.may_use(device) for one in waiting(root)):
                lock = acquire_lock(queue_lock_path(root, device), timeout=0)
                if lock is not None:
                    locks.enter_context(lock)
                    devices.append(device)
        yield devices or available[:1]
    if len(devices) > 1:
        ensure_workers(root)  # for what was queued meanwhile
