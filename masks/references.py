"""Scenes whose style an edit may take, drawn by key."""

from __future__ import annotations

from collections.abc import Sequence

from masks.streams import Stream

__all__ = ["references"]


def references(
    key: str,
    dataset: str,
    scene: str,
    ids: Sequence[str],
    count: int,
    *,
    seed: int = 0,
    sample: int = 0,
) -> tuple[str, ...]:
    """Different scenes, none of them the edit's own, in drawn order.

    Each candidate is ranked by a random word keyed by its own id, and the lowest ranks are taken:
    the order of `ids` does not matter, and leaving out a scene that was not drawn changes
    nothing.

    Args:
        key: the protocol's key; part of the random key, as are dataset, scene, seed and sample.
        dataset: the dataset's registered name.
        scene: the edit's scene.
        ids: the ids of all candidates.
        count: how many are wanted; fewer are given where there are fewer candidates.
        seed: the task's seed.
        sample: the edit's index among the scene's edits.
    """
    ranked = sorted(
        (int(Stream(key, dataset, scene, seed, sample, "reference", other).words(1)[0]), other)
        for other in set(ids)
        if other != scene
    )
    return tuple(other for _, other in ranked[:count])
