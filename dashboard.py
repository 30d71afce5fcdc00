"""The training dashboard: start runs, follow them, see where they fail.

`streamlit run dashboard.py`
"""

from __future__ import annotations

if __name__ == "__main__":  # as Streamlit runs it for a page
    from board.__main__ import draw_page

    draw_page()
else:  # as its server imports it
    from starlette.middleware import Middleware
    from streamlit.starlette import App

    from board.access.known_hosts import KnownHosts
    from board.access.page_addresses import PageAddresses

    app = App(__file__, middleware=[Middleware(KnownHosts), Middleware(PageAddresses)])
