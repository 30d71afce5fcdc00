"""Transfer learning: initialise from other weights, freeze parts of a network."""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from mnist_core.errors import MnistCoreError


def copy_matching_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> list[str]:
    """Copy all tensors that match by name and shape; return their names.

    Raises MnistCoreError if none matches.
    """
    own = model.state_dict()
    matching = {
        name: tensor
        for name, tensor in weights.items()
        if name in own and own[name].shape == tensor.shape
    }
    if not matching:
        raise MnistCoreError(
            "init_weights: no tensor matches the model by name and shape; "
            "start from the same architecture, or one with the same trunk"
        )
    model.load_state_dict(matching, strict=False)
    return list(matching)


def freeze_parts(model: nn.Module, parts: Sequence[str]) -> list[nn.Module]:
    """Exclude modules from training; return them: the caller keeps them in eval mode.

    Parameters
    ----------
    model : nn.Module
    parts : sequence of str
        Names as in `named_modules`; the prefix `trunk.` is optional: `conv1`.

    Raises
    ------
    MnistCoreError
        If a part does not exist, or no trainable parameter is left.
    """
    modules = dict(model.named_modules())
    frozen = []
    for part in parts:
        module = modules.get(f"trunk.{part}", modules.get(part))
        if module is None or not part:
            stages = [name.removeprefix("trunk.") for name, m in modules.items() if _is_stage(name)]
            raise MnistCoreError(
                f"freeze: the model has no part {part!r}; choose from {', '.join(stages)}"
            )
        module.requires_grad_(False)
        frozen.append(module)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise MnistCoreError("freeze: no trainable parameters are left; freeze fewer parts")
    return frozen


def _is_stage(name: str) -> bool:
    return name == "head" or (name.startswith("trunk.") and name.count(".") == 1)
