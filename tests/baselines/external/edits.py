"""Edits for tests of programs: small, and each with a grey level of its own to paint."""

import os
import select

import pytest
import torch

from bench.batch import EditBatch
from bench.scene import LabelSpace

SPACE = LabelSpace("two", ("sky", "grass"), ((0, 0, 255), (0, 255, 0)))


def batch(count=3, task="t"):
    """Edits e0, e1, ... of 6x8 pixels; sample i is 10 i."""
    mask = torch.zeros(count, 1, 6, 8)
    mask[:, :, 2:4, 2:5] = 1
    image = torch.full((count, 3, 6, 8), 0.2)
    labels = torch.zeros(count, 6, 8, dtype=torch.long)
    labels[:, 0, 0] = -1
    instances = torch.zeros(count, 6, 8, dtype=torch.long)
    instances[:, 5] = 70000
    return EditBatch(
        masked=image * (1 - mask),
        mask=mask,
        labels=labels,
        instances=instances,
        space=SPACE,
        operation="inpaint",
        regions=("sky",) * count,
        ids=tuple(f"e{i}" for i in range(count)),
        scenes=tuple(f"s{i}" for i in range(count)),
        samples=tuple(10 * i for i in range(count)),
        seeds=tuple(("m", i) for i in range(count)),
        prompts=("a blue sky",) * count,
        task=task,
        dataset="d",
        protocol="freeform@1",
    )


def ended(pid):
    """Whether a process has ended, or does so within a moment: a signal takes time to arrive."""
    if not hasattr(os, "pidfd_open"):
        pytest.skip("this system cannot wait for a process that is not its own child")
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 10)[0])
    finally:
        os.close(handle)
