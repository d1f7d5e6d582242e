"""Edits as tensors: the batch that an editor is given."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.batch import EditBatch, Reference
from bench.core.device import upload
from bench.run.prepare import PreparedEdit
from bench.scene import LabelSpace, Scene, UInt8

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["make_batch"]


def make_batch(
    prepared: Sequence[PreparedEdit],
    method: str,
    space: LabelSpace,
    needs: frozenset[str],
    device: str,
) -> EditBatch:
    """A batch of edits, holding no more than the editor declares that it needs.

    Args:
        prepared: edits of one task, all of one size.
        method: the method's name; part of every edit's random key.
        space: the label space.
        needs: the editor's declaration.
        device: where the tensors shall lie.
    """
    edits = [one.edit for one in prepared]
    original = _images([one.original for one in prepared], device)
    mask = _upload([edit.mask for edit in edits], device).unsqueeze(1).float()
    planes = [edit.instances for edit in edits if edit.instances is not None]
    instances = None
    if len(planes) == len(edits):
        instances = _integers(planes, device)
    references = None
    if "references" in needs:
        references = tuple(
            tuple(_reference(scene, device) for scene in one.references) for one in prepared
        )
    return EditBatch(
        masked=original * (1 - mask),
        mask=mask,
        labels=_integers([edit.labels for edit in edits], device),
        instances=instances,
        space=space,
        operation=edits[0].operation,
        regions=tuple(edit.region for edit in edits),
        ids=tuple(edit.id for edit in edits),
        scenes=tuple(edit.scene for edit in edits),
        samples=tuple(edit.sample for edit in edits),
        seeds=tuple((method, e.dataset, e.scene, e.sample, e.seed) for e in edits),
        original=original if "original" in needs else None,
        references=references,
        prompts=tuple(edit.prompt for edit in edits),
        task=edits[0].task,
        dataset=edits[0].data,
        protocol=edits[0].protocol,
    )


def _images(images: Sequence[UInt8], device: str) -> Tensor:
    """uint8 [H,W,3] images as float32 [B,3,H,W] in [-1,1]; they travel as bytes."""
    levels = _upload(images, device).permute(0, 3, 1, 2)
    if device == "cpu":
        return levels.float() / 127.5 - 1
    # A GPU divides by multiplying, which is another last digit.
    return _levels(device)[levels.int()]


@functools.cache
def _levels(device: str) -> Tensor:
    """The 256 grey levels in [-1,1], as a CPU computes them."""
    import torch

    return (torch.arange(256).float() / 127.5 - 1).to(device)


def _integers(planes: Sequence[NDArray[Any]], device: str) -> Tensor:
    """Integer maps [H,W] as int64 [B,H,W]; they travel to a GPU as int16 where that holds them."""
    import torch

    stacked = np.stack(planes)
    if device != "cpu" and abs(stacked).max(initial=0) < 2**15:
        stacked = stacked.astype(np.int16)
    return upload(torch.from_numpy(stacked), device).long()


def _upload(planes: Sequence[NDArray[Any]], device: str) -> Tensor:
    import torch

    return upload(torch.from_numpy(np.stack(planes)), device)


def _reference(scene: Scene, device: str) -> Reference:
    instances = None
    if scene.instances is not None:
        instances = _integers([scene.instances], device)[0]
    return Reference(
        id=scene.id,
        image=_images([scene.image], device)[0],
        labels=_integers([scene.labels], device)[0],
        instances=instances,
    )
