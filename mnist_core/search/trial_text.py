"""A trial as a line of text, for terminal and log."""

from mnist_core.search.results import Trial
from mnist_core.search.search_space import Value


def trial_line(trial: Trial) -> str:
    """Return number, state, accuracy, parameters, run and reason of a trial."""
    accuracy = "" if trial.accuracy is None else f"  validation {trial.accuracy:.2%}"
    params = "  ".join(f"{name}={format_value(value)}" for name, value in trial.params.items())
    reason = f"  ({trial.reason})" if trial.reason else ""
    return (
        f"trial {trial.number:3d}  {trial.state:8}{accuracy}  {params}  {trial.run or ''}{reason}"
    )


def format_value(value: Value) -> str:
    """Return a parameter's value with three significant digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
