"""Small batches of edits."""

from __future__ import annotations

import torch

from bench.batch import EditBatch
from bench.scene import LabelSpace

SPACE = LabelSpace("rooms-4", ("wall", "floor", "bed", "lamp"), ((0, 0, 0),) * 4)


def make_batch(size=(64, 64), count=2, **changes):
    generator = torch.Generator().manual_seed(0)
    height, width = size
    labels = torch.randint(0, 4, (count, 4, 4), generator=generator)
    labels = labels.repeat_interleave(-(-height // 4), 1).repeat_interleave(-(-width // 4), 2)
    mask = torch.zeros(count, 1, height, width)
    mask[:, :, height // 4 : height // 2 + 5, 3 : width // 2] = 1
    image = torch.rand(count, 3, height, width, generator=generator) * 2 - 1
    fields = {
        "masked": image * (1 - mask),
        "mask": mask,
        "labels": labels[:, :height, :width].contiguous(),
        "instances": None,
        "space": SPACE,
        "operation": "inpaint",
        "regions": (None,) * count,
        "ids": tuple(f"edit-{i}" for i in range(count)),
        "scenes": tuple(f"scene-{i}" for i in range(count)),
        "samples": (0,) * count,
        "seeds": tuple(("test", i) for i in range(count)),
    }
    return EditBatch(**{**fields, **changes})
