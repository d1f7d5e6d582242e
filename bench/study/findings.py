"""What a study found: the typed record that `study read --json` writes and reports read.

Shares are of 0..1, intervals at 95 %. An interval that could not be made is null, and `reason` or the
count behind it says why.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bench.core.documents import read_json
from bench.core.errors import BadInput, first_fault
from bench.study.form import Form, Question

__all__ = [
    "Agreement",
    "Estimate",
    "Findings",
    "HeadToHead",
    "MethodEstimate",
    "MetricAgainstPeople",
    "RaterRow",
    "RefusedFile",
    "SideBias",
    "Strength",
    "StudyReading",
    "Verdict",
    "read_findings",
]

Verdict = Literal["first", "second", "undecided"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Estimate(_Part):
    """A share or a mean.

    Attributes:
        value: None where there is no answer.
        n: answers behind it.
        plain_low, plain_high: Wilson's interval, as if answers were independent; shares only.
        low, high: clustered by rater and scene.
    """

    value: float | None
    n: int
    plain_low: float | None = None
    plain_high: float | None = None
    low: float | None = None
    high: float | None = None


class MethodEstimate(_Part):
    """Of one method.

    Attributes:
        method, title: as the run has them.
        estimate: how often it was chosen where shown or taken for real, or its mean grade.
    """

    method: str
    title: str
    estimate: Estimate


class HeadToHead(_Part):
    """Two methods.

    Attributes:
        first, second: their names.
        wins, ties, losses: answers for the first, for neither, for the second; 0 where graded singly.
        estimate: the first one's share, ties half; or the difference of means.
        null: what the estimate is where neither is better.
        p: two-sided, clustered.
        holm: p corrected over all pairs.
        verdict: which one people prefer, at 5 % over all pairs.
        more: answers still needed for a verdict at 80 % power; None where more raters are not enough.
    """

    first: str
    second: str
    wins: int = 0
    ties: int = 0
    losses: int = 0
    estimate: Estimate
    null: float
    p: float
    holm: float
    verdict: Verdict
    more: int | None


class Strength(_Part):
    """A method's strength.

    Attributes:
        method, title: as the run has them.
        value: log-odds; the mean of all is 0.
        low, high: clustered by rater and scene.
    """

    method: str
    title: str
    value: float
    low: float | None
    high: float | None


class SideBias(_Part):
    """Whether the left image is chosen more often than the others.

    Attributes:
        estimate: its share of the answers that chose one image.
        p: two-sided, against no difference.
    """

    estimate: Estimate
    p: float


class Agreement(_Part):
    """How far raters agree.

    Attributes:
        alpha: Krippendorff's.
        low, high: its interval over scenes.
        units: questions that at least two raters answered.
        with_others: how often a rater says what most of the others say.
    """

    alpha: float | None
    low: float | None
    high: float | None
    units: int
    with_others: Estimate


class Findings(_Part):
    """What a set of raters said.

    Attributes:
        raters, answers: how many; controls and repeats do not count among the answers.
        methods: method by method.
        real: of a timed study, how often real images were called real.
        pairs: two by two.
        strengths: of the methods that were compared.
        strengths_reason: why there are none, or "".
        tie: Davidson's d, None without ties.
        side: None where a screen has no sides.
        agreement: between raters.
    """

    raters: int
    answers: int
    methods: tuple[MethodEstimate, ...]
    real: Estimate | None = None
    pairs: tuple[HeadToHead, ...]
    strengths: tuple[Strength, ...] = ()
    strengths_reason: str = ""
    tie: float | None = None
    side: SideBias | None = None
    agreement: Agreement


class RaterRow(_Part):
    """One rater.

    Attributes:
        rater: the name.
        answers: judged ones.
        finished: whether all of the sheet was answered.
        controls, controls_right: questions whose answer is known, and how many were right.
        repeats, repeats_same: questions asked twice, and how many got the same answer.
        median_ms: from seeing to answering.
        left: the share of answers for the left image, None where a screen has no sides.
        careless: whether the rater fails.
        why: a sentence, or "".
        comment: the rater's words.
    """

    rater: str
    answers: int
    finished: bool
    controls: int
    controls_right: int
    repeats: int
    repeats_same: int
    median_ms: float | None
    left: float | None
    careless: bool
    why: str
    comment: str = ""


class RefusedFile(_Part):
    """A file that was not counted."""

    file: str
    reason: str


class MetricAgainstPeople(_Part):
    """A score of the run against what people said.

    Attributes:
        score, title: as the run has them.
        agree: how often the score and the majority prefer the same; ties of either are left out.
        rank, rank_low, rank_high: Spearman's correlation, with its interval over scenes.
        pairs: of a score of whole sets, the pairs of methods, task by task.
        pairs_agree: how many of them it orders as people do.
        reason: why there is no number, or "".
    """

    score: str
    title: str
    agree: Estimate | None = None
    rank: float | None = None
    rank_low: float | None = None
    rank_high: float | None = None
    pairs: int = 0
    pairs_agree: int = 0
    reason: str = ""


class StudyReading(_Part):
    """A study, read.

    Attributes:
        format: of the file.
        study: its id.
        run: its title.
        form, question: of the study.
        ties: whether a pair could be a tie.
        asked: the question in the raters' words.
        titles: of methods by name.
        everyone: all raters whose files counted.
        attentive: without those who failed; None where nobody did.
        changes: verdicts that change without them, a sentence each.
        raters: one by one.
        refused: files that were not counted.
        metrics: the run's scores, the one to believe first.
        metrics_reason: why there are none, or "".
        level: of every interval.
    """

    format: Literal[1] = 1
    study: str
    run: str
    form: Form
    question: Question
    asked: str
    ties: bool
    titles: dict[str, str]
    everyone: Findings
    attentive: Findings | None = None
    changes: tuple[str, ...] = ()
    raters: tuple[RaterRow, ...]
    refused: tuple[RefusedFile, ...] = ()
    metrics: tuple[MetricAgainstPeople, ...] = ()
    metrics_reason: str = ""
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95

    @property
    def counted(self) -> Findings:
        """Without careless raters where there are any: what to report."""
        return self.everyone if self.attentive is None else self.attentive


def read_findings(file: Path | str) -> StudyReading:
    """What `siebench study read --json` wrote.

    Raises:
        BadInput: a file that is missing, damaged or something else.
    """
    content = read_json(Path(file))
    try:
        return StudyReading.model_validate(content)
    except ValidationError as error:
        field, why = first_fault(error)
        raise BadInput(
            f"{file}: field {field}: {why}; give a file of `siebench study read --json`"
        ) from None
