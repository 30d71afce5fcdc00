from .html import html_report, run_report

__all__ = [
    "html_report",
    "run_report",
]
