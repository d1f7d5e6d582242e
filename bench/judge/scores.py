"""Scores with the values behind them, so that they can be paired, whoever stored them.

A run and a baseline file both become a `ScoreSet`. Values are kept to nine significant digits on both
ways in, so that a run meets a baseline made of it with differences of exactly zero.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.core.errors import BadInput
from bench.core.identity import Record
from bench.judge.margin import Margin
from bench.metrics.facts import Better, ScoreInfo
from bench.run.schema import all_noticed

if TYPE_CHECKING:
    from bench.run.reader import Run
    from bench.run.schema import MetricColumn

__all__ = ["Costs", "ScoreKey", "ScoreSet", "ScoreValues", "nine_digits", "of_edits", "of_scenes"]

Float64 = NDArray[np.float64]


DEFAULT_MARGIN = Margin(0.03, "relative")
"""That of a score whose metric is not known any more."""


class ScoreKey(NamedTuple):
    """Where a score stands: task, method, the score's name, "all" or a class."""

    task: str
    method: str
    metric: str
    of: str = "all"

    @property
    def score(self) -> str:
        """The score as a policy writes it: "psnr", "miou[person]"."""
        return self.metric if self.of == "all" else f"{self.metric}[{self.of}]"

    def __str__(self) -> str:
        return f"{self.task} / {self.method} / {self.score}"


@dataclass(frozen=True, eq=False)
class ScoreValues:
    """One score with what it takes to pair it.

    Attributes:
        key: where it stands.
        better: which way is better.
        protocol: the protocol hash.
        value: the score, or None where there is none (then `reason` says why).
        n: edits behind it.
        kind: "edits": `values` are per-edit values and the score is their mean; "scenes": `values`
            are jackknife pseudo-values of a score of the whole set, one per scene; "none": the
            score cannot be paired.
        units: the ids of the edits or scenes that `values` are of.
        scenes: the scene of each unit.
        values: float64 [units], nan where a unit has none.
        title, unit: for the reader.
        owner: the metric that the score belongs to ("psnr" of "psnr-hole").
        margin: how much worse it may get where no policy says otherwise.
        reason: why there is no value, one sentence.
    """

    key: ScoreKey
    better: Better
    protocol: str
    value: float | None
    n: int
    kind: Literal["edits", "scenes", "none"] = "none"
    units: tuple[str, ...] = ()
    scenes: tuple[str, ...] = ()
    values: Float64 = field(default_factory=lambda: np.empty(0))
    title: str = ""
    unit: str = ""
    owner: str = ""
    margin: Margin = DEFAULT_MARGIN
    reason: str = ""

    @property
    def sign(self) -> int:
        """1 where more is worse, -1 where less is worse."""
        return -1 if self.better == "higher" else 1

    def told(self, facts: ScoreInfo | MetricColumn, owner: str) -> ScoreValues:
        """The same score with what its metric says of it.

        Args:
            facts: of the score, as the metric has them or as a run keeps them.
            owner: the metric's name.
        """
        return replace(
            self,
            better=facts.better,
            title=facts.title,
            unit=facts.unit,
            owner=owner,
            margin=Margin(facts.margin, facts.margin_kind),
        )

    def on(self, edits: Collection[str]) -> ScoreValues:
        """The mean over some of its edits, as a score of its own; only of the kind "edits"."""
        if self.kind != "edits" or set(self.units) <= set(edits):
            return self
        at = [i for i, unit in enumerate(self.units) if unit in edits]
        values = self.values[at]
        return replace(
            self,
            value=float(values.mean()),
            n=len(at),
            units=tuple(self.units[i] for i in at),
            scenes=tuple(self.scenes[i] for i in at),
            values=values,
        )


Costs = Mapping[str, float]
"""What a method cost in a task, by the columns of the costs table; what is not known is left out."""


@dataclass(frozen=True, eq=False)
class ScoreSet:
    """The scores of a run or of a baseline file.

    Attributes:
        name: how sentences call it: its path.
        suite: the suite's name.
        scores: every score, by where it stands, in the order of the run's tables.
        protocols: the readable record behind every protocol hash.
        edits: the scene of every edit, by task, in plan order.
        failures: failed edits of (task, method), as "N edits failed (first reason)".
        problems: methods that could not run, with the reason.
        costs: by (task, method).
        machine: what tells one machine from another.
        run: the run directory, or None for a baseline, which has no images.
    """

    name: str
    suite: str
    scores: Mapping[ScoreKey, ScoreValues]
    protocols: Mapping[str, Record]
    edits: Mapping[str, Mapping[str, str]]
    failures: Mapping[tuple[str, str], str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    costs: Mapping[tuple[str, str], Costs] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    run: Run | None = None

    @property
    def tasks(self) -> list[str]:
        """Task names in order."""
        return list(dict.fromkeys(key.task for key in self.scores))

    @property
    def methods(self) -> list[str]:
        """Method names in order."""
        return list(dict.fromkeys(key.method for key in self.scores))

    def suspect(self, methods: Collection[str]) -> tuple[str, ...]:
        """What the canaries found wrong with scores or with these methods, each once with its tasks.

        A baseline file does not keep it.
        """
        if self.run is None:
            return ()
        notices = self.run.header.notices
        return all_noticed((n for n in notices if n.what == "metric" or n.name in methods), "bad")

    def record(self, protocol: str) -> Record:
        """The readable record of a protocol hash.

        Raises:
            BadInput: where it is not kept.
        """
        if protocol not in self.protocols:
            raise BadInput(
                f"{self.name}: protocol {protocol[:12]} has no record; run the suite again"
            )
        return self.protocols[protocol]


def nine_digits(values: Float64) -> Float64:
    """`values` at nine significant digits, the precision of float32 and of a baseline file."""
    return np.asarray([float(f"{value:.9g}") for value in values], dtype=np.float64)


def of_edits(
    bare: ScoreValues, edits: Sequence[object], scenes: Sequence[object], values: Float64
) -> ScoreValues:
    """A mean over edits with its values; an edit without one is left out, as it is of the mean.

    Args:
        bare: the score without values.
        edits: the ids of n edits.
        scenes: their scenes.
        values: float64 [n], nan for none.
    """
    there = np.flatnonzero(~np.isnan(values)).tolist()
    if not there:
        return bare
    return replace(
        bare,
        kind="edits",
        units=tuple(str(edits[i]) for i in there),
        scenes=tuple(str(scenes[i]) for i in there),
        values=nine_digits(values[there]),
    )


def of_scenes(
    bare: ScoreValues, value: float, scenes: tuple[str, ...], left_out: Float64
) -> ScoreValues:
    """A score of a whole set with its pseudo-values g v - (g - 1) v_without, one a scene.

    Args:
        bare: the score without values.
        value: the score of all scenes, v.
        scenes: the g scenes.
        left_out: float64 [g], the score without each of them.
    """
    if not np.isfinite(left_out).all():
        return replace(bare, reason="without one of its scenes there is no value")
    count = len(scenes)
    pseudo = count * value - (count - 1) * left_out
    return replace(bare, kind="scenes", units=scenes, scenes=scenes, values=nine_digits(pseudo))
