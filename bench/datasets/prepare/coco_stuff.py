"""COCO-Stuff from train2017.zip, val2017.zip and stuffthingmaps_trainval2017.zip, bytes unchanged.

Object maps are not made: they take the polygons of COCO's instance annotations. The dataset has
labels only, and protocols that choose an object say so scene by scene.
"""

from __future__ import annotations

import re
from functools import partial

from bench.datasets.coco_stuff import INFO
from bench.datasets.prepare.archive import Sources
from bench.datasets.prepare.preparation import Item, Preparation, ScenePlan, count_note, need

__all__ = ["PREPARATION"]


_IMAGE = re.compile(r"(?:^|/)(train|val)2017/(\d{12})\.jpg$")
_LABELS = re.compile(r"(?:^|/)(?:train|val)2017/(\d{12})\.png$")


def _plan(sources: Sources) -> ScenePlan:
    labels = {match.group(1): name for name in sources.names if (match := _LABELS.search(name))}
    items = []
    counts: dict[str, int] = {}
    for name in sources.names:
        if match := _IMAGE.search(name):
            split, scene = match.groups()
            counts[split] = counts.get(split, 0) + 1
            files = (f"{split}/images/{scene}.jpg", f"{split}/labels/{scene}.png")
            members = (name, need(labels, scene, "stuffthingmap"))
            items.append(Item(files, partial(_scene, sources, members, files)))
    published = {split: INFO.counts[split] for split in counts}
    notes = (count_note("COCO-Stuff", counts, published), "no object maps")
    return ScenePlan(items, notes)


def _scene(sources: Sources, members: tuple[str, str], files: tuple[str, str]) -> dict[str, bytes]:
    return {file: sources.read(member) for file, member in zip(files, members)}


PREPARATION = Preparation(
    "coco_stuff",
    1,
    "stuffthingmaps_trainval2017.zip with val2017.zip, train2017.zip or both",
    _plan,
)
