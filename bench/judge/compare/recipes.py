"""Whether the networks of a run were trained alike, as far as their editors say how.

    unlike_trainings(scores_of_run("runs/ablation"), "full")

A spread over trainings means something where these share all but their seed, and a difference of
variants where they share all but seed and network. A method without a recipe is not asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from bench.core.identity import Record, differences, said
from bench.core.text import counted, shortened, without_folders
from bench.judge.compare.trainings import networks_of, trainings_of
from bench.judge.scores import ScoreSet
from bench.run.schema import MethodRow

__all__ = ["misnumbered_stages", "recipes_of", "unlike_networks", "unlike_trainings"]

_NAMED, _LONGEST = 5, 60
"""Fields that a sentence names, and characters of a value."""

_FEW = 2
"""Fields that a sentence on a report's first screen names."""


def recipes_of(known: ScoreSet) -> dict[str, Record]:
    """How the network of every method that ran was trained, where that is known."""
    methods = () if known.run is None else known.run.header.methods
    return {one.name: one.recipe for one in methods if one.recipe and one.problem is None}


def unlike_trainings(known: ScoreSet, reference: str | None = None) -> list[str]:
    """Sentences about trainings that cannot be compared as they are.

    Args:
        known: the run.
        reference: the variant that the others are compared with; the first one where None.
    """
    recipes = recipes_of(known)
    variants = trainings_of(one for one in known.methods if one not in known.problems)
    trained = {
        variant: {one: recipes[one] for one in group if one in recipes}
        for variant, group in variants.items()
    }
    found = []
    for group in trained.values():
        found += [*_other_recipes(group), *_same_seeds(group, networks_of(known))]
    chosen = reference or next(iter(variants), "")
    base = next(iter(trained.get(chosen, {}).values()), None)
    for variant, group in trained.items():
        if base is None or variant == chosen or not group:
            continue
        fields = _differing(next(iter(group.values())), base, {"seed", "network"})
        if fields:
            found.append(
                f"{variant}: was trained otherwise than {chosen} ({fields}), so their difference is "
                "not that of the networks alone; compare trainings of one recipe"
            )
    return found


def unlike_networks(methods: Iterable[MethodRow]) -> dict[str, tuple[str, ...]]:
    """Sentences about networks of one editor that were not trained alike, one for each such editor.

    Args:
        methods: those that stand in one table or figure.

    Returns:
        The sentences, each with the names of the methods that were not trained like the editor's first.
    """
    editors: dict[str, list[MethodRow]] = {}
    for one in methods:
        if one.recipe and one.problem is None:
            editors.setdefault(one.editor, []).append(one)
    found: dict[str, tuple[str, ...]] = {}
    for first, *others in editors.values():
        fields = [
            (one, _differing(one.recipe, first.recipe, {"seed", "network"}, _FEW)) for one in others
        ]
        unlike = [(one, told) for one, told in fields if told]
        if unlike:
            named, fields_of_named = unlike[0]
            alike = all(told == fields_of_named for _, told in unlike)
            whose = "" if alike else f"{named.title} in "
            sentence = without_folders(
                f"{', '.join(one.title for one, _ in unlike)}: trained otherwise than {first.title} "
                f"({whose}{fields_of_named}), so their differences are not those of the networks alone."
            )
            found[sentence] = tuple(one.name for one, _ in unlike)
    return found


def misnumbered_stages(runs: Sequence[ScoreSet], examples: Sequence[int]) -> list[str]:
    """Sentences about stages of a curve whose networks had seen other numbers of examples.

    Args:
        runs: a run for each stage.
        examples: that the networks of each are said to have seen.
    """
    found = []
    for run, given in zip(runs, examples):
        seen = {one: recipe.get("examples") for one, recipe in recipes_of(run).items()}
        others = [one for one, number in seen.items() if number not in (None, given)]
        if others:
            found.append(
                f"{run.name}: {others[0]} had seen {seen[others[0]]:,} examples and not {given:,}"
                f"{_and_more(others)}; give the examples that the networks of this run had seen"
            )
    return found


def _and_more(methods: Sequence[str]) -> str:
    more = len(methods) - 1
    return f", and {counted(more, 'other method')} had not either" if more else ""


def _other_recipes(group: Mapping[str, Record]) -> list[str]:
    (first, base), *others = group.items() or [("", {})]
    differing = {one: _differing(recipe, base, {"seed"}) for one, recipe in others}
    return [
        f"{one}: was trained otherwise than {first} ({fields}), so their spread is not that of "
        "trainings alone; train both by one recipe"
        for one, fields in differing.items()
        if fields
    ]


def _same_seeds(group: Mapping[str, Record], networks: Mapping[str, str]) -> list[str]:
    """Of networks that differ; of those that do not `repeated_trainings` speaks."""
    first: dict[Any, str] = {}
    found = []
    for one, recipe in group.items():
        other = first.setdefault(recipe.get("seed"), one)
        if other != one and recipe.get("seed") is not None and networks[one] != networks[other]:
            found.append(
                f"{one}: has the seed of {other} ({recipe['seed']}), so the spread of trainings comes "
                "out too small; train it with a seed of its own"
            )
    return found


def _differing(recipe: Record, base: Record, free: Collection[str], most: int = _NAMED) -> str:
    """The fields in which both say something else, in the order of the recipe; empty where none."""
    places = [name for name in recipe if name not in free]
    here, there = ({n: side[n] for n in places if n in base} for side in (recipe, base))
    found = differences(_shared(here, there), _shared(there, here))
    found.sort(key=lambda one: places.index(one.path.partition(".")[0]))
    named = [f"{one.path}: {_short(one.left)} against {_short(one.right)}" for one in found]
    if len(named) > most:
        named[most:] = [counted(len(named) - most, "other field")]
    return "; ".join(named)


def _short(value: Any) -> str:
    return shortened(said(value), _LONGEST)


def _shared(one: Record, other: Record) -> Record:
    """A mapping without the fields that another lacks: an older recipe does not have them all."""
    return {
        name: _shared(value, other[name])
        if isinstance(value, Mapping) and isinstance(other[name], Mapping)
        else value
        for name, value in one.items()
        if name in other
    }
