"""Finished images made elsewhere, found by edit id or by scene id."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from bench.batch import EditBatch
from bench.core.errors import BadInput, EditFailed
from bench.core.images import read_image

__all__ = ["Folder"]

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")


class Folder:
    """Images from a folder: EDIT.png, or SCENE.png where a scene has one edit.

    Args:
        path: the folder.

    Raises:
        BadInput: where the folder is not there.
    """

    needs: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise BadInput(f"editor 'folder': {self.path} is not a folder; check options.path")

    def edit(self, batch: EditBatch) -> Tensor:
        """The batch's images, float32 [B,3,H,W] in [-1,1].

        Raises:
            EditFailed: a missing image, or one of another size, with its path.
        """
        height, width = batch.labels.shape[1:]
        images = []
        for edit, scene in zip(batch.ids, batch.scenes):
            path = self._find(edit, scene)
            try:
                image = read_image(path)
            except BadInput as error:
                raise EditFailed(str(error)) from None
            if image.shape[:2] != (height, width):
                got = "x".join(str(side) for side in image.shape[1::-1])
                raise EditFailed(f"{path}: {got} pixels where {width}x{height} are asked for")
            images.append(image)
        stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
        return (stacked.float() / 127.5 - 1).to(batch.masked.device)

    def _find(self, edit: str, scene: str) -> Path:
        for stem in (edit, scene):
            for suffix in _SUFFIXES:
                path = self.path / f"{stem}{suffix}"
                if path.is_file() and path.resolve().is_relative_to(self.path.resolve()):
                    return path
        raise EditFailed(f"{self.path}: holds no image for edit {edit!r} (looked for {edit}.png)")
