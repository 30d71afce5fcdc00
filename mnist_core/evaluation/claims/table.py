"""All claims by name, and their table."""

from collections.abc import Callable, Iterable, Sequence

from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.claims import data, network, optimisation
from mnist_core.evaluation.claims.experiment import Experiment
from mnist_core.evaluation.claims.verdict import ClaimResult

CLAIMS: dict[str, Callable[[Experiment], ClaimResult]] = {
    "relu-dropout": network.relu_dropout,
    "batchnorm-speed": network.batchnorm_speed,
    "batchnorm-rates": network.batchnorm_rates,
    "augmentation": data.augmentation,
    "augmentation-pens": data.augmentation_pens,
    "residual": network.residual,
    "momentum": optimisation.momentum,
    "schedules": optimisation.schedules,
    "mixed-precision": optimisation.mixed_precision,
    "distillation": optimisation.distillation,
    "transfer": data.transfer,
    "ensemble": data.ensemble,
    "normalisation": network.normalisation,
    "confusions": data.confusions,
}


def choose_claims(names: Sequence[str]) -> list[Callable[[Experiment], ClaimResult]]:
    """Return the named claims, or all. Raises MnistCoreError, listing them, for an unknown one."""
    unknown = [name for name in names if name not in CLAIMS]
    if unknown:
        raise MnistCoreError(f"unknown claim {unknown[0]!r}; choose from {', '.join(CLAIMS)}")
    return [claim for name, claim in CLAIMS.items() if not names or name in names]


def markdown(rows: Iterable[ClaimResult]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| claim | setting | measured | verdict |", "|---|---|---|---|"]
    lines += [f"| {r.claim} | {r.setting} | {r.measured} | {r.verdict} |" for r in rows]
    return "\n".join(lines)
