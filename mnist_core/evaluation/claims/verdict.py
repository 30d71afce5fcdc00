"""What was found about a claim, and the rule for its verdict."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """Whether a claim holds."""

    HOLDS = "holds"
    FAILS = "fails"
    UNCLEAR = "no clear difference"
    NOT_MEASURED = "not measured"


RULE = (
    "holds: better with every seed, and by more than twice the standard error of the mean "
    "difference; fails: worse by the same rule"
)
"""The rule of `judge`; a claim with another rule states it in its setting."""


@dataclass(frozen=True)
class ClaimResult:
    """A claim, the setting of its experiment, what was measured, and the verdict."""

    name: str
    claim: str
    setting: str
    measured: str
    verdict: Verdict
    seeds: tuple[int, ...] = ()
    numbers: dict[str, list[float]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return asdict(self)


def judge(better: Sequence[float], worse: Sequence[float]) -> Verdict:
    """Judge the claim that `better` exceeds `worse` by the paired differences over the seeds.

    It holds if all differences are positive and their mean exceeds twice its standard error; it
    fails if that is true of the negated differences; otherwise there is no clear difference. With
    three seeds this is a rule of thumb: by chance alone, about one case in six is decided.
    """
    differences = [a - b for a, b in zip(better, worse, strict=True)]
    mean = statistics.mean(differences)
    error = statistics.stdev(differences) / len(differences) ** 0.5 if len(differences) > 1 else 0.0
    if all(d > 0 for d in differences) and mean > 2 * error:
        return Verdict.HOLDS
    if all(d < 0 for d in differences) and -mean > 2 * error:
        return Verdict.FAILS
    return Verdict.UNCLEAR


def percent(values: Sequence[float]) -> str:
    """Return mean and spread (half the range) over the seeds, as "98.12±0.10%"."""
    spread = (max(values) - min(values)) / 2
    return f"{100 * statistics.mean(values):.2f}±{100 * spread:.2f}%"
