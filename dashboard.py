"""The training dashboard: start runs, watch them learn, see where they fail.

`streamlit run dashboard.py`
"""

from __future__ import annotations

from board.shell import show

show()
