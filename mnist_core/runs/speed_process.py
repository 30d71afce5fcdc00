"""Measuring the speed of a training in a process of its own.

`python -m mnist_core.runs.speed_process FOLDER` reads request.json there and writes result.json.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from mnist_core.errors import MnistCoreError
from mnist_core.runs.inputs import load_network
from mnist_core.runs.queue_devices import is_free
from mnist_core.training.config import TrainConfig
from mnist_core.training.estimate import Speed, measure_speed
from mnist_core.utils.devices import choose_device, gpu_load
from mnist_core.utils.files import explain_errors
from mnist_core.utils.json_files import JsonModel, MissingFileError, read_json, write_json
from mnist_core.utils.processes import module_command, module_environment
from mnist_core.utils.runtime import keep_freed_memory

_LOAD_SECONDS = 0.3
_IDLE = 0.2
"""A processor or GPU that is busier before a measurement makes it one under load."""


class SpeedRequest(JsonModel):
    """What is to be measured: a configuration, on a device such as cuda:1."""

    config: TrainConfig
    root: str
    device: str


class MeasuredSpeed(JsonModel):
    """What was measured, or why it could not be.

    Attributes
    ----------
    speed : Speed or None
    under_load : bool
        Whether something else used processor, GPU or queue meanwhile.
    error : str
    """

    speed: Speed | None = None
    under_load: bool = False
    error: str = ""


class SpeedProcess:
    """A running measurement. Raises MnistCoreError if its process cannot be started."""

    def __init__(self, request: SpeedRequest) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="drawpad-speed-")
        path = Path(self._folder.name)
        write_json(path / "request.json", request)
        with explain_errors(path, "the measurement cannot be started"):
            self._process = subprocess.Popen(
                module_command("mnist_core.runs.speed_process", str(path)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=module_environment(),
            )

    def result(self) -> MeasuredSpeed | None:
        """Return the result; None while it is measuring. Its files are removed with it."""
        if self._process.poll() is None:
            return None
        try:
            return read_json(Path(self._folder.name) / "result.json", MeasuredSpeed)
        except MissingFileError:
            code = self._process.returncode
            return MeasuredSpeed(error=f"the measurement exited unexpectedly (status {code})")
        except MnistCoreError as error:
            return MeasuredSpeed(error=str(error))
        finally:
            self._folder.cleanup()

    def cancel(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


def measure(request: SpeedRequest) -> MeasuredSpeed:
    """Measure in this process. A configuration that cannot be trained is a result with an error."""
    config, root = request.config, Path(request.root)
    try:
        device = choose_device(request.device)
        teacher = load_network(config.teacher, root)
        busy = _is_busy(request.device) or not is_free(root, request.device)
        speed = measure_speed(config, device, teacher)
        busy = busy or not is_free(root, request.device)  # a run has started meanwhile
    except (MnistCoreError, RuntimeError) as error:  # torch: out of memory, no such operation
        return MeasuredSpeed(error=str(error))
    return MeasuredSpeed(speed=speed, under_load=busy)


def _is_busy(device: str) -> bool:
    if psutil.cpu_percent(_LOAD_SECONDS) / 100 > _IDLE:
        return True
    _, _, index = device.partition(":")
    return bool(index) and (gpu_load(int(index)) or 0.0) > _IDLE


def main(folder: Path) -> None:
    """Carry out the request in a folder."""
    keep_freed_memory()
    write_json(folder / "result.json", measure(read_json(folder / "request.json", SpeedRequest)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
