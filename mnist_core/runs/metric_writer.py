"""Writing a run's metrics as TensorBoard event files, which `MetricReader` reads."""

from __future__ import annotations

import io
import os
import re
import socket
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_core.evaluation.scores import CLASSIC_PAIRS
from mnist_core.runs import metric_tags as tags
from mnist_core.runs.event_file import EVENT_FILE_PREFIX, event_files
from mnist_core.runs.tf_record import encode_record
from mnist_core.training.events import Epoch, Step
from mnist_core.utils.files import explain_errors

if TYPE_CHECKING:
    from PIL import Image
    from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary

    from mnist_core.training.layer_statistics import Histogram

_DIGITS = 20
_PLUGINS = {
    "simple_value": ("scalars", "DATA_CLASS_SCALAR"),
    "histo": ("histograms", "DATA_CLASS_TENSOR"),
    "image": ("images", "DATA_CLASS_BLOB_SEQUENCE"),
}
"""Plugin of TensorBoard and class of the data, by the field of the value."""


class MetricWriter:
    """Writes events to a run folder at once.

    Parameters
    ----------
    folder : Path
    after_step : int
        Global step from which the run resumes; what a killed process logged beyond it is void.
    """

    def __init__(self, folder: Path, after_step: int = 0) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog

        self._named: set[str] = set()
        self._explained = partial(explain_errors, folder, "metrics cannot be written")
        with self._explained():
            self._file = (folder / _next_name(folder)).open("xb")
        # not torch's SummaryWriter: its errors occur in a thread, where they cannot be caught
        self._add(Event(wall_time=time.time(), file_version="brain.Event:2"))
        start = SessionLog(status=SessionLog.START)
        self._add(Event(wall_time=time.time(), step=after_step + 1, session_log=start))

    def write(self, event: Step | Epoch) -> None:
        """Write an event's numbers. Raises MnistCoreError if they cannot be written."""
        scalars = _step_scalars(event) if isinstance(event, Step) else _epoch_scalars(event)
        values = [self._value(tag, simple_value=value) for tag, value in scalars.items()]
        if isinstance(event, Epoch):
            layers = {tags.WEIGHTS_PREFIX: event.weights, tags.GRADIENTS_PREFIX: event.gradients}
            values += [
                self._value(f"{prefix}{layer}", histo=_histogram(histogram))
                for prefix, histograms in layers.items()
                for layer, histogram in histograms.items()
            ]
        self._write(event.global_step, values)

    def write_picture(self, tag: str, step: int, picture: Image.Image) -> None:
        """Write a grey picture. Raises MnistCoreError if it cannot be written."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        png = io.BytesIO()
        picture.convert("L").save(png, "PNG")
        image = Summary.Image(
            width=picture.width,
            height=picture.height,
            colorspace=1,
            encoded_image_string=png.getvalue(),
        )
        self._write(step, [self._value(tag, image=image)])

    def write_settings(self, name: str, settings: Mapping[str, Any]) -> None:
        """Write the settings for TensorBoard's page HPARAMS, beside the validation metrics.

        `name` is what TensorBoard calls the run there. Raises MnistCoreError if they cannot be
        written.
        """
        # slow to import: after the training, not before it
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
        from torch.utils.tensorboard.summary import hparams

        values = {key: _hparam(value) for key, value in settings.items()}
        metrics = {tags.VALIDATION_ACCURACY: 0.0, tags.VALIDATION_LOSS: 0.0}
        experiment, start, end = hparams(values, metrics)
        content = start.value[0].metadata.plugin_data.content
        data = HParamsPluginData.FromString(content)
        data.session_start_info.group_name = name
        start.value[0].metadata.plugin_data.content = data.SerializeToString()
        for summary in (experiment, start, end):
            self._add(Event(wall_time=time.time(), summary=summary))

    def close(self) -> None:
        """Close the file. Raises MnistCoreError if what is left cannot be written."""
        with self._explained():
            self._file.close()

    def _value(self, tag: str, **value: Any) -> Summary.Value:
        """Return a value; with its name for people if it is the first one of its tag."""
        from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata

        if tag in self._named:
            return Summary.Value(tag=tag, **value)
        self._named.add(tag)
        name, description = tags.describe(tag)
        # without plugin and class, TensorBoard's readers drop the value, or its names
        plugin, data_class = _PLUGINS[next(iter(value))]
        metadata = SummaryMetadata(
            display_name=name,
            summary_description=description,
            plugin_data=SummaryMetadata.PluginData(plugin_name=plugin),
            data_class=data_class,
        )
        return Summary.Value(tag=tag, metadata=metadata, **value)

    def _write(self, step: int, values: list[Summary.Value]) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        self._add(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))

    def _add(self, event: Any) -> None:
        with self._explained():
            self._file.write(encode_record(event.SerializeToString()))
            self._file.flush()


def _next_name(folder: Path) -> str:
    """Return a file name that sorts after those in the folder, whatever the system clock is.

    TensorBoard reads the files in the order of their names.
    """
    number = time.time_ns()
    if names := event_files(folder):
        digits = re.match(r"\d*", names[-1].removeprefix(EVENT_FILE_PREFIX)).group()[:_DIGITS]
        number = max(number, int(digits.ljust(_DIGITS, "9") or 0) + 1)
    return f"{EVENT_FILE_PREFIX}{number:0{_DIGITS}d}.{socket.gethostname()}.{os.getpid()}"


def _hparam(value: object) -> bool | float | str:
    """Return a setting as a type that TensorBoard's hyperparameters have."""
    if isinstance(value, bool | int | float | str):
        return value
    return ", ".join(map(str, value)) if isinstance(value, tuple) and value else "none"


def _step_scalars(event: Step) -> dict[str, float]:
    scalars = {
        tags.TRAIN_LOSS: event.loss,
        tags.TRAIN_ACCURACY: event.accuracy,
        tags.LEARNING_RATE: event.learning_rate,
        tags.IMAGES_PER_SECOND: event.images_per_second,
    }
    usage = event.usage
    optional = {
        tags.SKIPPED_STEPS: event.skipped_steps,
        tags.PROCESS_CORES: usage.cores,
        tags.PROCESS_MEMORY: usage.memory,
        tags.DEVICE_MEMORY: usage.device_memory,
        tags.DEVICE_MEMORY_PEAK: usage.device_memory_peak,
        tags.DEVICE_LOAD: usage.device_load,
        tags.DEVICE_TEMPERATURE: usage.device_temperature,
    }
    scalars |= {tag: value for tag, value in optional.items() if value is not None}
    of_layers = {
        tags.GRADIENT_NORM_PREFIX: event.gradient_norms,
        tags.UPDATE_RATIO_PREFIX: event.update_ratios,
    }
    return scalars | {
        f"{prefix}{layer}": value
        for prefix, values in of_layers.items()
        for layer, value in values.items()
    }


def _epoch_scalars(event: Epoch) -> dict[str, float]:
    scalars = {
        tags.EPOCH_SECONDS: event.seconds,
        tags.EPOCH_TRAIN_LOSS: event.train_loss,
        tags.EPOCH_TRAIN_ACCURACY: event.train_accuracy,
        tags.VALIDATION_LOSS: event.validation_loss,
        tags.VALIDATION_ACCURACY: event.validation_accuracy,
    }
    for a, b in CLASSIC_PAIRS:
        for true, predicted in ((a, b), (b, a)):
            row = event.confusion[true]
            scalars[tags.confusion_tag(true, predicted)] = row[predicted] / max(1, sum(row))
    return scalars


def _histogram(histogram: Histogram) -> HistogramProto:
    from tensorboard.compat.proto.summary_pb2 import HistogramProto

    return HistogramProto(
        min=histogram.edges[0],
        max=histogram.edges[-1],
        num=sum(histogram.counts),
        sum=histogram.total,
        sum_squares=histogram.squares,
        bucket_limit=histogram.edges[1:],
        bucket=histogram.counts,
    )
