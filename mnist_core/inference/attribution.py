"""Attribution: how much each pixel contributed to one logit relative to another.

The gradient of the margin between two logits with respect to the input (Simonyan, Vedaldi and
Zisserman 2013, "Deep Inside Convolutional Networks"), averaged over noisy copies of the input
(Smilkov et al. 2017, "SmoothGrad"), times the input (Shrikumar et al. 2016, "Not Just a Black
Box"): to first order, each pixel's contribution to the margin.
"""

import torch
from torch import Tensor, nn

from mnist_core.data.mnist import normalise
from mnist_core.errors import MnistCoreError
from mnist_core.imaging.normalize import FRAME_SIZE
from mnist_core.models.ensemble import Ensemble
from mnist_core.models.network import NUM_CLASSES
from mnist_core.models.weights import Network

SAMPLES = 16
NOISE = 0.15
"""Standard deviation of the noise, relative to the input's range; the paper advises 0.1 to 0.2."""

_CHUNK = 32
_SEED = 0


def attribution_maps(model: Network, frames: Tensor, predicted: Tensor, true: Tensor) -> Tensor:
    """Return the attribution towards the digit `predicted` (> 0) and towards `true` (< 0).

    The input is the normalised frame, so empty pixels contribute too. For an ensemble it is the
    mean of the members' maps, for either vote (a vote has no gradient). The result is
    deterministic, and the state of the global random generator does not change.

    Parameters
    ----------
    model : DigitNet or Ensemble
        Used in eval mode; its mode and gradients are restored.
    frames : float (N, 1, 28, 28) in [0, 1]
        On the model's device.
    predicted, true : int64 (N,) in 0..9

    Returns
    -------
    float32 (N, 28, 28)
        In logits; on the device of the frames.

    Raises
    ------
    MnistCoreError
        For frames or digits of another shape or range.
    """
    _check(frames, predicted, true)
    if not len(frames):
        return frames.new_zeros(0, FRAME_SIZE, FRAME_SIZE)
    members = list(model.members) if isinstance(model, Ensemble) else [model]
    was_training = model.training
    model.eval()
    try:
        parts = [
            torch.stack([_attribution(member, *chunk) for member in members]).mean(0)
            for chunk in zip(
                frames.split(_CHUNK), predicted.split(_CHUNK), true.split(_CHUNK), strict=True
            )
        ]
    finally:
        model.train(was_training)
    return torch.cat(parts)


def _attribution(model: nn.Module, frames: Tensor, predicted: Tensor, true: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(_SEED)
    noise = NOISE * torch.randn(SAMPLES, 1, 1, FRAME_SIZE, FRAME_SIZE, generator=generator)
    with torch.inference_mode(False), torch.enable_grad():  # also when called inside inference_mode
        inputs = normalise((frames + noise.to(frames.device)).flatten(0, 1)).requires_grad_()
        logits = model(inputs)
        rows = torch.arange(len(logits), device=logits.device)
        margin = logits[rows, predicted.repeat(SAMPLES)] - logits[rows, true.repeat(SAMPLES)]
        (gradient,) = torch.autograd.grad(margin.sum(), inputs)
    mean = gradient.view(SAMPLES, *frames.shape).mean(0)
    return (mean * normalise(frames)).squeeze(1).float()


def _check(frames: Tensor, predicted: Tensor, true: Tensor) -> None:
    if frames.shape[1:] != (1, FRAME_SIZE, FRAME_SIZE):
        raise MnistCoreError(f"frames have shape {tuple(frames.shape)}; give (N, 1, 28, 28)")
    for digits in (predicted, true):
        if digits.shape != frames.shape[:1]:
            raise MnistCoreError(
                f"digits have shape {tuple(digits.shape)}; give one for each of the "
                f"{len(frames)} frames"
            )
        if len(digits) and not (digits.min() >= 0 and digits.max() < NUM_CLASSES):
            raise MnistCoreError("digits must lie in 0 to 9")
