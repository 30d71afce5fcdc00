"""Pages do not call the epoch that a run keeps its best one where the last is kept."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest
from support.board_app import open_page, page_text

from mnist_core.runs.run import Run
from mnist_core.training.config import TrainConfig
from mnist_core.utils.json_files import write_json

_BEST = re.compile(r"best (epoch|weights)|its best|最佳(轮次|权重)", re.IGNORECASE)


@pytest.fixture
def last_kept(run: Run) -> Run:
    """A finished run that keeps its last epoch, whose log says so."""
    config = run.config().model_dump()
    write_json(run.config_path, TrainConfig(**{**config, "keep_epoch": "last"}))
    log = run.log_path.read_text(encoding="utf-8")
    run.log_path.write_text(log.replace("best epoch", "last epoch"), encoding="utf-8")
    return run


def _everything(page: AppTest) -> str:
    """Return texts, labels, helps and the columns of tables."""
    nodes = [page_text(page), *(f"{metric.label} {metric.help}" for metric in page.metric)]
    nodes += [f"{table.value.columns.tolist()} {table.proto.columns}" for table in page.dataframe]
    nodes += [str(group.options) for group in page.get("button_group")]
    return "\n".join(nodes)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("name", "session"),
    [
        ("runs", {}),
        ("watch", {}),
        ("understand", {"understand-part": "Network"}),
        ("compare", {}),
        ("try_it", {}),
        ("promote", {}),
    ],
)
def test_the_last_epoch_is_not_called_the_best(
    last_kept: Run, name: str, session: dict[str, str], language: str
) -> None:
    page = open_page(name, run=last_kept.id, lang=language, **session)
    text = _everything(page)
    assert not _BEST.search(text), _BEST.search(text)
