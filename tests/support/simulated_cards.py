"""Two equal GPUs in a process that has none."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import torch

CARD = SimpleNamespace(name="A card", total_memory=80 * 2**30)


def simulate_cards(file: Path) -> None:
    """Let torch report GPUs: a file has the load of each in percent; without it there is none."""
    loads = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    torch.cuda.device_count = lambda: len(loads)
    torch.cuda.get_device_properties = lambda index: CARD
    torch.cuda.device_memory_used = lambda index: 3 * 2**30
    torch.cuda.utilization = lambda index: loads[index]
