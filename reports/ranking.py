"""Who is best and second: only among values of the same edits.

A method that fails at hard edits would win by its easy ones. Where methods have different edits, a
mean over edits is ranked by its values on the edits that all have; a score of a whole set (FID,
mIoU) has no value on a part, so there a method that lacks edits is not ranked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from bench.metrics.facts import Better

if TYPE_CHECKING:
    import pandas as pd

    from bench.run.reader import Run
    from bench.run.schema import MetricColumn, TaskRow

__all__ = ["Rank", "Ranking", "ScoredEdits", "Side", "rank", "ranks"]

Rank = Literal[0, 1, 2]
"""1 = best, 2 = second best, 0 = neither."""


@dataclass(frozen=True)
class Side:
    """A value that is ranked, and what it is of.

    Attributes:
        value: the score.
        n: how many edits are behind it.
        edits: their ids.
        mean_on: its mean over some of its edits; None where it is a score of the whole set.
    """

    value: float
    n: int
    edits: frozenset[str]
    mean_on: Callable[[frozenset[str]], float] | None = None


@dataclass(frozen=True)
class Ranking:
    """The ranks of some values, in their order.

    Attributes:
        ranks: 1 = best, 2 = second best, 0 = neither.
        compared: whether each is ranked with the others.
        common: the values by which they are ranked where methods have different edits; else all
            None.
        n: how many edits `common` is of; 0 where the values themselves are ranked.
        left_out: positions of values that are not ranked because they lack edits.
        of: how many edits those have that are ranked.
    """

    ranks: tuple[Rank, ...]
    compared: tuple[bool, ...]
    common: tuple[float | None, ...]
    n: int
    left_out: tuple[int, ...]
    of: int


class ScoredEdits:
    """Which edits are behind each method's scores.

    Args:
        read: gives the rows of a samples table, when they are first asked for.
        column: a column of them by whose values they are in slices: a score of a slice is a mean over
            its edits.
    """

    def __init__(self, read: Callable[[], pd.DataFrame], column: str | None = None) -> None:
        self._read = read
        self._column = column

    @classmethod
    def of_task(cls, run: Run, task: TaskRow) -> ScoredEdits:
        """Those of a task."""
        return cls(lambda: run.samples(task.name))

    @cached_property
    def _samples(self) -> dict[tuple[str, str], pd.DataFrame]:
        """By method and slice; by method and "" where there are no slices."""
        frame = self._read()
        done = frame[frame["status"] == "ok"].assign(edit=lambda rows: rows["edit"].astype(str))
        return {
            (str(name), str(label)): part.set_index("edit")
            for name, own in done.groupby("method")
            for label, part in ([("", own)] if self._column is None else own.groupby(self._column))
        }

    def side(
        self, method: str, metric: MetricColumn, value: float, n: int, *, of: str = "all"
    ) -> Side:
        """A method's value with the edits behind it.

        Args:
            method: the method's name.
            metric: the score.
            value: its value.
            n: how many edits the run says are behind it.
            of: "all", or the class or slice that the value is of.
        """
        own = self._samples.get((method, "" if self._column is None else of))
        if own is None:
            return Side(value, n, frozenset())
        of_class = self._column is None and of != "all"
        if of_class or metric.summary != "mean" or metric.name not in own:
            return Side(value, n, frozenset(own.index))
        values = own[metric.name].astype(float).dropna()
        ids, numbers = list(values.index), values.to_numpy()

        def mean_on(edits: frozenset[str]) -> float:
            return float(numbers[[edit in edits for edit in ids]].mean())

        return Side(value, n, frozenset(ids), mean_on)


def rank(sides: Sequence[Side | None], better: Better, decimals: int) -> Ranking:
    """Ranks values of the same edits; see the module's head for those of different ones.

    Args:
        sides: the values; None for those that are not ranked.
        better: which way is better; "neither" ranks nothing.
        decimals: those that values are printed with.
    """
    there = [side for side in sides if side is not None]
    every = frozenset[str]().union(*(side.edits for side in there))
    common = _common(there, every)
    of = len(common) or max((side.n for side in there), default=0)
    values: list[float | None]
    shown: tuple[float | None, ...] = (None,) * len(sides)
    if common:
        values = [_mean(side, common, every) for side in sides]
        shown = tuple(values)
    else:
        values = [
            side.value if side is not None and (side.n, side.edits) == (of, every) else None
            for side in sides
        ]
    return Ranking(
        ranks=tuple(ranks(values, better, decimals)),
        compared=tuple(value is not None for value in values),
        common=shown,
        n=len(common),
        left_out=tuple(
            at for at, side in enumerate(sides) if side is not None and values[at] is None
        ),
        of=of,
    )


def _common(sides: Sequence[Side], every: frozenset[str]) -> frozenset[str]:
    """The edits on which means are ranked; none where all have the same, or where none is shared."""
    shared = [side.edits for side in sides if side.mean_on is not None and _most(side, every)]
    common = frozenset.intersection(*shared) if len(shared) > 1 else frozenset[str]()
    return frozenset() if common == every else common


def _most(side: Side, every: frozenset[str]) -> bool:
    """Whether it has at least half of the edits; with less it would narrow the others to too few."""
    return 2 * len(side.edits) >= len(every)


def _mean(side: Side | None, common: frozenset[str], every: frozenset[str]) -> float | None:
    if side is None or side.mean_on is None or not _most(side, every):
        return None
    return side.mean_on(common)


def ranks(values: Sequence[float | None], better: Better, decimals: int) -> list[Rank]:
    """The rank of each value as it is printed; all 0 where fewer than two can be compared.

    Args:
        values: those that are ranked; None for the others.
        better: which way is better; "neither" ranks nothing.
        decimals: those that values are printed with.
    """
    shown = [None if value is None else round(value, decimals) for value in values]
    present = sorted({v for v in shown if v is not None}, reverse=better == "higher")
    if better == "neither" or sum(v is not None for v in shown) < 2:
        return [0] * len(shown)
    first, second = present[0], present[1] if len(present) > 1 else None
    return [1 if v == first else 2 if v is not None and v == second else 0 for v in shown]
