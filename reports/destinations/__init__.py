"""A run where people keep their results: MLflow, W&B, TensorBoard, a model card, Croissant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from bench.core.errors import BadInput, unknown
from bench.run.reader import read_run
from reports.destinations.contents import kept_methods

__all__ = ["DESTINATIONS", "Destination", "export_to"]

Destination = Literal["mlflow", "wandb", "tensorboard", "hf-card", "croissant"]
"""Where results are kept."""

DESTINATIONS: tuple[Destination, ...] = get_args(Destination)


def export_to(
    run: Path | str,
    to: Destination,
    out: Path | str | None = None,
    *,
    methods: Sequence[str] | None = None,
    force: bool = False,
) -> list[str]:
    """Brings a run's scores with intervals, costs and gallery to where results are kept.

        export_to("runs/demo", "mlflow", "mlflow.db")

    Calling it again replaces what it brought.

    Args:
        run: the run's directory.
        to: "mlflow", "wandb", "tensorboard", "hf-card" (a model card a method) or "croissant" (the run as
            a dataset).
        out: for MLflow a SQLite file (what `MLFLOW_TRACKING_URI` says where None); for W&B the folder of
            offline files (the working folder), which `WANDB_MODE=online` overrides; for TensorBoard the
            log folder (RUN/tensorboard); for model cards their folder (RUN/cards); for Croissant a file
            in the run (RUN/croissant.json).
        methods: names of the methods that are wanted; all with a score where None.
        force: replace a file that siebench did not write.

    Returns:
        A line for each thing written: a path, or what and where.

    Raises:
        BadInput: no readable run or no score in it, an unknown destination or method, a place that cannot
            be written.
        Unavailable: the library that it takes is not installed.
    """
    if to not in DESTINATIONS:
        raise unknown("destination", to, DESTINATIONS)
    opened = read_run(run)
    place = None if out is None else Path(out)
    if to == "croissant":
        from reports.destinations.croissant import write_croissant

        if methods is not None:
            raise BadInput("Croissant describes the whole run; leave out --method")
        return [str(write_croissant(opened, place, force=force))]
    kept = kept_methods(opened, methods)
    if to == "mlflow":
        from reports.destinations.mlflow_runs import log_to_mlflow

        return log_to_mlflow(opened, kept, place)
    if to == "wandb":
        from reports.destinations.wandb_runs import log_to_wandb

        return log_to_wandb(opened, kept, place or Path())
    if to == "tensorboard":
        from reports.destinations.event_files import write_events

        return [str(one) for one in write_events(opened, kept, place or opened.folder / to)]
    from reports.destinations.model_card import write_cards

    return [
        str(one) for one in write_cards(opened, kept, place or opened.folder / "cards", force=force)
    ]
