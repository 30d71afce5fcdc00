"""The history of a run's first convolution: its weights before training and after every epoch.

They are in `runs/<id>/conv1/<epoch>.safetensors`, a few kilobytes each.
"""

import math
import re
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from mnist_core.data.mnist import normalise
from mnist_core.errors import MnistCoreError
from mnist_core.imaging.normalize import FRAME_SIZE
from mnist_core.models.architectures import build_model
from mnist_core.models.network import DigitNet
from mnist_core.runs.run import Run
from mnist_core.utils.files import explain_errors, write_atomic
from mnist_core.utils.json_files import DamagedFileError, MissingFileError, read_regular_file

MAX_EPOCHS = 200
"""About as many epochs are kept: in a longer run every second, third, ... and always the last."""
_MAX_FILE_BYTES = 16 * 2**20


class Conv1History:
    """The history in a run's folder.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._folder = run.folder / "conv1"

    def keep(self, model: DigitNet, epoch: int, epochs: int) -> None:
        """Keep all tensors of `model.conv1` after an epoch; 0 is before training.

        An earlier epoch that was kept only because it was the last is removed.

        Parameters
        ----------
        model : DigitNet
            On any device.
        epoch : int >= 0
        epochs : int >= 1
            Configured number of epochs.

        Raises
        ------
        MnistCoreError
            If it cannot be written.
        """
        state = {
            name: tensor.detach().cpu().contiguous()
            for name, tensor in model.conv1.state_dict().items()
        }
        every = math.ceil(epochs / MAX_EPOCHS)
        with explain_errors(self._folder, "cannot be written"):
            self._folder.mkdir(exist_ok=True)  # without parents: a removed run stays removed
            if self._folder.is_symlink():  # files are deleted in it
                raise MnistCoreError(f"{self._folder}: a symbolic link; replace it by a folder")
            write_atomic(self._path(epoch), save(state))
            for before in self.epochs():
                if before < epoch and before % every:
                    self._path(before).unlink(missing_ok=True)
            for partial in self._folder.glob("*.tmp"):  # of a process that was killed
                partial.unlink(missing_ok=True)

    def epochs(self) -> list[int]:
        """Return the epochs that are kept, ascending; empty for a run that kept none."""
        names = (path.stem for path in self._folder.glob("*.safetensors"))
        return sorted(int(name) for name in names if re.fullmatch(r"[0-9]{1,9}", name))

    def stage(self, epoch: int) -> nn.Module:
        """Return conv1 after an epoch, in eval mode, on the CPU.

        Raises
        ------
        MnistCoreError
            If the epoch is not kept, its file is damaged, or it does not fit the run's model.
        """
        path = self._path(epoch)
        try:
            state = load(read_regular_file(path, _MAX_FILE_BYTES))
        except MissingFileError:
            kept = self.epochs()
            what = f"it kept epochs {kept[0]} to {kept[-1]}" if kept else "it kept none"
            raise MnistCoreError(
                f"run {self._run.id} kept no conv1 of epoch {epoch}; {what}"
            ) from None
        except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
            raise DamagedFileError(
                f"{path}: this file is damaged ({error}); it can be deleted"
            ) from error
        config = self._run.config()
        with torch.device("meta"):  # no weights, so no random numbers are drawn for them
            stage = build_model(config.model, kernel_size=config.kernel_size).conv1
        for name, expected in stage.state_dict().items():
            tensor = state.get(name, expected)
            if tensor is not expected and (
                tensor.dtype != expected.dtype or not tensor.isfinite().all()
            ):
                raise DamagedFileError(
                    f"{path}: this file is damaged ({name} is not finite {expected.dtype}); "
                    "it can be deleted"
                )
        try:
            stage.load_state_dict(state, assign=True)
        except RuntimeError as error:
            raise MnistCoreError(f"{path}: does not fit {config.model} ({error})") from error
        return stage.eval().requires_grad_(False)

    def kernels(self, epoch: int) -> Tensor:
        """Return the kernels (out, 1, k, k) float32 after an epoch. Raises as `stage`."""
        stage = self.stage(epoch)
        return next(m.weight for m in stage.modules() if isinstance(m, nn.Conv2d)).detach()

    def maps(self, frame: Tensor, epoch: int) -> Tensor:
        """Return conv1's feature maps (out, H, W) float32 of a frame after an epoch.

        Parameters
        ----------
        frame : float (28, 28) or (1, 28, 28) in [0, 1]

        Raises
        ------
        MnistCoreError
            For a frame of another shape, and as `stage`.
        """
        if frame.shape[-2:] != (FRAME_SIZE, FRAME_SIZE) or frame.numel() != FRAME_SIZE**2:
            raise MnistCoreError(f"frame has shape {tuple(frame.shape)}; give (28, 28)")
        with torch.inference_mode():
            batch = normalise(frame.reshape(1, 1, FRAME_SIZE, FRAME_SIZE).cpu().float())
            return self.stage(epoch)(batch)[0].clone()

    def largest(self, frame: Tensor) -> tuple[float, float]:
        """Return the largest absolute kernel weight and the largest value of a feature map.

        Over all epochs that are kept, so that their images can share a scale; 0 if there are none.

        Parameters
        ----------
        frame : as for `maps`

        Raises
        ------
        MnistCoreError
            As `maps`.
        """
        kernels = [self.kernels(epoch).abs().max().item() for epoch in self.epochs()]
        maps = [self.maps(frame, epoch).max().item() for epoch in self.epochs()]
        return max(kernels, default=0.0), max(maps, default=0.0)

    def _path(self, epoch: int) -> Path:
        return self._folder / f"{epoch:05d}.safetensors"
