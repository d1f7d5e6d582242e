"""Edits for tests of pipelines: a bright floor under a dark wall, a chair asked for in its middle."""

import torch

from bench.batch import EditBatch
from bench.plugins.editors import TaskFacts
from bench.scene import LabelSpace

SPACE = LabelSpace("a room", ("wall", "floor", "chair"), ((9, 9, 9), (90, 60, 60), (0, 200, 0)))


def batch(count=2, size=(32, 32), prompts=(), space=SPACE, labels=None):
    height, width = size
    random = torch.Generator().manual_seed(7)
    image = torch.rand(count, 3, height, width, generator=random) * 0.2
    image[:, :, height // 2 :] += 0.6
    mask = torch.zeros(count, 1, height, width)
    mask[:, :, height // 4 : 3 * height // 4, width // 4 : 3 * width // 4] = 1
    plane = torch.zeros(count, height, width, dtype=torch.long)
    plane[:, height // 2 :] = 1
    plane[:, 3 * height // 8 : 3 * height // 4, width // 4 : width // 2] = 2
    return EditBatch(
        masked=(image * 2 - 1) * (1 - mask),
        mask=mask,
        labels=plane if labels is None else labels,
        instances=None,
        space=space,
        operation="inpaint",
        regions=("chair",) * count,
        ids=tuple(f"e{i}" for i in range(count)),
        scenes=tuple(f"s{i}" for i in range(count)),
        samples=(0,) * count,
        seeds=tuple(("m", i) for i in range(count)),
        prompts=prompts,
    )


def task(space=SPACE):
    return TaskFacts(space=space, size=(32, 32), whole=False)
