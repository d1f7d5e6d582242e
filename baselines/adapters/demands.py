"""What networks demand of an edit, each with the sentence for an edit that cannot meet it."""

from __future__ import annotations

from bench.batch import EditBatch
from bench.errors import EditFailed

__all__ = ["demand_hole", "demand_known", "demand_labels", "demand_sides"]


def demand_labels(batch: EditBatch, classes: int, space: str | None) -> None:
    """The task's labels are the network's.

    Args:
        batch: the edits.
        classes: how many the network has.
        space: the label space of its weights, or None = any of that many classes.

    Raises:
        EditFailed: labels of another space, or a label beyond the network's classes.
    """
    if space is not None and batch.space.name != space:
        raise EditFailed(
            f"labels: the weights count in {space!r}, the task in {batch.space.name!r}; "
            "choose other weights or another dataset"
        )
    largest = int(batch.labels.max())
    if largest >= classes:
        name = batch.space.classes[largest] if largest < len(batch.space) else "?"
        raise EditFailed(
            f"labels: class {largest} ({name}) is beyond the network's {classes} classes; "
            "choose weights of this label space"
        )


def demand_sides(batch: EditBatch, multiple: int) -> None:
    """Both sides of the picture are multiples of `multiple`.

    Raises:
        EditFailed: where one is not.
    """
    height, width = batch.labels.shape[-2:]
    if height % multiple or width % multiple:
        raise EditFailed(
            f"size: {width}x{height} pixels, but the network takes sides that are multiples of "
            f"{multiple}; set the dataset's size in the suite"
        )


def demand_hole(batch: EditBatch) -> None:
    """Every mask has a pixel to change.

    Raises:
        EditFailed: with the first edit whose mask is empty.
    """
    for edit, any_pixel in zip(batch.ids, batch.hole.flatten(1).any(1).tolist()):
        if not any_pixel:
            raise EditFailed(f"mask: empty in edit {edit}; there is nothing to change")


def demand_known(batch: EditBatch) -> None:
    """Every picture has a known pixel.

    Raises:
        EditFailed: with the first edit whose mask covers everything.
    """
    for edit, covered in zip(batch.ids, batch.hole.flatten(1).all(1).tolist()):
        if covered:
            raise EditFailed(
                f"mask: covers the whole picture in edit {edit}, but the network needs known pixels"
            )
