"""Carry out a run in its folder: train, log, keep checkpoints, stop, go on, and fail in words."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from typing import Any

import torch

from mnist_core.data.mnist import Split, load_train_validation
from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.scores import evaluate
from mnist_core.models.weights import load_weights, save_weights
from mnist_core.runs.conv1_history import Conv1History
from mnist_core.runs.metric_log import MetricWriter
from mnist_core.runs.run import Run, find_weights, now
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import RunState, RunStatus, StopReason
from mnist_core.training.checkpoint import load_checkpoint, save_checkpoint
from mnist_core.training.command_line import train_command
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Epoch, Event, Finished, Step, Stopped
from mnist_core.training.trainer import Trainer
from mnist_core.training.wording import describe
from mnist_core.utils.devices import choose_device, device_name

Listener = Callable[[Event], None]


def execute(
    run: Run,
    *,
    data: str | None = None,
    splits: tuple[Split, Split] | None = None,
    listen: Listener | None = None,
    stop: StopFlag | None = None,
    if_queued: bool = False,
) -> RunState:
    """Train a run to its end, or until it is told to stop; go on from its checkpoint if it has one.

    Parameters
    ----------
    run : Run
    data : str or None
        Folder with MNIST/raw, see `data_root`.
    splits : (training, validation) or None
        Images to use instead of MNIST's.
    listen : callable or None
        Called with every event.
    stop : StopFlag or None
        Another way to stop than `run.request_stop()`.
    if_queued : bool
        Do nothing if it has left the queue: it was stopped while this process started.

    Returns
    -------
    RunState
        Its status is finished or stopped; another where it was not queued any more.

    Raises
    ------
    MnistCoreError
        If it fails; the state says why, and what was good is kept.
    """
    stop = stop or StopFlag()
    with run.at_work():
        before = run.state()
        if if_queued and not run.is_in_queue():
            return before
        if before.status == "finished":
            raise MnistCoreError(f"run {run.id} is finished; train a new one with other settings")
        run.update_state(
            status=RunStatus.RUNNING,
            reason="",
            stop_reason=None,
            started=before.started or now(),
            ended="",
            pid=os.getpid(),
        )
        run.leave_queue()
        try:
            state = _train(run, data, splits, listen, stop)
        except (KeyboardInterrupt, SystemExit):
            _end(run, RunStatus.STOPPED, stop.reason or StopReason.INTERRUPTED)
            raise
        except MnistCoreError as error:
            _end(run, RunStatus.FAILED, StopReason.ERROR, str(error))
            raise
        except torch.OutOfMemoryError as error:
            reason = out_of_memory_advice(run.config())
            _end(run, RunStatus.FAILED, StopReason.ERROR, reason)
            raise MnistCoreError(reason) from error
        except Exception as error:
            reason = f"unexpected {type(error).__name__}: {str(error).partition(chr(10))[0]}"
            if run.config().compile:
                reason += "; torch.compile may not work here, try without it"
            _end(run, RunStatus.FAILED, StopReason.ERROR, reason, traceback.format_exc())
            raise MnistCoreError(f"{reason} (more in {run.log_path})") from error
    return state


def out_of_memory_advice(config: TrainConfig) -> str:
    """Say which batch size to try on a GPU whose memory was too small."""
    smaller = 2 ** ((config.batch_size - 1).bit_length() - 1)
    cures = [f"{smaller}" if smaller >= 2 else "a smaller model"]
    cures += ["precision bf16"] if config.precision == "fp32" else []
    return (
        f"the GPU's memory is too small for batch_size {config.batch_size}; "
        f"try {', or '.join(cures)}"
    )


def _train(
    run: Run,
    data: str | None,
    splits: tuple[Split, Split] | None,
    listen: Listener | None,
    stop: StopFlag,
) -> RunState:
    config = run.config()
    device = choose_device(config.device)
    run.update_state(device=device_name(device))
    training, validation = splits or load_train_validation(
        device,
        data,
        validation_size=config.validation_size,
        training_size=config.training_size,
    )
    trainer = _prepare(run, config, training, validation)
    history = Conv1History(run)
    if (trainer.epoch, trainer.step) == (1, 0):
        history.keep(trainer.scored_model, 0, config.epochs)
    card = _card(config, training, validation)
    metrics = MetricWriter(run.folder, (trainer.epoch - 1) * trainer.steps + trainer.step)

    def should_stop() -> bool:
        if run.stop_is_requested():
            stop.set(StopReason.REQUESTED)
        return stop.reason is not None

    _log(run, f"{config.model} on {run.state().device}: {train_command(config)}")
    stop.training = True
    try:
        for event in trainer.run(should_stop):
            if isinstance(event, Step | Epoch):
                metrics.write(event)
            if isinstance(event, Epoch):
                _keep(run, trainer, history, event, card)
            if not isinstance(event, Step):
                _log(run, describe(event))
            if listen is not None:
                listen(event)
    finally:
        stop.training = False
        metrics.close()
    if isinstance(event, Stopped):
        save_checkpoint(run.checkpoint_path, trainer.state_dict())
        return _end(run, RunStatus.STOPPED, stop.reason)
    assert isinstance(event, Finished)
    evaluate(event.model.to(validation.images.device), validation).write(run.evaluation_path)
    return _end(run, RunStatus.FINISHED, StopReason.PATIENCE_EXHAUSTED if event.early else None)


def _prepare(run: Run, config: TrainConfig, training: Split, validation: Split) -> Trainer:
    root = run.folder.parent
    start = config.init_weights and load_weights(find_weights(config.init_weights, root))[0]
    teacher = config.teacher and load_weights(find_weights(config.teacher, root))[0]
    trainer = Trainer(
        config,
        training,
        validation,
        initial=start.state_dict() if start else None,
        teacher=teacher or None,
    )
    if run.checkpoint_path.is_file():
        trainer.load_state_dict(load_checkpoint(run.checkpoint_path, training.images.device))
        # a process that was killed may not have come to write it
        run.update_state(epoch=trainer.epoch - 1, **_best(trainer))
        _log(run, f"goes on after epoch {trainer.epoch - 1}, step {trainer.step}")
    return trainer


def _keep(
    run: Run, trainer: Trainer, history: Conv1History, event: Epoch, card: dict[str, Any]
) -> None:
    """Keep what an epoch brought: best weights, conv1, checkpoint, state, in this order."""
    if not run.config_path.is_file():
        raise MnistCoreError(f"{run.folder}: the run's folder was deleted")
    if event.best:
        scores = {"accuracy": event.validation_accuracy, "loss": event.validation_loss}
        save_weights(
            run.weights_path,
            trainer.best_model,
            {**card, "epoch": event.epoch, "validation": scores},
        )
    history.keep(trainer.scored_model, event.epoch, trainer.config.epochs)
    save_checkpoint(run.checkpoint_path, trainer.state_dict())
    run.update_state(epoch=event.epoch, **_best(trainer))


def _best(trainer: Trainer) -> dict[str, Any]:
    """Return what the state says of the best epoch so far."""
    if trainer.best is None:
        return {}
    epoch, accuracy, loss = trainer.best
    return {"best_epoch": epoch, "validation_accuracy": accuracy, "validation_loss": loss}


def _card(config: TrainConfig, training: Split, validation: Split) -> dict[str, Any]:
    return {
        "config": config.model_dump(mode="json"),
        "data": f"MNIST: {len(training)} training images, {len(validation)} held out to validate",
        "command": train_command(config),
        "environment": {
            "torch": torch.__version__,
            "gpu": torch.cuda.get_device_name() if training.images.is_cuda else None,
            "cpu_threads": torch.get_num_threads(),
        },
    }


def _end(
    run: Run,
    status: RunStatus,
    stop_reason: StopReason | None,
    message: str = "",
    details: str = "",
) -> RunState:
    reason = message or (stop_reason.message if stop_reason else "")
    state = run.update_state(
        status=status, reason=reason, stop_reason=stop_reason, ended=now(), pid=None
    )
    if status != RunStatus.FINISHED:
        _log(run, f"{status}: {reason}\n{details}".rstrip())
    return state


def _log(run: Run, text: str) -> None:
    try:
        with run.log_path.open("a", encoding="utf-8") as file:
            file.write(f"{now()} {text}\n")
    except OSError as error:
        raise MnistCoreError(f"{run.log_path}: cannot be written ({error.strerror})") from error
