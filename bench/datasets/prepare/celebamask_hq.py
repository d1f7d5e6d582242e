"""CelebAMask-HQ from CelebAMask-HQ.zip: part masks painted into one label map.

Later parts overwrite earlier ones, in SEAN's order (docs/protocol/generation.md, C.6). Images keep
their bytes. Split by id: below 28,000 train, the last 2,000 test (docs/protocol/generation.md, D.5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

import numpy as np

from bench.core.errors import BadInput
from bench.datasets.celebamask_hq import INFO
from bench.datasets.prepare.archive import Sources
from bench.datasets.prepare.cutting import decoded, encoded
from bench.datasets.prepare.preparation import Item, Preparation, ScenePlan, count_note

__all__ = ["PARTS", "PREPARATION"]

PARTS = (
    "skin", "nose", "eye_g", "l_eye", "r_eye", "l_brow", "r_brow", "l_ear", "r_ear",
    "mouth", "u_lip", "l_lip", "hair", "hat", "ear_r", "neck_l", "neck", "cloth",
)  # fmt: skip
"""The parts in painting order; part k of the tuple becomes label k + 1, 0 is background."""

_SIZE = 512
_FIRST_TEST = 28_000

_IMAGE = re.compile(r"(?:^|/)CelebA-HQ-img/(\d+)\.jpg$")
_PART = re.compile(r"(?:^|/)CelebAMask-HQ-mask-anno/\d+/(\d{5})_([a-z_]+)\.png$")


def _plan(sources: Sources) -> ScenePlan:
    images: dict[int, str] = {}
    parts: dict[int, dict[str, str]] = {}
    for name in sources.names:
        if match := _IMAGE.search(name):
            images[int(match.group(1))] = name
        elif match := _PART.search(name):
            parts.setdefault(int(match.group(1)), {})[match.group(2)] = name
    items = []
    counts = {"train": 0, "test": 0}
    for number, image in sorted(images.items()):
        split = "train" if number < _FIRST_TEST else "test"
        counts[split] += 1
        items.append(_item(sources, f"{number:05d}", split, image, parts.get(number, {})))
    return ScenePlan(items, (count_note("CelebAMask-HQ", counts, INFO.counts),))


def _item(sources: Sources, scene: str, split: str, image: str, parts: Mapping[str, str]) -> Item:
    if not parts:
        raise BadInput(f"scene {scene!r} has no part mask in the archive; give the whole download")
    strange = sorted(set(parts) - set(PARTS))
    if strange:
        raise BadInput(f"{parts[strange[0]]}: unknown part {strange[0]!r}; known: {list(PARTS)}")
    names = (f"{split}/images/{scene}.jpg", f"{split}/labels/{scene}.png")
    return Item(names, partial(_scene, sources, image, parts, names))


def _scene(
    sources: Sources, image: str, parts: Mapping[str, str], names: tuple[str, str]
) -> dict[str, bytes]:
    labels = np.zeros((_SIZE, _SIZE), np.uint8)
    for label, part in enumerate(PARTS, start=1):
        if part in parts:
            labels[_mask(sources, parts[part])] = label
    return {names[0]: sources.read(image), names[1]: encoded(labels)}


def _mask(sources: Sources, name: str) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    grey = np.asarray(decoded(sources.read(name), name).convert("L"))
    if grey.shape != (_SIZE, _SIZE):
        raise BadInput(
            f"{name}: is {grey.shape[1]}x{grey.shape[0]}, a part mask has {_SIZE}x{_SIZE}"
        )
    mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]] = grey > 0
    return mask


PREPARATION = Preparation("celebamask_hq", 1, "CelebAMask-HQ.zip", _plan)
