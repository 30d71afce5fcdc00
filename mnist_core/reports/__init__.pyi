from .html import html_report
from .run_html import run_report

__all__ = [
    "html_report",
    "run_report",
]
