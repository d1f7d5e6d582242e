"""From a dataset's labels to a segmenter's: the same image is numbered differently everywhere.

Three rules, in order: equal class lists keep their numbers; ADE20K's two numberings (150 classes
from 0, or 151 with "other" as 0) are shifted against each other; otherwise every class of the
segmenter must have a namesake in the dataset, and what has none is void (Cityscapes' 34 labelIds to
the 19 trainIds). Classes that the dataset's evaluation ignores are void under every rule.
"""

from __future__ import annotations

import numpy as np

from bench.core.errors import BadInput
from bench.scene import VOID, Int32, LabelSpace

__all__ = ["label_lookup", "unlabelled"]

_ADE = ("wall", "building", "sky")
"""The first classes of ADE20K's scene parsing benchmark, which no other numbering begins with."""


def label_lookup(dataset: LabelSpace, segmenter: LabelSpace) -> Int32:
    """int32 [K + 1]: the segmenter's label of each of the dataset's K classes, -1 = void.

    The last entry is void's, so that indexing with -1 finds it.

    Raises:
        BadInput: where the two spaces cannot be brought together.
    """
    ours = [_plain(name) for name in dataset.classes]
    theirs = [_plain(name) for name in segmenter.classes]
    found = _same(ours, theirs)
    if found is None:
        found = _ade(ours, theirs)
    if found is None:
        found = _namesakes(ours, theirs)
    if found is None:
        raise BadInput(
            f"the segmenter's label space {segmenter.name} ({len(theirs)} classes) and the dataset's "
            f"{dataset.name} ({len(ours)} classes) cannot be brought together: {_odd(ours, theirs)}; "
            "choose a segmenter that was trained on these classes, or give both the same names"
        )
    lookup = np.append(np.asarray(found, dtype=np.int32), np.int32(VOID))
    lookup[sorted(dataset.ignored)] = VOID
    return lookup


def unlabelled(dataset: LabelSpace, segmenter: LabelSpace) -> tuple[int, ...]:
    """The segmenter's classes that no label of the dataset stands for: ignored ones, and ADE20K's "other".

    Raises:
        BadInput: where the two spaces cannot be brought together.
    """
    lookup = set(label_lookup(dataset, segmenter).tolist())
    return tuple(k for k in range(len(segmenter)) if k not in lookup)


def _odd(ours: list[str], theirs: list[str]) -> str:
    """What keeps the segmenter's classes from being found in the dataset, in words."""
    strange = [name for name in dict.fromkeys(theirs) if name not in ours]
    if not strange:
        return "two of the segmenter's classes have one name"
    more = f" and {len(strange) - 3} more" if len(strange) > 3 else ""
    return f"the dataset has no {', '.join(map(repr, strange[:3]))}{more}"


def _plain(name: str) -> str:
    """A class name as people mean it: the first of its synonyms, lower case, words by spaces."""
    first = name.replace(";", ",").split(",")[0]
    return " ".join(first.lower().replace("_", " ").replace("-", " ").split())


def _same(ours: list[str], theirs: list[str]) -> list[int] | None:
    return list(range(len(ours))) if ours == theirs else None


def _ade(ours: list[str], theirs: list[str]) -> list[int] | None:
    one, two = _ade_start(ours), _ade_start(theirs)
    if one is None or two is None or len(ours) - one != len(theirs) - two:
        return None
    shift = two - one
    return [VOID] * one + [k + shift for k in range(one, len(ours))]


def _ade_start(names: list[str]) -> int | None:
    """At which number ADE20K's classes begin (0 or 1), or None where they are others."""
    for start in (0, 1):
        if tuple(names[start : start + 3]) == _ADE and len(names) - start >= 100:
            return start
    return None


def _namesakes(ours: list[str], theirs: list[str]) -> list[int] | None:
    if not set(theirs) <= set(ours) or len(set(theirs)) < len(theirs):
        return None
    numbers = {name: k for k, name in enumerate(theirs)}
    return [numbers.get(name, VOID) for name in ours]
