"""The rows of the page Runs, without a browser."""

from __future__ import annotations

import pandas as pd
from streamlit.testing.v1 import AppTest

from support.board_app import show


def table(page: AppTest) -> pd.DataFrame:
    return page.dataframe[0].value


def names(page: AppTest) -> list[str]:
    return list(table(page)["Run"])


def select(page: AppTest, *wanted: str) -> AppTest:
    """Select rows by what stands in their first column."""
    rows = [names(page).index(name) for name in wanted]
    page.session_state[page.dataframe[0].key] = {"selection": {"rows": rows}}
    return show(page.run())
