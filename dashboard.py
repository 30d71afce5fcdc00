"""The training dashboard: start runs, follow them, see where they fail.

`streamlit run dashboard.py`
"""

from __future__ import annotations

from board.__main__ import draw_page

draw_page()
