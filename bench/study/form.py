"""What raters are asked, and in which form; the answers that each form takes.

| form | a screen shows | the rater says |
| --- | --- | --- |
| pair | two results of one edit | which is better; a tie where the study allows it (2AFC otherwise) |
| pick | the results of every method | which is best, as in SPMPGAN's study |
| timed | one image, for a moment | real or edited (HYPE: Zhou et al., NeurIPS 2019) |
| opinion | one result | a grade from 1 to 5 (mean opinion score, ITU-T P.910) |
"""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["FORMS", "QUESTIONS", "REAL", "SPOILT", "TIE", "Form", "Question", "choices", "guessed"]

Form = Literal["pair", "pick", "timed", "opinion"]
FORMS: tuple[Form, ...] = get_args(Form)

Question = Literal["better", "real", "style", "removed"]
"""Which edit is better; looks more real; keeps the style; removed the object."""
QUESTIONS: tuple[Question, ...] = get_args(Question)

TIE = "tie"
REAL = "(real)"
"""Stands among methods for an image that nobody edited."""

SPOILT = "(spoilt)"
"""Stands among methods for the image that a control spoils."""

_LETTERS = "ABCDEFGH"


def choices(form: Form, images: int, *, ties: bool = False) -> tuple[str, ...]:
    """The answers that a screen takes, in the order in which it shows them.

    Args:
        form: of the study.
        images: how many the screen shows.
        ties: whether a pair may be a tie.
    """
    if form == "timed":
        return ("real", "edited")
    if form == "opinion":
        return ("1", "2", "3", "4", "5")
    letters = tuple(_LETTERS[:images])
    return (letters[0], TIE, letters[1]) if ties and form == "pair" else letters


def guessed(form: Form, images: int) -> float:
    """The chance that somebody who does not look, and never says tie, answers a control rightly."""
    if form == "opinion":
        return 2 / 5  # a spoilt image must get 1 or 2
    return 1 / 2 if form == "timed" else 1 / images
