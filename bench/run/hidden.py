"""Does an editor's painting depend on the pixels it must not see? Found by painting twice.

The second time every hidden pixel is another one and everything else is the same. An editor that
asks for the picture before the edit may depend on them, and then says something about itself; one
that does not ask and still answers differently either reaches the picture behind the harness's back
or does not repeat its own answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from bench.run.methods import Method
from bench.run.paint import Painter
from bench.run.prepare import Job
from bench.scene import Float32, LabelSpace

__all__ = ["DEPENDS", "UNSTEADY", "look_behind"]

DEPENDS = "depends on the hidden pixels"
UNSTEADY = "gives another picture for the same edit when it is run again"

_SEEN = 2 / 255
"""A change of one grey level in [-1,1]: smaller ones are a device's rounding."""


def look_behind(
    painter: Painter,
    method: Method,
    jobs: Sequence[Job],
    space: LabelSpace,
    first: Mapping[int, Float32],
) -> str | None:
    """How the method behaves on other hidden pixels: `DEPENDS`, `UNSTEADY`, or None = no change.

    Args:
        painter: the run's.
        method: with an editor.
        jobs: some edits, at most one batch.
        space: their label space.
        first: what the method painted for them, float32 [H,W,3] in [-1,1] by index.
    """
    again = painter.paint(method, [_other_hidden(job) for job in jobs], space).pictures
    for i, picture in again.items():
        hole = jobs[i].edit.mask
        if i in first and float(np.abs(picture[hole] - first[i][hole]).max()) > _SEEN:
            return DEPENDS if "original" in method.needs else UNSTEADY
    return None


def _other_hidden(job: Job) -> Job:
    original = job.answer.original
    other = np.where(job.edit.mask[..., None], original + np.uint8(128), original)
    return replace(job, answer=replace(job.answer, original=other))
