"""Claims about the network: what stands between its layers."""

from __future__ import annotations

from torch import Tensor

from mnist_core.evaluation.claims.bench import FAILS, HOLDS, UNCLEAR, Bench, Row, percent, verdict
from mnist_core.models.architectures import build_model
from mnist_core.models.network import DigitNet, ResidualBlock
from mnist_core.models.shapes import count_parameters

_LEARNS = 0.9
_HIGH_RATES = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)


class _NoSkip(ResidualBlock):
    """The same block without the way round it."""

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.residual(x))


def _remove_skips(model: DigitNet) -> None:
    for module in model.modules():
        if isinstance(module, ResidualBlock):
            # the class and not the method: copies of the network are to follow
            module.__class__ = _NoSkip


def relu_dropout(bench: Bench) -> Row:
    """ReLU and dropout between the linear layers."""
    # dropout slows the first epochs: what decides is a training that has nearly settled
    longer = bench.base.with_changes(momentum=0.9, epochs=2 * bench.epochs, lr_scheduler="cosine")
    numbers = {
        f"{name}{length}": [o.best for o in bench.run(config.with_changes(model=model))]
        for length, config in (("", longer), (", article", bench.base))
        for name, model in (("with", "mnist_cnn_fixed"), ("without", "mnist_cnn"))
    }
    with_both, without = numbers["with"], numbers["without"]
    return Row(
        "relu-dropout",
        "ReLU and dropout between the linear layers make the network better",
        f"SGD 0.01, momentum 0.9, cosine, {2 * bench.epochs} epochs (decides); and the article's "
        f"training, {bench.epochs} epochs",
        f"with {percent(with_both)}, without {percent(without)}; article's: with "
        f"{percent(numbers['with, article'])}, without {percent(numbers['without, article'])}",
        verdict(with_both, without),
        bench.seeds,
        numbers,
    )


def batchnorm_speed(bench: Bench) -> Row:
    """BatchNorm after one epoch."""
    plain = [o.accuracies[0] for o in bench.run(bench.base)]
    bn = [o.accuracies[0] for o in bench.run(bench.base.with_changes(model="mnist_cnn_bn"))]
    return Row(
        "batchnorm-speed",
        "BatchNorm makes training faster",
        "validation accuracy after the first epoch",
        f"with {percent(bn)}, without {percent(plain)}",
        verdict(bn, plain),
        bench.seeds,
        {"with": bn, "without": plain},
    )


def batchnorm_rates(bench: Bench) -> Row:
    """BatchNorm at high learning rates.

    It holds if the highest rate that still learns is higher with every seed, fails if lower.
    """
    numbers: dict[str, list[float]] = {}
    borne: dict[str, list[float]] = {}
    for model in ("mnist_cnn_bn", "mnist_cnn_fixed"):
        best = [0.0] * len(bench.seeds)
        for rate in _HIGH_RATES:
            config = bench.base.with_changes(model=model, learning_rate=rate)
            scores = [o.best for o in bench.run(config)]
            numbers[f"{model} {rate:g}"] = scores
            best = [
                max(old, rate) if s > _LEARNS else old for old, s in zip(best, scores, strict=True)
            ]
        borne[model] = best
    bn, plain = borne.values()
    pairs = list(zip(bn, plain, strict=True))
    if all(a > b for a, b in pairs):
        judged = HOLDS
    else:
        judged = FAILS if all(a < b for a, b in pairs) else UNCLEAR
    words = {
        name: "/".join(f"{rate:g}" if rate else "none" for rate in sorted(set(rates)))
        for name, rates in (("with", bn), ("without", plain))
    }
    return Row(
        "batchnorm-rates",
        "BatchNorm bears higher learning rates",
        f"highest of {', '.join(f'{r:g}' for r in _HIGH_RATES)} that still reads {_LEARNS:.0%}",
        f"with {words['with']}, without {words['without']}",
        judged,
        bench.seeds,
        numbers,
    )


def residual(bench: Bench) -> Row:
    """A residual block against the same block without its skip; beside it, a plain CNN."""
    config = bench.base.with_changes(model="mnist_resnet")
    skip = [o.best for o in bench.run(config)]
    plain = [o.best for o in bench.run(config, change=_remove_skips, label="no skip")]
    cnn = [o.best for o in bench.run(bench.base.with_changes(model="mnist_cnn_bn"))]
    sizes = {name: count_parameters(build_model(name)) for name in ("mnist_resnet", "mnist_cnn_bn")}
    return Row(
        "residual",
        "A residual connection makes the network better",
        f"mnist_resnet ({sizes['mnist_resnet']:,} parameters), {bench.epochs} epochs, with and "
        f"without its skips (decides); and mnist_cnn_bn ({sizes['mnist_cnn_bn']:,})",
        f"with {percent(skip)}, without {percent(plain)}; mnist_cnn_bn {percent(cnn)}",
        verdict(skip, plain),
        bench.seeds,
        {"with": skip, "without": plain, "mnist_cnn_bn": cnn},
    )


def normalisation(bench: Bench) -> Row:
    """Input with mean 0 and deviation 1, or in [0, 1]."""
    scaled = [o.accuracies[0] for o in bench.run(bench.base)]
    raw = [o.accuracies[0] for o in bench.run(bench.base, data=bench.raw())]
    return Row(
        "normalisation",
        "Normalising the input makes training faster",
        "validation accuracy after the first epoch",
        f"normalised {percent(scaled)}, in [0, 1] {percent(raw)}",
        verdict(scaled, raw),
        bench.seeds,
        {"normalised": scaled, "raw": raw},
    )
