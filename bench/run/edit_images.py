"""The images of an edit, as a run keeps them: what the report shows, and what tells one edit from another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.core.atomic import whole_file
from bench.core.identity import array_hash
from bench.run.layout import EditImage, RunFolder
from bench.run.plan import Task
from bench.run.prepare import PreparedEdit
from bench.scene import Int32, LabelSpace, UInt8

__all__ = ["write_edit", "write_image"]


def write_edit(folder: RunFolder, task: Task, one: PreparedEdit) -> dict[str, str]:
    """The edit's own images, which the report shows beside the results; gives what tells it apart."""
    edit, truth = one.edit, one.ground_truth.image
    mask: UInt8 = edit.mask.astype(np.uint8) * np.uint8(255)
    images: dict[EditImage, UInt8] = {"original": one.original, "mask": mask}
    if truth is not None and truth is not one.original:
        images["truth"] = truth
    for name, image in images.items():
        write_image(folder.edit_image(task.slug, edit.id, name), image)
    target = _write_labels(
        folder.edit_image(task.slug, edit.id, "target"), edit.labels, task.dataset.space
    )
    return {
        **{name: array_hash(image) for name, image in images.items()},
        "target": array_hash(target),
        "references": " ".join(edit.references),
    }


def write_image(path: Path, image: UInt8) -> None:
    """Writes uint8 [H,W,3] (RGB) or [H,W] (grey) as PNG."""
    from PIL import Image

    _save(path, Image.fromarray(image))


def _write_labels(path: Path, labels: Int32, space: LabelSpace) -> NDArray[Any]:
    """Writes a label map as a PNG that is exact and shows its colours: index = label + 1, 0 = void.

    Above 255 classes a palette has no room, and the file is 16-bit grey instead.

    Returns:
        the stored values.
    """
    from PIL import Image

    stored = (labels + 1).astype(np.uint16 if len(space) > 255 else np.uint8)
    if len(space) > 255:
        _save(path, Image.fromarray(stored))
        return stored
    image = Image.fromarray(stored, mode="P")
    image.putpalette([0, 0, 0, *(part for colour in space.palette for part in colour)])
    _save(path, image)
    return stored


def _save(path: Path, image: Any) -> None:
    with whole_file(path) as temporary:
        image.save(temporary, format="PNG", compress_level=1)
