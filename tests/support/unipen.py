"""Where tests and benchmarks find UNIPEN's drawings."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(os.environ.get("UNIPEN") or Path(__file__).parents[2] / "../shared/data/unipen")
DIGITS, LETTERS = FOLDER / "digits.jsonl.gz", FOLDER / "letters.jsonl.gz"
