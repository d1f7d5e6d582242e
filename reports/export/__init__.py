"""A run's tables for papers, pull requests and other programs."""

from reports.export.csv_table import csv, published_csv
from reports.export.latex_table import latex, latex_document
from reports.export.markdown_table import markdown

__all__ = ["csv", "latex", "latex_document", "markdown", "published_csv"]
