"""`run --until-decided`: edits in a keyed random order until the verdict is certain.

Every judged score of per-edit values has a confidence sequence on the mean loss of a scene, clipped
to +-`CLIP` margins so that it is bounded; what is decided is therefore the mean clipped loss. The
error rate is split evenly over the scores of all tasks, so that the chance of any wrong verdict is
at most alpha, however often one looks. A task ends as soon as one of its scores is worse or all of
them pass. Scores of the whole set (FID, mIoU) depend on n and are left to the gate at full n.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bench.core.errors import BadInput
from bench.core.identity import differing_fields
from bench.judge.gate.judgement import GateVerdict, together
from bench.judge.gate.sequential import ConfidenceSequence
from bench.judge.paired import Paired
from bench.judge.policy import Policy
from bench.judge.scores import ScoreKey, ScoreSet, ScoreValues, nine_digits

if TYPE_CHECKING:
    import pandas as pd

    from bench.run.layout import RunFolder
    from bench.run.schema import Header

__all__ = ["CLIP", "EarlyVerdict", "Sequence"]

CLIP = 20.0
"""A scene's loss counts up to this many margins."""


@dataclass(eq=False)
class Sequence:
    """One score, followed scene by scene.

    Attributes:
        score: the baseline's score.
        margin: what it may lose, in its unit.
        bounds: of the mean clipped loss; positive is worse.
        edits: how many edits have been seen.
    """

    score: ScoreValues
    margin: float
    bounds: ConfidenceSequence
    edits: int = 0
    _waiting: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._before = dict(zip(self.score.units, self.score.values))
        scenes = list(self.score.scenes)
        self._sizes = {scene: scenes.count(scene) for scene in dict.fromkeys(scenes)}

    @property
    def verdict(self) -> GateVerdict:
        """What is certain by now."""
        low, high = self.bounds.interval
        if low > self.margin:
            return "worse"
        return "passed" if high < self.margin else "undecided"

    def add(self, samples: pd.DataFrame) -> None:
        """The method's rows of one more shard; a scene counts when all its edits are there.

        Raises:
            BadInput: a failed edit, or one without a value that the baseline has.
        """
        key = self.score.key
        for edit, scene, status, reason, value in zip(
            samples["edit"],
            samples["scene"],
            samples["status"],
            samples["reason"],
            samples[key.metric] if key.metric in samples else [np.nan] * len(samples),
        ):
            if str(edit) not in self._before:
                continue
            if status != "ok" or value is None or np.isnan(value):
                raise BadInput(
                    f"{key}: edit {edit!r} has no value ({reason or status}), so there is no verdict"
                )
            old, new = self._before[str(edit)], float(nine_digits(np.asarray([value]))[0])
            loss = 0.0 if old == new else (new - old) * self.score.sign
            self.edits += 1
            self._waiting.setdefault(str(scene), []).append(loss)
            if len(self._waiting[str(scene)]) == self._sizes[str(scene)]:
                losses = self._waiting.pop(str(scene))
                self.bounds.add(
                    sum(np.clip(losses, -self.bounds.bound, self.bounds.bound)) / len(losses)
                )


class EarlyVerdict:
    """Ends a run's tasks as soon as their verdict against a baseline is certain.

    Args:
        baseline: a run or a baseline file.
        policy: margins and error rate.
    """

    def __init__(self, baseline: ScoreSet, policy: Policy | None = None) -> None:
        self.baseline = baseline
        self.policy = policy or Policy()
        self.sequences: dict[str, list[Sequence]] = {}
        self._seen: dict[str, int] = {}
        self._slugs: dict[str, str] = {}
        self._folder: RunFolder | None = None

    def begin(self, folder: RunFolder, header: Header) -> None:
        """Checks that the run can be paired with the baseline, and starts the sequences.

        Raises:
            BadInput: another suite, protocol or methods; or no score can be decided early.
        """
        if header.name != self.baseline.suite:
            raise BadInput(
                f"{self.baseline.name} is of suite {self.baseline.suite!r}, but this is "
                f"{header.name!r}; judge a run against a baseline of its own suite"
            )
        self.policy.check(self.baseline)
        judged = [one for one in self.baseline.scores.values() if self._decides(one)]
        if not judged:
            raise BadInput(
                f"{self.baseline.name}: none of its per-edit scores has a margin above 0, so nothing can "
                "be decided early; run without --until-decided"
            )
        self._check_run(header, judged)
        self._folder = folder
        for task in header.tasks:
            self.sequences[task.name] = []
            self._seen[task.name] = 0
            self._slugs[task.name] = task.slug
        for one in judged:
            margin = self._margin(one)
            bounds = ConfidenceSequence(CLIP * margin, self.policy.alpha / len(judged))
            self.sequences[one.key.task].append(Sequence(one, margin, bounds))

    def enough(self, task: str) -> bool:
        """Whether the task's verdict is certain; a task without per-edit scores runs in full."""
        return bool(self.sequences[task]) and self.verdict(task) != "undecided"

    def used(self, task: str) -> int | None:
        """How many of the task's first shards the verdict is made of; None where it is not certain."""
        return self._seen[task] if self.enough(task) else None

    def verdict(self, task: str) -> GateVerdict:
        """Worse as soon as one score is; passed when all are; by the shards written so far.

        Shards count in plan order up to the first that is missing, and none after the verdict: what
        several workers have done beyond changes nothing.
        """
        found = self._verdict(task)
        while found == "undecided" and self._take_in(task):
            found = self._verdict(task)
        return found

    @property
    def overall(self) -> GateVerdict:
        """The verdict over all tasks that have per-edit scores."""
        return together([self.verdict(task) for task, own in self.sequences.items() if own])

    def lines(self) -> list[str]:
        """What was decided about every score, how many edits it took, and what it says nothing about."""
        overall = self.overall
        said = []
        for own in self.sequences.values():
            for one in own:
                low, high = one.bounds.interval
                said.append(
                    f"{one.verdict:<10} {one.score.key}: mean loss in [{low:+.3g}, {high:+.3g}] "
                    f"after {one.edits} of {len(one.score.units)} edits, margin {one.margin:.4g}"
                )
        left = self._left()
        if left:
            said.append(f"left to `siebench gate` and a run in full: {', '.join(left)}")
        return [*said, f"{overall}: per-edit scores, at {100 * self.policy.alpha:g} % error"]

    def _left(self) -> list[str]:
        """What the policy judges and no sequence follows."""
        scores = (
            key.score
            for key, one in self.baseline.scores.items()
            if one.value is not None and one.better != "neither" and self.policy.judges(key)
            if not self._decides(one)
        )
        return list(dict.fromkeys([*scores, *self.policy.costs]))

    def _decides(self, one: ScoreValues) -> bool:
        fits = one.kind == "edits" and one.better != "neither" and self.policy.judges(one.key)
        return fits and bool(np.isfinite(one.values).all()) and self._margin(one) > 0

    def _margin(self, one: ScoreValues) -> float:
        nothing = Paired(0.0, None, 0, 0)
        return self.policy.margin(one).amount(one.value or 0.0, nothing)

    def _verdict(self, task: str) -> GateVerdict:
        return together([sequence.verdict for sequence in self.sequences[task]])

    def _take_in(self, task: str) -> bool:
        """Follows the task's next shard; False where it is not there."""
        from bench.run.table_files import read_tables
        from bench.run.tables import SAMPLES

        assert self._folder is not None
        path = self._folder.shard("samples", self._slugs[task], self._seen[task])
        if not path.exists():
            return False
        samples = read_tables([path], SAMPLES)
        for sequence in self.sequences[task]:
            sequence.add(samples[samples["method"] == sequence.score.key.method])
        self._seen[task] += 1
        return True

    def _check_run(self, header: Header, judged: list[ScoreValues]) -> None:
        methods = {method.name: method.problem for method in header.methods}
        now = {
            (task.name, protocol["metric"]["name"]): (name, protocol)
            for task in header.tasks
            for name, protocol in header.protocols.items()
            if {**protocol, "metric": None} == {**task.record, "metric": None}
        }
        for one in judged:
            key: ScoreKey = one.key
            if methods.get(key.method, "it is not there") is not None:
                raise BadInput(f"{key}: the suite has no method {key.method!r} that can run")
            old = self.baseline.record(one.protocol)
            name, protocol = now.get((key.task, old["metric"]["name"]), ("", {}))
            if name != one.protocol:
                fields = "; ".join(differing_fields(old, protocol)) or "it is not there"
                raise BadInput(f"{key}: the protocol is not the baseline's: {fields}")
