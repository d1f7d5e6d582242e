"""The gate's policy: a YAML file that says how much worse each score may get.

    alpha: 0.05                  # error rate of the verdict, each way
    power: 0.8                   # of the smallest effect that is printed
    methods: [ours]              # judged methods; all of the baseline's where left out
    margins:
      psnr: 0.1                  # absolute
      lpips-alex: 2%             # of the baseline's score
      fid: 2se                   # standard errors of the paired difference
      miou[person]: -1%          # a class; a sign must point to the worse
    tasks:
      rooms-freeform: {margins: {psnr: 0.3}}
    required: [psnr, fid]        # must have a value in the run and in the baseline
    costs: {ms: 1.2, macs: 1}   # at most these ratios of run to baseline

A score is judged where it is of all classes, or where the policy names its class. Without a policy
the margins are those that each metric declares. A margin of a metric holds for its scores of
the masked region and of the classes too, unless these have margins of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bench.core.documents import parse_yaml, read_text
from bench.core.errors import BadInput, unknown
from bench.judge.margin import Margin, parse_margin
from bench.judge.scores import ScoreKey, ScoreSet, ScoreValues
from bench.run.tables import COST_COLUMNS
from bench.suite.explain import explain

__all__ = ["Policy", "TaskPolicy", "read_policy"]

Written = float | str
Ratio = Annotated[float, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TaskPolicy(_Part):
    """What holds in one task, before the policy's own margins."""

    margins: dict[str, Written] = Field(default_factory=dict)


class Policy(_Part):
    """A gate's policy, checked; see the module's head for an example."""

    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    power: Annotated[float, Field(gt=0.5, lt=1)] = 0.8
    methods: list[str] | None = None
    margins: dict[str, Written] = Field(default_factory=dict)
    tasks: dict[str, TaskPolicy] = Field(default_factory=dict)
    required: list[str] = Field(default_factory=list)
    costs: dict[str, Ratio] = Field(default_factory=dict)

    @field_validator("costs")
    @classmethod
    def _known_costs(cls, costs: dict[str, float]) -> dict[str, float]:
        names = [column.name for column in COST_COLUMNS]
        for name in costs:
            if name not in names:
                raise ValueError(str(unknown("cost", name, names)))
        return costs

    def margin(self, score: ScoreValues) -> Margin:
        """The margin of a score.

        The task's margins come before the policy's. In each, a class comes before its score, and a
        score before its metric: a margin of "psnr" holds for "psnr-hole" too, unless that has its
        own. Where none is given, the metric's default holds.

        Raises:
            BadInput: where it is written in no known form.
        """
        found = self._margin(score)
        return score.margin if found is None else found[0]

    def _margin(self, score: ScoreValues) -> tuple[Margin, str] | None:
        """The policy's own margin of a score, and the field it stands in."""
        key = score.key
        own = self.tasks.get(key.task, TaskPolicy()).margins
        for margins, where in ((own, f"tasks.{key.task}.margins"), (self.margins, "margins")):
            for name in (key.score, key.metric, score.owner):
                if name in margins:
                    return parse_margin(margins[name], f"{where}.{name}"), f"{where}.{name}"
        return None

    def judges(self, key: ScoreKey) -> bool:
        """Whether a score is judged: that of all classes together, or of a class that the policy names."""
        own = self.tasks.get(key.task, TaskPolicy()).margins
        named = key.score in self.margins or key.score in own
        return (key.of == "all" or named) and (self.methods is None or key.method in self.methods)

    def check(self, known: ScoreSet) -> None:
        """Refuses names that the baseline does not know, margins of no form, and wrong signs.

        Raises:
            BadInput: with the field, and the nearest known name.
        """
        scores = {key.score for key in known.scores}
        scores |= {one.owner for one in known.scores.values()}
        for task in self.tasks:
            if task not in known.tasks:
                raise unknown("task in the policy:", task, known.tasks)
        for method in self.methods or ():
            if method not in known.methods:
                raise unknown("method in the policy:", method, known.methods)
        for name in (*self._named(), *self.required):
            if name not in scores:
                raise unknown("metric in the policy:", name, scores)
        judged = {key.score for key, one in known.scores.items() if one.better != "neither"}
        judged |= {one.owner for one in known.scores.values() if one.better != "neither"}
        for name in self._named():
            if name not in judged:
                raise BadInput(
                    f"margins.{name}: {name} has no better direction, so a gate cannot judge it; "
                    "remove this margin"
                )
        for one in known.scores.values():
            found = self._margin(one)
            if one.better != "neither" and found is not None:
                _check_sign(one, *found)

    def _named(self) -> list[str]:
        return [*self.margins, *(name for task in self.tasks.values() for name in task.margins)]


def _check_sign(score: ScoreValues, margin: Margin, where: str) -> None:
    bad = "-" if score.better == "higher" else "+"
    if margin.sign and margin.sign != bad:
        raise BadInput(
            f"{where}: {score.key.metric} is better when {score.better}, so a margin of {margin} allows "
            f"nothing; write {bad}{str(margin).lstrip('+-')} or leave the sign out"
        )


def read_policy(policy: Policy | Path | str | None = None) -> Policy:
    """A policy, from a YAML file where a path is given; the default one where None.

    Raises:
        BadInput: no such file, not YAML, or a wrong field with its line.
    """
    if policy is None:
        return Policy()
    if isinstance(policy, Policy):
        return policy
    path = Path(policy)
    text = read_text(path)
    value = parse_yaml(text, str(path))
    if not isinstance(value, dict):
        raise BadInput(f"{path}: a policy is a mapping with margins, tasks, required, costs ...")
    try:
        return Policy.model_validate(value)
    except ValidationError as error:
        raise BadInput(explain(error, Policy, text, str(path))) from None
