"""Figures of a run as matplotlib figures and as SVG and PDF files."""

from reports.figures.cost import quality_against_cost
from reports.figures.curves import per_class, per_mask_area
from reports.figures.differences import differences
from reports.figures.grid import comparison_grid
from reports.figures.trainings import (
    training_curves,
    training_differences,
    write_curve_figures,
    write_training_figures,
)
from reports.figures.write import write_figures

__all__ = [
    "comparison_grid",
    "differences",
    "per_class",
    "per_mask_area",
    "quality_against_cost",
    "training_curves",
    "training_differences",
    "write_curve_figures",
    "write_figures",
    "write_training_figures",
]
