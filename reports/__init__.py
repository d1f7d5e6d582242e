"""A run made readable: HTML, LaTeX, Markdown, CSV, figures. Never imports torch.

from reports.report import report
from reports.export import export
from reports.figures import write_figures
"""
