"""ADE20K and its subsets from the SceneParse archive (ADEChallengeData2016.zip).

The archive's sceneCategories.txt names the scene of every image; object maps come from the
Places challenge's annotations_instance.tar where it is given too. The subsets' images are scaled
as SPMPGAN's authors say (short side 256: longer side at most 384 for aspects up to 1.5; wider ones,
which cannot satisfy both, keep the short side), their test images are one random 256x256 crop
each (docs/protocol/editing.md, D.2). The paper's crops were never published; ours are in the manifest.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from bench.core.errors import BadInput
from bench.datasets import ade20k as datasets
from bench.datasets.prepare.archive import Sources
from bench.datasets.prepare.cutting import Cut, cut_image, cut_map, size_of
from bench.datasets.prepare.preparation import Item, Preparation, ScenePlan, count_note, need

__all__ = ["LANDSCAPE", "LANDSCAPE_SCENES", "ROOM", "ROOM_SCENES", "WHOLE"]

ROOM_SCENES = frozenset({"bedroom", "hotel_room", "living_room"})
"""The scene categories of ADE20K-Room (docs/protocol/editing.md, D.1)."""

LANDSCAPE_SCENES = frozenset(
    (
        "badlands", "bamboo_forest", "bayou", "beach", "bog", "butte", "canyon", "cliff",
        "coast", "creek", "crevasse", "desert_sand", "desert_vegetation", "dune", "estuary",
        "field", "field_cultivated", "field_wild", "fjord", "forest", "forest_broadleaf",
        "forest_needleleaf", "forest_path", "forest_road", "glacier", "grassland", "gulch",
        "hill", "hot_spring", "ice_floe", "ice_shelf", "iceberg", "islet", "lagoon", "lake",
        "lake_natural", "marsh", "meadow", "mesa", "moor", "mountain", "mountain_path",
        "mountain_road", "mountain_snowy", "natural_spring", "oasis", "ocean", "pasture",
        "plain", "pond", "rainforest", "river", "rock_arch", "rocky_plain", "salt_plain",
        "sand", "sandbar", "savanna", "sea_cliff", "shore", "snowfield", "stream", "swamp",
        "tundra", "valley", "volcano", "waterfall", "waterfall_block", "waterfall_cascade",
        "waterfall_cataract", "waterfall_fan", "waterfall_plunge", "wave", "wetland",
        "woodland",
    )
)  # fmt: skip
"""The scene categories of ADE20K-Landscape, with underscores; SPMPGAN's list was never published
(docs/protocol/editing.md, D.1). These are the categories of open nature, where sky, water, ground and
plants fill the image and nothing built is the subject. A category that the archive does not have
costs nothing; the manifest lists those that were found."""

_SIDE = 256

_IMAGE = re.compile(r"(?:^|/)images/(?:training|validation)/(ADE_\w+)\.jpg$")
_LABELS = re.compile(r"(?:^|/)annotations/(?:training|validation)/(ADE_\w+)\.png$")
_OBJECTS = re.compile(r"(?:^|/)annotations_instance/(?:training|validation)/(ADE_\w+)\.png$")

_TAKES = "ADEChallengeData2016.zip and, for object maps, Places' annotations_instance.tar"


def _found(sources: Sources, pattern: re.Pattern[str]) -> dict[str, str]:
    return {match.group(1): name for name in sources.names if (match := pattern.search(name))}


def _scene_categories(sources: Sources) -> dict[str, str]:
    """Scene category by image, in the list's order."""
    lists = [name for name in sources.names if name.rsplit("/", 1)[-1] == "sceneCategories.txt"]
    if not lists:
        raise BadInput(f"no sceneCategories.txt in the archives; ADE20K takes {_TAKES}")
    lines = sources.read(lists[0]).decode("utf-8", errors="replace").splitlines()
    pairs = [line.split() for line in lines if line.strip()]
    wrong = next((i for i, pair in enumerate(pairs) if len(pair) != 2), None)
    if wrong is not None:
        raise BadInput(f"{lists[0]}, entry {wrong + 1}: not of the form IMAGE CATEGORY")
    return {stem: category.replace("/", "_") for stem, category in pairs}


@dataclass(frozen=True)
class _Subset:
    """A subset of the paper's: its name, scene categories, published counts.

    `published` is whether the categories are the paper's own, so that the whole archive must give
    its counts.
    """

    what: str
    scenes: frozenset[str]
    counts: Mapping[str, int]
    published: bool


def _plan_subset(sources: Sources, subset: _Subset) -> ScenePlan:
    categories = _scene_categories(sources)
    chosen = [stem for stem, category in categories.items() if category in subset.scenes]
    files = [_found(sources, pattern) for pattern in (_IMAGE, _LABELS, _OBJECTS)]
    notes = _count_notes(subset, chosen, files[0])
    items = [_subset_item(sources, stem, subset.what, *files) for stem in chosen]
    used = sorted({categories[stem] for stem in chosen})
    listed = f"scene categories: {', '.join(used)}"
    return ScenePlan(items, (*notes, listed, *_without_objects(files[2])))


def _count_notes(
    subset: _Subset, chosen: Sequence[str], images: Collection[str]
) -> tuple[str, ...]:
    """How many scenes there are, beside the paper's counts, and why they may differ.

    Raises:
        BadInput: the whole of SceneParse, cut by the paper's own categories, gives other counts.
    """
    found = _counted(chosen, "test")
    notes = [count_note(subset.what, found, subset.counts)]
    held = _counted(images, "val")
    if held != datasets.ADE20K.counts:
        part = "the archives are a part of SceneParse"
        notes.append(count_note(part, held, datasets.ADE20K.counts, "all of it"))
    elif subset.published and found != subset.counts:
        raise BadInput(
            f"{notes[0]}, although the archive is whole; its sceneCategories.txt is not the "
            "official one, so download it again"
        )
    if not subset.published:
        notes.append("the paper's scene categories were never published: these are our choice")
    return tuple(notes)


def _counted(images: Iterable[str], held_out: str) -> dict[str, int]:
    counts = {"train": 0, held_out: 0}
    for stem in images:
        counts[_split(stem, held_out)] += 1
    return counts


def _subset_item(
    sources: Sources,
    stem: str,
    what: str,
    images: Mapping[str, str],
    labels: Mapping[str, str],
    objects: Mapping[str, str],
) -> Item:
    split = _split(stem, "test")
    image = need(images, stem, "image")
    maps = {"labels": need(labels, stem, "label map")}
    if objects:
        maps["instances"] = need(objects, stem, "object map")
    cut: Cut | None = None
    if split == "test":
        scaled = _short_side(size_of(sources.read(image), image))
        cut = Cut.drawn(scaled, _SIDE, what, stem)
    names = {folder: f"{split}/{folder}/{stem}.png" for folder in ("images", *maps)}
    make = partial(_cut_scene, sources, image, maps, names, cut)
    return Item(tuple(names.values()), make, {} if cut is None else cut.record)


def _cut_scene(
    sources: Sources,
    image: str,
    maps: Mapping[str, str],
    names: Mapping[str, str],
    cut: Cut | None,
) -> dict[str, bytes]:
    data = sources.read(image)
    chosen = cut or Cut(_short_side(size_of(data, image)))
    made = {names["images"]: cut_image(data, image, chosen)}
    for folder, member in maps.items():
        made[names[folder]] = cut_map(sources.read(member), member, chosen)
    return made


def _short_side(size: tuple[int, int]) -> tuple[int, int]:
    """Sides scaled so that the shorter has 256 pixels, rounded half up."""
    height, width = size
    short = min(size)
    return (2 * height * _SIDE + short) // (2 * short), (2 * width * _SIDE + short) // (2 * short)


def _split(stem: str, held_out: str) -> str:
    return "train" if stem.startswith("ADE_train_") else held_out


def _without_objects(objects: Mapping[str, str]) -> tuple[str, ...]:
    return () if objects else ("no object maps: annotations_instance.tar was not given",)


def _whole(sources: Sources) -> ScenePlan:
    """All of SceneParse, the archive's own bytes, nothing scaled."""
    images, labels, objects = (_found(sources, p) for p in (_IMAGE, _LABELS, _OBJECTS))
    items = []
    for stem, image in images.items():
        split = _split(stem, "val")
        members = {f"{split}/images/{stem}.jpg": image}
        members[f"{split}/labels/{stem}.png"] = need(labels, stem, "label map")
        if objects:
            members[f"{split}/instances/{stem}.png"] = need(objects, stem, "object map")
        items.append(Item(tuple(members), partial(_copied, sources, members)))
    note = count_note("ADE20K", _counted(images, "val"), datasets.ADE20K.counts, "SceneParse")
    return ScenePlan(items, (note, *_without_objects(objects)))


def _copied(sources: Sources, members: Mapping[str, str]) -> dict[str, bytes]:
    return {name: sources.read(member) for name, member in members.items()}


WHOLE = Preparation("ade20k", 1, _TAKES, _whole)
ROOM = Preparation(
    "ade20k_room",
    1,
    _TAKES,
    partial(_plan_subset, subset=_Subset("ADE20K-Room", ROOM_SCENES, datasets.ROOM.counts, True)),
)
LANDSCAPE = Preparation(
    "ade20k_landscape",
    1,
    _TAKES,
    partial(
        _plan_subset,
        subset=_Subset("ADE20K-Landscape", LANDSCAPE_SCENES, datasets.LANDSCAPE.counts, False),
    ),
)
