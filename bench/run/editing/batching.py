"""Edits as tensors: the batch that an editor is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bench.batch import EditBatch, Reference
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
    import torch

    edits = [one.edit for one in prepared]
    original = _images([one.original for one in prepared])
    mask = torch.from_numpy(np.stack([edit.mask for edit in edits])).unsqueeze(1).float()
    labels = torch.from_numpy(np.stack([edit.labels for edit in edits])).long()
    planes = [edit.instances for edit in edits if edit.instances is not None]
    instances = None
    if len(planes) == len(edits):
        instances = torch.from_numpy(np.stack(planes)).long().to(device)
    references = None
    if "references" in needs:
        references = tuple(
            tuple(_reference(scene, device) for scene in one.references) for one in prepared
        )
    return EditBatch(
        masked=(original * (1 - mask)).to(device),
        mask=mask.to(device),
        labels=labels.to(device),
        instances=instances,
        space=space,
        operation=edits[0].operation,
        regions=tuple(edit.region for edit in edits),
        ids=tuple(edit.id for edit in edits),
        scenes=tuple(edit.scene for edit in edits),
        samples=tuple(edit.sample for edit in edits),
        seeds=tuple((method, e.dataset, e.scene, e.sample, e.seed) for e in edits),
        original=original.to(device) if "original" in needs else None,
        references=references,
        prompts=tuple(edit.prompt for edit in edits),
        task=edits[0].task,
        dataset=edits[0].data,
        protocol=edits[0].protocol,
    )


def _images(images: Sequence[UInt8]) -> Tensor:
    """uint8 [H,W,3] images as float32 [B,3,H,W] in [-1,1]."""
    import torch

    stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    return stacked.float() / 127.5 - 1


def _reference(scene: Scene, device: str) -> Reference:
    import torch

    instances = None
    if scene.instances is not None:
        instances = torch.from_numpy(scene.instances).long().to(device)
    return Reference(
        id=scene.id,
        image=_images([scene.image])[0].to(device),
        labels=torch.from_numpy(scene.labels).long().to(device),
        instances=instances,
    )
