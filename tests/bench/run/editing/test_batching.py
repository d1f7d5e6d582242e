"""A batch holds what its editor may see, and no more."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from bench.run.editing.batching import make_batch
from bench.scene import Scene
from tests.bench.run.editing.test_runner import SPACE, edits


def batch(needs: frozenset[str] = frozenset(), count: int = 3, device: str = "cpu"):
    style = Scene("s", np.full((8, 8, 3), 255, np.uint8), np.zeros((8, 8), np.int32))
    prepared = [dataclasses.replace(one, references=(style,)) for one in edits(count)]
    return make_batch(prepared, "m", SPACE, needs, device)


def test_known_pixels_are_in_minus_one_to_one_and_masked_ones_are_zero() -> None:
    made = batch()
    for i in range(3):
        known = made.masked[i][:, ~made.masked_region[i, 0]]
        assert torch.allclose(known, torch.tensor(10 * i / 127.5 - 1))
        assert not made.masked[i][:, made.masked_region[i, 0]].any()


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_types_and_shapes_are_the_contract_s(device: str) -> None:
    made = batch(device=device)
    assert (made.masked.shape, made.masked.dtype) == ((3, 3, 8, 8), torch.float32)
    assert (made.mask.shape, made.mask.dtype) == ((3, 1, 8, 8), torch.float32)
    assert (made.labels.shape, made.labels.dtype) == ((3, 8, 8), torch.int64)
    assert made.instances is None
    assert made.prompts == (None, None, None)
    assert made.ids == made.scenes == ("0", "1", "2")


def test_the_original_and_references_are_there_for_who_needs_them() -> None:
    plain = batch()
    assert plain.original is plain.references is None
    full = batch(frozenset({"original", "references"}))
    assert torch.equal(full.original * (1 - full.mask), full.masked)
    ((style,), *_) = full.references
    assert (style.id, style.image.shape, float(style.image.min())) == ("s", (3, 8, 8), 1.0)


def test_an_edit_s_random_stream_is_its_own_in_any_batch() -> None:
    together, alone = batch(count=3), batch(count=1)
    draws = [torch.rand(4, generator=together.generator(i)).tolist() for i in range(3)]
    assert torch.rand(4, generator=alone.generator(0)).tolist() == draws[0]
    assert draws[0] != draws[1]
