"""The results of gpu.py, kept as JSON and Markdown while it runs."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.gpu_plan import Task

_NOTES = {
    "ceiling": "Median of several products of random matrices; copy: bytes read and written.",
    "speed": "Whole training steps on random batches (gather, augmentation, forward, backward, "
    "AdamW), median of several times; epoch: extrapolated to 55,000 images, without validation "
    "except in the rows of Trainer. graph: the whole step is one captured CUDA graph. share: of "
    "the ceiling measured above in the same precision (fp32: of TF32, which convolutions use), "
    "counting forward and backward pass only. MiB: peak above the data set's.",
    "accuracy": "Seconds from the start of the process, imports included; 5,000 held-out images. "
    "run created: torch is imported and CUDA ready; training begins: the images are on the device "
    "and the network is built; step: the first report; epoch: its end. Parts of a start: one after "
    "the other, while a training overlaps some. first: on a new machine it fills the cache of "
    "files.",
    "resume": "SIGKILL after an epoch, then resumed; largest difference of any weight.",
    "two-runs": "Training steps in one process, then in two at once.",
}


class Report:
    """Rows by section; both files are written after every change, not before the first.

    Parameters
    ----------
    json_path, markdown_path : Path
    options : dict
        Kept in the JSON file.
    """

    def __init__(self, json_path: Path, markdown_path: Path, options: dict[str, Any]) -> None:
        self._json, self._markdown = json_path, markdown_path
        self._options = options
        self._machine: dict[str, Any] = {}
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._left_out: list[dict[str, Any]] = []

    def describe(self, machine: dict[str, Any]) -> None:
        """Note what was measured on; the first worker's description is kept."""
        self._machine = self._machine or machine
        print(machine, flush=True)
        self._write()

    def add(self, task: Task, row: dict[str, Any]) -> None:
        """Add what a task measured, or {"failed": reason}."""
        row = {**task.values, **row}
        self._rows.setdefault(task.section, []).append(row)
        self._add_share(task, row)
        cells = ", ".join(f"{name} {_cell(value)}" for name, value in row.items())
        print(f"{task.section}: {cells}", flush=True)
        self._write()

    def leave_out(self, task: Task, reason: str) -> None:
        """Note a task that did not fit."""
        self._left_out.append(
            {"section": task.section, "task": task.name, **task.values, "reason": reason}
        )
        self._write()

    def markdown(self) -> str:
        """Return the results as Markdown."""
        machine = ", ".join(f"{name} {value}" for name, value in self._machine.items())
        parts = [f"Measured on: {machine or 'nothing yet'}."]
        for section, rows in self._rows.items():
            parts.append(f"## {section}\n{_NOTES[section]}\n\n{_table(rows)}")
        for section, count in Counter(row["section"] for row in self._left_out).items():
            parts.append(
                f"Left out of {section}: {count} (the JSON file has them, with the reason)."
            )
        return "\n\n".join(parts) + "\n"

    def _add_share(self, task: Task, row: dict[str, Any]) -> None:
        precision = {"fp32": "tf32"}.get(row.get("precision", ""), row.get("precision"))
        for found in self._rows.get("ceiling", ()):
            if task.section == "speed" and found["precision"] == precision and "TFLOP/s" in row:
                row["share"] = row["TFLOP/s"] / found.get("TFLOP/s", float("nan"))

    def _write(self) -> None:
        content = {
            "machine": self._machine,
            "options": self._options,
            "rows": self._rows,
            "left_out": self._left_out,
        }
        self._json.write_text(json.dumps(content, indent=1, default=str) + "\n", encoding="utf-8")
        self._markdown.write_text(self.markdown(), encoding="utf-8")


def _table(rows: list[dict[str, Any]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, ["---"] * len(columns)]
    lines += [[_cell(row.get(name, "")) for name in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value).replace("|", "/")
