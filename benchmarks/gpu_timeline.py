"""When a run reached what its folder records, in seconds from the start of its process."""

from mnist_core.runs import metric_tags as tags
from mnist_core.runs.event_file import EventFile, event_files
from mnist_core.runs.run import Run


def timeline(run: Run, began: float) -> dict[str, float]:
    """Return the milestones of a run that was started once.

    Parameters
    ----------
    run : Run
    began : float
        time.time() when its process was started.

    Returns
    -------
    dict of str to float
        "run created" (modules are imported, CUDA is ready), "training begins" (the images are on
        the device, the network is built), "step 20" (or what the first report is about), and the
        end of each epoch.
    """
    found = {"run created": run.config_path.stat().st_mtime}
    epochs = 0
    for name in event_files(run.folder):
        for event in EventFile(run.folder / name).read():
            written = {value.tag for value in event.summary.value}
            if event.file_version:
                found["training begins"] = event.wall_time
            elif tags.VALIDATION_ACCURACY in written:
                epochs += 1
                found[f"epoch {epochs}"] = event.wall_time
            elif tags.TRAIN_LOSS in written and not any(key.startswith("step") for key in found):
                found[f"step {event.step}"] = event.wall_time
    return {f"{key} s": when - began for key, when in found.items()}
