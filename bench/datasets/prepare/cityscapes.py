"""Cityscapes at 512x256 from leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip.

Whole frames in `train` and `val` (the official val, for label-to-image tables), in `val-full` the
same frames as they came, 2048x1024, for SESAME's windows (docs/protocol/generation.md, A.5), and in
`test` one fixed 256x256 crop of every official val frame, for editing tables: SPMPGAN's test crops
are random ones that were never published, ours are in the manifest (docs/protocol/editing.md, D.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from bench.datasets.cityscapes import INFO
from bench.datasets.prepare.archive import Sources
from bench.datasets.prepare.cutting import Cut, cut_image, cut_map
from bench.datasets.prepare.preparation import Item, Preparation, ScenePlan, count_note, need

__all__ = ["PREPARATION"]

_SCALED = (256, 512)
_CROP = 256

_IMAGE = re.compile(r"(?:^|/)leftImg8bit/(train|val)/[^/]+/([^/]+)_leftImg8bit\.png$")
_MAP = r"(?:^|/)gtFine/(?:train|val)/[^/]+/([^/]+)_gtFine_{}\.png$"


def _plan(sources: Sources) -> ScenePlan:
    kinds = {"labels": "labelIds", "instances": "instanceIds"}
    maps = {folder: _found(sources, _MAP.format(kind)) for folder, kind in kinds.items()}
    items: list[Item] = []
    counts = {"train": 0, "val": 0}
    for name in sources.names:
        match = _IMAGE.search(name)
        if match is None:
            continue
        split, scene = match.groups()
        counts[split] += 1
        members = {"images": name}
        for folder, kind in kinds.items():
            members[folder] = need(maps[folder], scene, f"{kind} map")
        items.append(_item(sources, split, scene, members, Cut(_SCALED)))
        if split == "val":
            cut = Cut.drawn(_SCALED, _CROP, "cityscapes", scene)
            items.append(_item(sources, "test", scene, members, cut))
            items.append(_item(sources, "val-full", scene, members, None))
    notes = (
        count_note("Cityscapes", counts, {split: INFO.counts[split] for split in counts}),
        "test: one fixed 256x256 crop of each frame of val; the papers' crops are not published",
    )
    return ScenePlan(items, notes)


def _found(sources: Sources, pattern: str) -> dict[str, str]:
    compiled = re.compile(pattern)
    return {match.group(1): name for name in sources.names if (match := compiled.search(name))}


def _item(
    sources: Sources, split: str, scene: str, members: Mapping[str, str], cut: Cut | None
) -> Item:
    names = {folder: f"{split}/{folder}/{scene}.png" for folder in members}
    about = {} if cut is None or cut.crop is None else cut.record
    return Item(tuple(names.values()), partial(_scene, sources, members, names, cut), about)


def _scene(
    sources: Sources, members: Mapping[str, str], names: Mapping[str, str], cut: Cut | None
) -> dict[str, bytes]:
    """The scene's files; without a cut, the archive's bytes."""
    made = {}
    for folder, member in members.items():
        data = sources.read(member)
        if cut is not None:
            bring = cut_image if folder == "images" else cut_map
            data = bring(data, member, cut)
        made[names[folder]] = data
    return made


PREPARATION = Preparation(
    "cityscapes", 1, "leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip", _plan
)
