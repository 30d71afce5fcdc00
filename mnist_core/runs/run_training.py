"""Train a run's configuration and keep what comes of it in the run's folder."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from pydantic import ValidationError

from mnist_core.data.mnist import Split
from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.scores import evaluate
from mnist_core.models.weights import save_weights
from mnist_core.runs.conv1_history import Conv1History
from mnist_core.runs.inputs import load_network, load_splits
from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.runs.newest_epoch_writer import NewestEpochWriter
from mnist_core.runs.origin import write_provenance
from mnist_core.runs.queue_devices import resolve_device
from mnist_core.runs.run import Run
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason
from mnist_core.training.checkpoint import load_checkpoint, save_checkpoint
from mnist_core.training.command_line import train_command
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Drawn, Epoch, Event, Finished, Step, Stopped
from mnist_core.training.trainer import Trainer
from mnist_core.utils.devices import device_name
from mnist_core.utils.json_files import DamagedFileError, describe_error, write_json

Listener = Callable[[Event], None]


class _StoppedBeforeTraining(Exception):
    """A stop was requested while drawings were generated."""


def train_in_folder(
    run: Run,
    *,
    data: str | None,
    splits: tuple[Split, Split] | None,
    listen: Listener | None,
    stop: StopFlag,
    device: str | None = None,
) -> Finished | None:
    """Train until the last epoch or a requested stop; keep metrics, weights and checkpoints.

    Parameters as for `execute`. The run's evaluation is written at its end. Returns None if it was
    stopped: `stop.reason` says why, and the checkpoint, if there is one, resumes there. Raises
    MnistCoreError if it cannot be trained, or its folder cannot be written or was removed.
    """
    config = run.config()
    chosen = (
        splits[0].images.device
        if splits
        else resolve_device(run.folder.parent, config.device, device)
    )
    run.update_state(device=device_name(chosen), host=socket.gethostname(), drawn=0, drawings=0)
    command = train_command(config)
    with ThreadPoolExecutor(1) as background:  # git takes a while
        provenance = background.submit(write_provenance, run.folder, command, device_name(chosen))
        splits = splits or load_splits(config, chosen, data)
    provenance.result()

    def show(event: Event) -> None:
        if not isinstance(event, Step):
            run.log(str(event))
        if isinstance(event, Drawn):
            run.update_state(drawn=event.count, drawings=event.total)
            if _should_stop(run, stop):
                raise _StoppedBeforeTraining
        if listen is not None:
            listen(event)

    try:
        trainer = _build_trainer(run, config, *splits, show)
    except _StoppedBeforeTraining:
        return None
    run.log(f"{config.model} on {device_name(chosen)}: {command}")
    last = _train(run, trainer, *splits, show, stop)
    if isinstance(last, Stopped):
        save_checkpoint(run.checkpoint_path, trainer.state_dict())
        run.update_state(step=trainer.step)
        return None
    assert isinstance(last, Finished)
    write_json(run.evaluation_path, evaluate(last.model.to(chosen), splits[1]))
    return last


def _train(
    run: Run,
    trainer: Trainer,
    training: Split,
    validation: Split,
    show: Listener,
    stop: StopFlag,
) -> Event:
    """Train, and keep metrics, weights and checkpoints; return the last event."""
    config = trainer.config
    history = Conv1History(run)
    if (trainer.epoch, trainer.step) == (1, 0):
        history.keep(trainer.scored_model, 0, config.epochs)
    card = _card(config, training, validation)
    metrics = MetricWriter(run.folder, (trainer.epoch - 1) * trainer.steps + trainer.step)
    newest = NewestEpochWriter(run.folder, metrics, validation)
    stop.deferred = True
    try:
        for event in trainer.run(lambda: _should_stop(run, stop)):
            if isinstance(event, Step | Epoch):
                metrics.write(event)
            if isinstance(event, Epoch):
                newest.write(event)
                _keep_epoch(run, trainer, history, event, card)
            show(event)
        newest.close()
        metrics.write_settings(run.state().name or run.id, config.model_dump())
    finally:
        metrics.close()
    return event


def _should_stop(run: Run, stop: StopFlag) -> bool:
    if not run.exists:
        raise MnistCoreError(f"{run.folder}: the run's folder was removed")
    if run.stop_is_requested():
        stop.set(StopReason.REQUESTED)
    return stop.reason is not None


def _build_trainer(
    run: Run,
    config: TrainConfig,
    training: Split,
    validation: Split,
    listen: Callable[[Drawn], None],
) -> Trainer:
    """Return the run's trainer, in the state of its checkpoint if it has one."""
    start = load_network(config.init_weights, run.folder.parent)
    trainer = Trainer(
        config,
        training,
        validation,
        initial=start.state_dict() if start else None,
        teacher=load_network(config.teacher, run.folder.parent),
        listen=listen,
    )
    if run.has_checkpoint():
        trainer.load_state_dict(load_checkpoint(run.checkpoint_path, training.images.device))
        # a process that was killed may not have written it
        try:
            run.update_state(epoch=trainer.epoch - 1, **_kept(trainer))
        except ValidationError as error:
            raise DamagedFileError(
                f"{run.checkpoint_path}: the checkpoint is damaged ({describe_error(error)}); "
                "delete it to train from the start"
            ) from error
        run.log(f"resumes after epoch {trainer.epoch - 1}, step {trainer.step}")
    return trainer


def _keep_epoch(
    run: Run, trainer: Trainer, history: Conv1History, event: Epoch, card: dict[str, Any]
) -> None:
    """Keep an epoch's weights (or not), conv1, checkpoint and state, in this order."""
    if event.best:
        run.forget_evaluation()  # of other weights, scored while the run was stopped
        scores = {"accuracy": event.validation_accuracy, "loss": event.validation_loss}
        save_weights(
            run.weights_path,
            trainer.best.model,
            {**card, "epoch": event.epoch, "validation": scores},
        )
    history.keep(trainer.scored_model, event.epoch, trainer.config.epochs)
    save_checkpoint(run.checkpoint_path, trainer.state_dict())
    run.update_state(epoch=event.epoch, step=0, **_kept(trainer))


def _kept(trainer: Trainer) -> dict[str, Any]:
    """Return the fields of the state that describe the epoch that is kept so far."""
    best = trainer.best
    if not best.epoch:
        return {}
    return {
        "best_epoch": best.epoch,
        "validation_accuracy": best.accuracy,
        "validation_loss": best.loss,
    }


def _describe_data(config: TrainConfig, training: Split, validation: Split) -> str:
    text = f"MNIST: {len(training)} training images, {len(validation)} held out to validate"
    kinds = {"digits": config.allographs, "non-digits": config.non_digits}
    drawn = [f"{share:g} {kind}" for kind, share in kinds.items() if share]
    if drawn:
        text += f"; generated drawings: {' and '.join(drawn)} for each image of a batch"
    return text


def _card(config: TrainConfig, training: Split, validation: Split) -> dict[str, Any]:
    return {
        "config": config.model_dump(mode="json"),
        "data": _describe_data(config, training, validation),
        "command": train_command(config),
        "environment": {
            "torch": torch.__version__,
            "gpu": torch.cuda.get_device_name() if training.images.is_cuda else None,
            "cpu_threads": torch.get_num_threads(),
        },
    }
