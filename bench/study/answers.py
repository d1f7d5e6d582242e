"""What a rater answered: the document, and what of it is believed.

A document comes from a stranger. It must name this study and one of its sheets; its n-th answer must be
about the n-th screen of that sheet and be one that the screen takes. A document that fails is refused as
a whole, with the reason, and the others are still counted; so are documents that say the same session
or the very same answers again under another name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bench.core.documents import parse_json, read_text
from bench.core.errors import BadInput, first_fault
from bench.core.identity import record_hash
from bench.study.manifest import ITEM_NAME, Manifest

__all__ = [
    "ANSWERS_BYTES",
    "RATER",
    "SESSION",
    "Answer",
    "AnswerSheet",
    "Refused",
    "check_answers",
    "parse_answers",
    "parse_stored",
    "read_answers",
]

ANSWERS_BYTES = 1 << 20
"""A document has at most so many bytes."""

RATER = r"^[A-Za-z0-9_-]{1,64}$"
SESSION = r"^[0-9a-f]{32}$"
_DAY = 86_400_000
_ALIKE = 5
"""From so many answers on, two raters do not give the same ones in the same milliseconds: even where all
times fall into one second, once in 10^15 pairs of raters."""

Time = Annotated[
    str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)$")
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(_Part):
    """One answer.

    Attributes:
        screen: its name.
        choice: "A", "B" ... or "tie"; "real" or "edited"; "1" to "5".
        ms: milliseconds from seeing to answering.
    """

    screen: Annotated[str, StringConstraints(pattern=ITEM_NAME)]
    choice: Annotated[str, StringConstraints(max_length=10)]
    ms: Annotated[int, Field(ge=0, le=_DAY)]


class AnswerSheet(_Part):
    """A rater's answers so far, in the order of the sheet.

    Attributes:
        format: of the file.
        study: the study's id.
        rater: as the rater is called.
        sheet: counts from 0.
        session: random, of one browser.
        started, finished: ISO 8601 in UTC; `finished` is None while answers are missing.
        language: of the page.
        comment: the rater's words; data like any other.
        answers: in the order of the sheet's screens.
    """

    format: Literal[1] = 1
    study: Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
    rater: Annotated[str, StringConstraints(pattern=RATER)]
    sheet: Annotated[int, Field(ge=0)]
    session: Annotated[str, StringConstraints(pattern=SESSION)]
    language: Annotated[str, StringConstraints(max_length=40)] = "en"
    started: Time
    finished: Time | None = None
    comment: Annotated[str, StringConstraints(max_length=2000)] = ""
    answers: Annotated[tuple[Answer, ...], Field(max_length=5000)] = ()


@dataclass(frozen=True)
class Refused:
    """A file that is not counted, and why."""

    file: str
    reason: str


def check_answers(
    manifest: Manifest, sheet: int, answers: Sequence[Answer], start: int = 0
) -> None:
    """Whether answers are about the screens of a sheet, from its `start`-th on.

    Raises:
        BadInput: a sheet that there is not, more answers than screens, another screen, another choice.
    """
    if not 0 <= sheet < len(manifest.sheets):
        raise BadInput(f"sheet {sheet}: the study has sheets 0 to {len(manifest.sheets) - 1}")
    screens = manifest.sheets[sheet]
    if start + len(answers) > len(screens):
        raise BadInput(f"more answers than the {len(screens)} screens of sheet {sheet}")
    for number, (screen, answer) in enumerate(zip(screens[start:], answers), start):
        if answer.screen != screen:
            raise BadInput(
                f"answer {number} is about another screen than sheet {sheet} shows there"
            )
        if answer.choice not in manifest.choices(screen):
            raise BadInput(f"answer {number}: {answer.choice!r} is no choice of its screen")


def parse_answers(content: Any) -> AnswerSheet:
    """A decoded document as an answer sheet.

    Raises:
        BadInput: with the first field that is wrong.
    """
    try:
        return AnswerSheet.model_validate(content)
    except ValidationError as error:
        field, why = first_fault(error)
        raise BadInput(f"field {field}: {why}") from None


def parse_stored(content: Any, manifest: Manifest) -> AnswerSheet:
    """A decoded document as an answer sheet of a study.

    Raises:
        BadInput: as `parse_answers` and `check_answers`, and where it belongs to another study.
    """
    sheet = parse_answers(content)
    if sheet.study != manifest.study:
        raise BadInput("belongs to another study")
    check_answers(manifest, sheet.sheet, sheet.answers)
    return sheet


def read_answers(
    files: Iterable[Path], manifest: Manifest
) -> tuple[list[AnswerSheet], list[Refused]]:
    """Every sheet that can be counted, by the raters' names, and the files that cannot.

    Of one session that is there twice the longer document counts, where it goes on from the other.
    """
    kept: dict[str, AnswerSheet] = {}
    refused: list[Refused] = []
    for file in sorted(files):
        try:
            content = parse_json(read_text(file, ANSWERS_BYTES), file.name)
            sheet = parse_stored(content, manifest)
            known = _other(sheet, kept)
            kept[sheet.rater] = sheet if known is None or _goes_on(known, sheet) else known
        except BadInput as error:
            refused.append(Refused(file.name, str(error)))
    return [kept[name] for name in sorted(kept)], refused


def _other(sheet: AnswerSheet, kept: dict[str, AnswerSheet]) -> AnswerSheet | None:
    """The document of the same session that is there already, or None.

    Raises:
        BadInput: the rater, the session or the answers are there under something else.
    """
    known = kept.get(sheet.rater)
    if known is not None:
        if known.session != sheet.session:
            raise BadInput(f"the rater {sheet.rater} answered in another session; one is counted")
        if not (_goes_on(known, sheet) or _goes_on(sheet, known)):
            raise BadInput(f"differs from another file of the rater {sheet.rater}'s session")
        return known
    for other in kept.values():
        if other.session == sheet.session:
            raise BadInput(f"is the session of the rater {other.rater} under another name")
        if len(sheet.answers) >= _ALIKE and _mark(other) == _mark(sheet):
            raise BadInput(f"repeats the answers of the rater {other.rater} to the millisecond")
    return None


def _goes_on(short: AnswerSheet, long: AnswerSheet) -> bool:
    return short.sheet == long.sheet and long.answers[: len(short.answers)] == short.answers


def _mark(sheet: AnswerSheet) -> str:
    return record_hash({"answers": [[one.choice, one.ms] for one in sheet.answers]})
