"""Claims about the network's layers."""

from torch import Tensor

from mnist_core.evaluation.claims.experiment import Experiment
from mnist_core.evaluation.claims.verdict import ClaimResult, Verdict, judge, percent
from mnist_core.models.architectures import build_model
from mnist_core.models.network import DigitNet, ResidualBlock
from mnist_core.models.shapes import count_parameters

_LEARNS = 0.9
_HIGH_RATES = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)


class _NoSkip(ResidualBlock):
    """The same block without its skip connection."""

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.residual(x))


def _remove_skips(model: DigitNet) -> None:
    for module in model.modules():
        if isinstance(module, ResidualBlock):
            # the class, not the method: it is kept in copies of the network
            module.__class__ = _NoSkip


def relu_dropout(experiment: Experiment) -> ClaimResult:
    """ReLU and dropout between the linear layers."""
    # dropout slows the first epochs: a training that has nearly converged decides
    longer = experiment.base.with_changes(
        momentum=0.9, epochs=2 * experiment.epochs, lr_scheduler="cosine"
    )
    numbers = {
        f"{name}{length}": [o.best for o in experiment.run(config.with_changes(model=model))]
        for length, config in (("", longer), (", article", experiment.base))
        for name, model in (("with", "mnist_cnn_fixed"), ("without", "mnist_cnn"))
    }
    with_both, without = numbers["with"], numbers["without"]
    return ClaimResult(
        "relu-dropout",
        "ReLU and dropout between the linear layers make the network better",
        f"SGD 0.01, momentum 0.9, cosine, {2 * experiment.epochs} epochs (decides); and the "
        f"article's training, {experiment.epochs} epochs",
        f"with {percent(with_both)}, without {percent(without)}; article's: with "
        f"{percent(numbers['with, article'])}, without {percent(numbers['without, article'])}",
        judge(with_both, without),
        experiment.seeds,
        numbers,
    )


def batchnorm_speed(experiment: Experiment) -> ClaimResult:
    """BatchNorm after one epoch."""
    plain = [o.accuracies[0] for o in experiment.run(experiment.base)]
    bn = [
        o.accuracies[0] for o in experiment.run(experiment.base.with_changes(model="mnist_cnn_bn"))
    ]
    return ClaimResult(
        "batchnorm-speed",
        "BatchNorm makes training faster",
        "validation accuracy after the first epoch",
        f"with {percent(bn)}, without {percent(plain)}",
        judge(bn, plain),
        experiment.seeds,
        {"with": bn, "without": plain},
    )


def batchnorm_rates(experiment: Experiment) -> ClaimResult:
    """BatchNorm at high learning rates.

    It holds if the highest rate at which it learns is higher with every seed, fails if lower.
    """
    numbers: dict[str, list[float]] = {}
    highest: dict[str, list[float]] = {}
    for model in ("mnist_cnn_bn", "mnist_cnn_fixed"):
        best = [0.0] * len(experiment.seeds)
        for rate in _HIGH_RATES:
            config = experiment.base.with_changes(model=model, learning_rate=rate)
            scores = [o.best for o in experiment.run(config)]
            numbers[f"{model} {rate:g}"] = scores
            best = [
                max(old, rate) if s > _LEARNS else old for old, s in zip(best, scores, strict=True)
            ]
        highest[model] = best
    bn, plain = highest.values()
    pairs = list(zip(bn, plain, strict=True))
    if all(a > b for a, b in pairs):
        judged = Verdict.HOLDS
    else:
        judged = Verdict.FAILS if all(a < b for a, b in pairs) else Verdict.UNCLEAR
    shown = {
        name: "/".join(f"{rate:g}" if rate else "none" for rate in sorted(set(rates)))
        for name, rates in (("with", bn), ("without", plain))
    }
    return ClaimResult(
        "batchnorm-rates",
        "BatchNorm allows higher learning rates",
        f"highest of {', '.join(f'{r:g}' for r in _HIGH_RATES)} that reaches {_LEARNS:.0%}",
        f"with {shown['with']}, without {shown['without']}",
        judged,
        experiment.seeds,
        numbers,
    )


def residual(experiment: Experiment) -> ClaimResult:
    """A residual block against the same block without its skip; a plain CNN for comparison."""
    config = experiment.base.with_changes(model="mnist_resnet")
    skip = [o.best for o in experiment.run(config)]
    plain = [o.best for o in experiment.run(config, change=_remove_skips, label="no skip")]
    cnn = [o.best for o in experiment.run(experiment.base.with_changes(model="mnist_cnn_bn"))]
    sizes = {name: count_parameters(build_model(name)) for name in ("mnist_resnet", "mnist_cnn_bn")}
    return ClaimResult(
        "residual",
        "A residual connection makes the network better",
        f"mnist_resnet ({sizes['mnist_resnet']:,} parameters), {experiment.epochs} epochs, with "
        f"and without its skips (decides); and mnist_cnn_bn ({sizes['mnist_cnn_bn']:,})",
        f"with {percent(skip)}, without {percent(plain)}; mnist_cnn_bn {percent(cnn)}",
        judge(skip, plain),
        experiment.seeds,
        {"with": skip, "without": plain, "mnist_cnn_bn": cnn},
    )


def normalisation(experiment: Experiment) -> ClaimResult:
    """Input with mean 0 and standard deviation 1, or in [0, 1]."""
    scaled = [o.accuracies[0] for o in experiment.run(experiment.base)]
    raw = [o.accuracies[0] for o in experiment.run(experiment.base, data=experiment.raw())]
    return ClaimResult(
        "normalisation",
        "Normalising the input makes training faster",
        "validation accuracy after the first epoch",
        f"normalised {percent(scaled)}, in [0, 1] {percent(raw)}",
        judge(scaled, raw),
        experiment.seeds,
        {"normalised": scaled, "raw": raw},
    )
