"""A branch of an exported graph."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map


def change_if(condition: Tensor, change: Callable[..., Any], value: Any, *others: Any) -> Any:
    """Return `change(value, *others)` if a condition, bool (), is true, and the value if not.

    For an export, which computes a change only where it is needed. A value is a tensor, or a tuple
    of values; the changed one has the same shapes.
    """

    # torch.cond: what it takes and what a branch returns may not be views of each other
    def changed(*operands: Any) -> Any:
        return _copy(change(*operands))

    def unchanged(value: Any, *_: Any) -> Any:
        return _copy(value)

    return torch.cond(condition, changed, unchanged, _copy((value, *others)))


def _copy(value: Any) -> Any:
    return tree_map(lambda x: x.clone(memory_format=torch.contiguous_format), value)
