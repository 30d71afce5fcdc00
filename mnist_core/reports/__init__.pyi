from .errors_html import errors_report
from .html import html_report, run_report

__all__ = [
    "errors_report",
    "html_report",
    "run_report",
]
