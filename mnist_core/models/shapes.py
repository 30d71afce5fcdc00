"""Parameter counts and output shapes of a network's layers."""

import torch
from torch import Tensor, nn

from mnist_core.imaging.normalize import FRAME_SIZE
from mnist_core.models.layers import LayerShape
from mnist_core.models.network import DigitNet


def count_parameters(model: nn.Module) -> int:
    """Return the number of parameters, frozen ones included; buffers do not count."""
    return sum(p.numel() for p in model.parameters())


def head_widths(model: DigitNet) -> list[int]:
    """Return the layer widths of the fully connected part, from its input to the logits."""
    linear = [module for module in model.head.modules() if isinstance(module, nn.Linear)]
    return [linear[0].in_features, *(module.out_features for module in linear)]


def shape_table(model: DigitNet) -> list[LayerShape]:
    """Return one `LayerShape` for every leaf layer, in the order of the forward pass."""
    rows: list[LayerShape] = []
    names = {module: name for name, module in model.named_modules()}

    def record(module: nn.Module, _args: object, output: Tensor) -> None:
        rows.append(
            LayerShape(
                names[module],
                type(module).__name__,
                tuple(output.shape[1:]),
                count_parameters(module),
            )
        )

    leaves = [m for m in model.modules() if not list(m.children())]
    handles = [leaf.register_forward_hook(record) for leaf in leaves]
    was_training = model.training
    device = next(model.parameters()).device
    try:
        model.eval()
        with torch.inference_mode():
            model(torch.zeros(1, 1, FRAME_SIZE, FRAME_SIZE, device=device))
    finally:
        model.train(was_training)
        for handle in handles:
            handle.remove()
    return rows
