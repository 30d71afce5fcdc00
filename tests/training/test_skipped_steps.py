"""Steps that fp16 skips: a scaled gradient was not finite, so no weights were changed.

The loss scale starts far too high here, so the first steps are skipped until it is low enough.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from support.training import Splits, part, small, weights

from mnist_core.training.events import Step
from mnist_core.training.trainer import Trainer

# small batches: a processor computes slowly in half precision
HALF = {
    **{"precision": "fp16", "optimizer": "adamw", "batch_size": 10},
    **{"lr_scheduler": "cosine", "lr_warmup": 0.0},
}


@pytest.fixture(scope="module")
def few(small_splits: Splits) -> Splits:
    """Ten steps of ten images."""
    return part(small_splits, 100, 20)


def overflowing(splits: Splits, **changes: Any) -> Trainer:
    """Return a trainer whose first steps are skipped."""
    trainer = Trainer(small(**{**HALF, **changes}), *splits)
    state = trainer.state_dict()
    state["scaler"] |= {"scale": 2.0**127, "backoff_factor": 2.0**-30}
    trainer.load_state_dict(state)
    return trainer


def first_epoch(trainer: Trainer, report_every: int = 1) -> list[Step]:
    events = trainer.run(report_every=report_every)
    return [next(events) for _ in range(trainer.steps // report_every)]  # type: ignore[misc]


def first_batch(trainer: Trainer, splits: Splits) -> bool:
    """Train on the first batch; return whether weights have changed."""
    trainer.train_step(splits[0].images[:10], splits[0].labels[:10])
    return trainer.train_state.after_step(epoch=1)


def test_a_skipped_step_advances_neither_schedule_nor_average(few: Splits) -> None:
    trainer = overflowing(few, ema_decay=0.5)
    start = weights(trainer.scored_model)
    rates, averages, skipped = [], [], 0
    for step in (events := trainer.run(report_every=1)):
        assert isinstance(step, Step)
        rates.append(step.learning_rate)
        averages.append(weights(trainer.scored_model))
        skipped += step.skipped_steps or 0
        if step.step == step.steps:
            events.close()
    assert skipped >= 1
    assert rates[:skipped] == [rates[0]] * skipped
    assert all(torch.equal(average, start) for average in averages[:skipped])
    assert not torch.equal(averages[skipped], start)
    plain = [step.learning_rate for step in first_epoch(Trainer(small(**HALF), *few))]
    assert rates[skipped:] == pytest.approx(plain[: len(rates) - skipped])


def test_skipped_steps_are_counted_and_have_no_gradient_norm(few: Splits) -> None:
    steps = first_epoch(overflowing(few))
    assert {step.skipped_steps for step in steps} == {0, 1}
    for step in steps:
        assert bool(step.gradient_norms) == bool(step.update_ratios) == (step.skipped_steps == 0)
        assert all(map(math.isfinite, step.gradient_norms.values()))
    counted = first_epoch(overflowing(few), report_every=5)
    assert counted[0].skipped_steps == sum(step.skipped_steps or 0 for step in steps)
    assert counted[1].skipped_steps == 0


def test_other_precisions_skip_no_steps(few: Splits) -> None:
    step = first_epoch(Trainer(small(), *few))[0]
    assert step.skipped_steps is None


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_skipped_steps_leave_the_optimizer_as_it_was(few: Splits, optimizer: str) -> None:
    """The first step that is taken changes the weights as a first step does."""
    trainer, plain = (
        overflowing(few, optimizer=optimizer),
        Trainer(small(**{**HALF, "optimizer": optimizer}), *few),
    )
    while not first_batch(trainer, few):
        pass
    first_batch(trainer, few)
    for _ in range(2):
        first_batch(plain, few)
    assert torch.allclose(
        weights(trainer.scored_model), weights(plain.scored_model), rtol=1e-3, atol=1e-5
    )


def test_a_resumed_run_continues_with_its_loss_scale(few: Splits) -> None:
    trainer = overflowing(few)
    first_epoch(trainer)
    resumed = Trainer(trainer.config, *few)
    resumed.load_state_dict(trainer.state_dict())
    # a lower scale than a new one's is no skipped step
    assert first_batch(resumed, few)
