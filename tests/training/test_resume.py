from __future__ import annotations

import copy
import io
import random
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support import training
from support.training import Splits, finish, part, weights

from mnist_core import MnistCoreError
from mnist_core.models.scoring import Scores
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.events import Epoch, Event, Finished, Stopped
from mnist_core.training.trainer import Trainer, train

STEPS = 4
"""In an epoch of `few` with `small`; one batch of validation follows them."""


def small(**changes: Any) -> TrainConfig:
    """Return a configuration with steps of ten images."""
    return training.small(**{"batch_size": 10, **changes})


@pytest.fixture(scope="module")
def few(small_splits: Splits) -> Splits:
    """40 training and 20 validation images."""
    return part(small_splits, 40, 20)


def through_a_file(state: dict[str, Any]) -> dict[str, Any]:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True)


def interrupted(
    config: TrainConfig, splits: Splits, stops: list[int]
) -> tuple[list[Epoch], Finished]:
    """Train and stop after so many questions whether to stop; every time in a new trainer."""
    state: dict[str, Any] | None = None
    epochs: list[Epoch] = []
    for limit in [*stops, None]:
        trainer = Trainer(config, *splits)
        if state is not None:
            trainer.load_state_dict(state)
        asked = iter(range(1, 10**6))
        events = list(
            trainer.run(lambda limit=limit, asked=asked: limit is not None and next(asked) >= limit)
        )
        epochs += [event for event in events if isinstance(event, Epoch)]
        last = events[-1]
        if isinstance(last, Finished):
            return epochs, last
        assert isinstance(last, Stopped)
        torch.rand(3)  # other code may draw numbers in between
        state = through_a_file(trainer.state_dict())
    raise AssertionError("the run never ended")


def without_time(epochs: list[Event]) -> list[tuple[Any, ...]]:
    """Return the fields of epochs except their time."""
    return [
        (
            e.epoch,
            e.train_loss,
            e.train_accuracy,
            e.validation_loss,
            e.validation_accuracy,
            e.confusion,
            e.best,
        )
        for e in epochs
        if isinstance(e, Epoch)
    ]


def assert_same_end(one: Finished, other: Finished) -> None:
    assert torch.equal(weights(one.model), weights(other.model))
    assert one.epoch == other.epoch
    assert one.validation_loss == other.validation_loss
    assert one.validation_accuracy == other.validation_accuracy
    assert one.early == other.early


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adamw", "lr_scheduler": "onecycle", "augment": "pen", "ema_decay": 0.9},
        {"optimizer": "sgd", "lr_scheduler": "step", "lr_step_size": 1, "nesterov": True},
        {
            **{"optimizer": "rmsprop", "learning_rate": 5e-4, "lr_scheduler": "cosine"},
            **{"model": "mnist_cnn_bn", "channels_last": False, "clip_grad_norm": 0.5},
        },
        {
            **{"optimizer": "adam", "lr_scheduler": "plateau", "lr_patience": 0},
            **{"precision": "bf16", "model": "mnist_cnn_fixed", "early_stopping": 1},
        },
        {"precision": "fp16", "ema_decay": 0.5, "lr_scheduler": "none", "label_smoothing": 0.1},
        {"loader": "dataloader", "loader_workers": 1, "augment": "pen", "epochs": 2},
        {"allographs": 1.0, "non_digits": 0.3, "augment": "pen"},
    ],
    ids=lambda changes: "-".join(str(v) for v in list(changes.values())[:2]),
)
def test_stopped_and_resumed_gives_the_same_weights(few: Splits, changes: dict[str, Any]) -> None:
    config = small(**{"epochs": 3, **changes})
    *whole, finished = train(config, *few)
    # within an epoch; at its last step, in the next one; while it is validated, twice in a row
    stops_of_each = ([3], [STEPS, 1, 5], [STEPS + 1, 1, 1])
    for stops in stops_of_each[: 1 if config.loader_workers else None]:
        epochs, again = interrupted(config, few, stops)
        assert_same_end(finished, again)
        assert without_time(whole) == without_time(epochs)


def test_a_state_of_other_settings_names_them(few: Splits) -> None:
    state = Trainer(small(epochs=1, optimizer="sgd"), *few).state_dict()
    with pytest.raises(MnistCoreError, match=r"epochs 1, not 2; give the configuration") as raised:
        Trainer(small(epochs=2, optimizer="adam"), *few).load_state_dict(state)
    assert "optimizer 'sgd', not 'adam'" in str(raised.value)


@st.composite
def configurations(draw: st.DrawFn) -> TrainConfig:
    """Small ones of every kind that learn without random trouble."""
    fields = {
        name: draw(st.sampled_from(FIELDS[name].choices))
        for name in ("optimizer", "lr_scheduler", "augment", "precision")
    }
    fields |= {
        "model": draw(st.sampled_from(["mnist_cnn", "mnist_cnn_fixed", "mnist_cnn_bn"])),
        "epochs": draw(st.sampled_from([1, 2, 4])),
        "ema_decay": draw(st.sampled_from([0.0, 0.9])),
        "early_stopping": draw(st.sampled_from([0, 1])),
        "lr_warmup": draw(st.sampled_from([0.0, 0.3, 1.0])),
        "lr_patience": draw(st.sampled_from([0, 1])),
        "lr_step_size": 1,
        "clip_grad_norm": draw(st.sampled_from([0.0, 0.5])),
        "head_learning_rate": draw(st.sampled_from([None, 1e-4])),
        "channels_last": draw(st.booleans()),
        "batch_size": draw(st.sampled_from([7, 12, 50])),
        "allographs": draw(st.sampled_from([0.0, 0.5])),
        "non_digits": draw(st.sampled_from([0.0, 0.2])),
    }
    return small(**fields, learning_rate=5e-4)


@settings(max_examples=6)
@given(configurations(), st.randoms(use_true_random=False))
def test_a_state_of_any_moment_can_be_resumed(
    few: Splits, config: TrainConfig, dice: random.Random
) -> None:
    splits = part(few, 25, 12)
    *whole, finished = train(config, *splits)
    state: dict[str, Any] | None = None
    epochs: list[Event] = []
    event: Event | None = None
    while not isinstance(event, Finished):
        trainer = Trainer(config, *splits)
        if state is not None:
            trainer.load_state_dict(state)
        events = trainer.run(report_every=dice.choice([1, 3, 20]))
        for _ in range(dice.randint(1, 4)):
            event = next(events)
            epochs.append(event)
            if isinstance(event, Finished):
                break
        state = through_a_file(trainer.state_dict())
        torch.rand(3)
    assert_same_end(finished, event)
    assert without_time(whole) == without_time(epochs)


def test_a_trainer_that_stopped_can_continue(few: Splits) -> None:
    config = small(epochs=2, augment="pen")
    trainer = Trainer(config, *few)
    for step in (3, STEPS):
        *_, last = trainer.run(lambda step=step: trainer.step >= step)
        assert last == Stopped(1, step, STEPS)
        torch.rand(3)
    assert_same_end(finish(trainer.run()), finish(train(config, *few)))


def test_a_finished_run_has_nothing_left_to_do(few: Splits) -> None:
    config = small(epochs=2)
    trainer = Trainer(config, *few)
    finished = finish(trainer.run())
    again = Trainer(config, *few)
    again.load_state_dict(through_a_file(trainer.state_dict()))
    (event,) = again.run()
    assert isinstance(event, Finished)
    assert_same_end(event, finished)


def test_a_run_whose_patience_is_exhausted_has_nothing_left_to_do(few: Splits) -> None:
    config = small(epochs=5, early_stopping=1)
    trainer = Trainer(config, *few, validate=lambda *_: Scores(0.5, 1.0, ()))
    finished = finish(trainer.run())
    assert (finished.epoch, finished.early, trainer.epoch) == (1, True, 3)
    again = Trainer(config, *few)
    again.load_state_dict(through_a_file(trainer.state_dict()))
    (event,) = again.run()
    assert_same_end(event, finished)


def test_a_stop_request_at_the_end_of_an_epoch_is_kept(few: Splits) -> None:
    for limit in range(1, STEPS + 3):
        asked = iter(range(1, 10**6))
        trainer = Trainer(small(epochs=2), *few)
        *_, last = trainer.run(lambda limit=limit, asked=asked: next(asked) == limit)
        assert isinstance(last, Stopped), f"yes to question {limit} was not heard"


# --- states that are kept in memory ------------------------------------------------------------


def test_a_state_stays_as_it_was_taken(few: Splits) -> None:
    config = small(epochs=2, ema_decay=0.9)
    trainer = Trainer(config, *few)
    events = trainer.run(report_every=3)
    next(events)
    state = trainer.state_dict()
    finished = finish(events)
    again = Trainer(config, *few)
    again.load_state_dict(state)
    assert_same_end(finish(again.run()), finished)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_two_trainers_share_nothing(few: Splits, optimizer: str) -> None:
    config = small(epochs=2, optimizer=optimizer)
    whole = finish(train(config, *few))
    one, other = Trainer(config, *few), Trainer(config, *few)
    *_, stopped = one.run(lambda: one.step == 3)
    assert isinstance(stopped, Stopped)
    other.load_state_dict(one.state_dict())
    assert_same_end(finish(other.run()), whole)
    assert_same_end(finish(one.run()), whole)


# --- states that do not fit --------------------------------------------------------------------


def test_another_configuration_is_refused(few: Splits) -> None:
    state = Trainer(small(), *few).state_dict()
    trainer = Trainer(small(epochs=2), *few)
    with pytest.raises(MnistCoreError, match=r"another run.*epochs"):
        trainer.load_state_dict(state)
    assert_same_end(finish(trainer.run()), finish(train(small(epochs=2), *few)))


def test_another_device_is_no_other_configuration(few: Splits) -> None:
    state = Trainer(small(device="auto"), *few).state_dict()
    Trainer(small(device="cpu"), *few).load_state_dict(state)


def test_another_amount_of_data_is_refused(few: Splits) -> None:
    trainer = Trainer(small(), *few)
    list(trainer.run(lambda: trainer.step == 3))
    with pytest.raises(MnistCoreError, match="does not fit"):
        Trainer(small(), *part(few, 20, 20)).load_state_dict(trainer.state_dict())


@pytest.mark.parametrize("state", [None, 3, [], "x", {}, {"state_dict": {}}], ids=str)
def test_an_invalid_state_is_refused(few: Splits, state: Any) -> None:
    with pytest.raises(MnistCoreError, match="does not fit"):
        Trainer(small(), *few).load_state_dict(state)


KEYS = (
    "config",
    "epoch",
    "step",
    "model",
    "average",
    "optimizer",
    "schedule",
    "sums",
    "random_state",
    "best",
    "best_epoch",
    "best_model",
)


@pytest.fixture(scope="module")
def good_state(few: Splits) -> dict[str, Any]:
    trainer = Trainer(small(), *few)
    list(trainer.run(lambda: trainer.step == 3))
    return through_a_file(trainer.state_dict())


@pytest.mark.parametrize("key", KEYS)
def test_a_state_that_lacks_something_is_refused(
    few: Splits, good_state: dict[str, Any], key: str
) -> None:
    state = copy.deepcopy(good_state)
    del state[key]
    with pytest.raises(MnistCoreError, match=f"does not fit.*{key}"):
        Trainer(small(), *few).load_state_dict(state)


@pytest.mark.parametrize("key", [key for key in KEYS if key != "best"])
def test_a_state_with_something_else_in_it_is_refused(
    few: Splits, good_state: dict[str, Any], key: str
) -> None:
    with pytest.raises(MnistCoreError):
        Trainer(small(), *few).load_state_dict({**copy.deepcopy(good_state), key: "x"})


@pytest.mark.parametrize(
    "states", [[], [torch.zeros(3, dtype=torch.uint8)], [torch.zeros(5056)]], ids=len
)
def test_random_states_that_torch_does_not_accept_are_refused(
    few: Splits, good_state: dict[str, Any], states: list[torch.Tensor]
) -> None:
    with pytest.raises(MnistCoreError, match="does not fit"):
        Trainer(small(), *few).load_state_dict({**good_state, "random_state": states})


@pytest.mark.parametrize("change", [{"step": -1}, {"step": STEPS + 1}, {"epoch": 0}])
def test_counters_beyond_the_run_are_refused(
    few: Splits, good_state: dict[str, Any], change: dict[str, int]
) -> None:
    with pytest.raises(MnistCoreError, match="does not fit"):
        Trainer(small(), *few).load_state_dict({**copy.deepcopy(good_state), **change})


def test_the_optimizers_state_of_another_network_is_refused(
    few: Splits, good_state: dict[str, Any]
) -> None:
    state = copy.deepcopy(good_state)
    state["optimizer"]["param_groups"].append(state["optimizer"]["param_groups"][0])
    with pytest.raises(MnistCoreError, match="does not fit"):
        Trainer(small(), *few).load_state_dict(state)
