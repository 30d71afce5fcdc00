"""Starting from other weights, and leaving parts of them as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from mnist_core.errors import MnistCoreError


def take_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> list[str]:
    """Copy every tensor that fits by name and shape; return the names of those taken.

    Raises
    ------
    MnistCoreError
        If none fits.
    """
    own = model.state_dict()
    fitting = {
        name: tensor
        for name, tensor in weights.items()
        if name in own and own[name].shape == tensor.shape
    }
    if not fitting:
        raise MnistCoreError(
            "init_weights: none of its tensors fits the model by name and shape; "
            "start from the same architecture, or one with the same trunk"
        )
    model.load_state_dict(fitting, strict=False)
    return list(fitting)


def freeze_parts(model: nn.Module, parts: Sequence[str]) -> list[nn.Module]:
    """Keep the named parts from learning; return them: they are to stay in eval mode.

    Parameters
    ----------
    model : nn.Module
    parts : sequence of str
        Names of modules as in `named_modules`; `trunk.` in front may be left out: `conv1`.

    Raises
    ------
    MnistCoreError
        If a part does not exist, or nothing is left to train.
    """
    modules = dict(model.named_modules())
    frozen = []
    for part in parts:
        module = modules.get(f"trunk.{part}", modules.get(part))
        if module is None or not part:
            stages = [name.removeprefix("trunk.") for name, m in modules.items() if _depth(name)]
            raise MnistCoreError(
                f"freeze names {part!r}, which the model lacks; choose from {', '.join(stages)}"
            )
        module.requires_grad_(False)
        frozen.append(module)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise MnistCoreError("freeze leaves nothing to train; leave out a part")
    return frozen


def _depth(name: str) -> bool:
    return name == "head" or (name.startswith("trunk.") and name.count(".") == 1)
