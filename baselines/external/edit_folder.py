"""Edits as a folder that any program can read.

    EDITS/NAME/masked.png     8-bit RGB, black inside the mask
               mask.png       8-bit grey, 255 = edit
               labels.png     16-bit grey, the target labels for the whole image, 65535 = void
               instances.png  16-bit grey, 0 = no object; absent where the dataset has none. Ids are
                              numbered anew from 1 for each image
               original.png   8-bit RGB, only where the editor's options ask for it
               edit.json      id, scene, sample, operation, region, prompt, task, dataset, protocol,
                              seed, classes

A program writes IMAGES/NAME.png for each, of the same size; known pixels may hold anything.

Most programs that only fill holes know two folders instead, in which files belong together by name:

    EDITS/images/NAME.png     8-bit RGB, black inside the mask
          masks/NAME.png      8-bit grey, 255 = edit, or = known where the program wants it so
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bench.batch import EditBatch
from bench.core.atomic import write_json
from bench.core.identity import array_hash, record_hash
from bench.scene import UInt8

__all__ = ["VOID", "WhiteIs", "edit_facts", "edit_name", "write_edit", "write_pair"]

WhiteIs = Literal["edit", "known"]
"""What is white in a mask that a program is given: the pixels to change, or the known ones."""

VOID = 65535
"""The value of pixels without a class in labels.png."""


def edit_name(batch: EditBatch, i: int, salt: str) -> str:
    """The edit's folder name: its id and a hash over all that the program sees of it.

    An image of an earlier run counts only where nothing has changed.

    Args:
        batch: the edits.
        i: which of them.
        salt: what else the image depends on (the command).
    """
    planes = {name: array_hash(plane) for name, plane in _planes(batch, i).items()}
    digest = record_hash({"planes": planes, "facts": edit_facts(batch, i), "salt": salt})
    return f"{batch.ids[i]}-{digest[:16]}"


def write_edit(folder: Path, batch: EditBatch, i: int) -> None:
    """Writes edit i of the batch into `folder`, which is made."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for name, plane in _planes(batch, i).items():
        Image.fromarray(plane).save(folder / f"{name}.png")
    write_json(folder / "edit.json", edit_facts(batch, i))


def write_pair(folder: Path, name: str, batch: EditBatch, i: int, white: WhiteIs) -> None:
    """Writes image and mask of edit i as NAME.png into two folders in `folder`, which are made."""
    from PIL import Image

    planes = _planes(batch, i)
    mask = planes["mask"] if white == "edit" else 255 - planes["mask"]
    for place, plane in (("images", planes["masked"]), ("masks", mask)):
        (folder / place).mkdir(parents=True, exist_ok=True)
        Image.fromarray(plane).save(folder / place / f"{name}.png")


def _planes(batch: EditBatch, i: int) -> dict[str, NDArray[Any]]:
    mask = batch.masked_region[i, 0].cpu().numpy()
    masked = _bytes(batch.masked[i].cpu().numpy())
    masked[mask] = 0
    labels = batch.labels[i].cpu().numpy()
    planes: dict[str, NDArray[Any]] = {
        "masked": masked,
        "mask": (mask * 255).astype(np.uint8),
        "labels": np.where(labels < 0, VOID, labels).astype(np.uint16),
    }
    if batch.instances is not None:
        instances = batch.instances[i].cpu().numpy()
        # The first of the sorted values is 0, the id of no object.
        _, numbers = np.unique(np.append(0, instances), return_inverse=True)
        planes["instances"] = numbers[1:].reshape(instances.shape).astype(np.uint16)
    if batch.original is not None:
        planes["original"] = _bytes(batch.original[i].cpu().numpy())
    return planes


def edit_facts(batch: EditBatch, i: int) -> dict[str, Any]:
    """What a program is told of edit i beside its images: the fields of edit.json."""
    key = "|".join(str(part) for part in batch.seeds[i])
    return {
        "id": batch.ids[i],
        "scene": batch.scenes[i],
        "sample": batch.samples[i],
        "operation": batch.operation,
        "region": batch.regions[i],
        "prompt": batch.prompts[i],
        "task": batch.task,
        "dataset": batch.dataset,
        "protocol": batch.protocol,
        # 31 bits, which every language's generator takes.
        "seed": int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "little") >> 1,
        "classes": list(batch.space.classes),
    }


def _bytes(image: NDArray[Any]) -> UInt8:
    grey = np.rint((image.transpose(1, 2, 0) + 1) * 127.5)
    clipped: UInt8 = np.clip(grey, 0, 255).astype(np.uint8)
    return clipped
