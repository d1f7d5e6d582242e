"""A run made readable: HTML, LaTeX, Markdown, CSV. Never imports torch."""

from reports.report import write_report

__all__ = ["write_report"]
