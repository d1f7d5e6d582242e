"""Answers with what they were about: votes, controls and repeats, rater by rater."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.study.answers import Answer, AnswerSheet
from bench.study.findings import RaterRow
from bench.study.form import TIE, Form, guessed
from bench.study.manifest import Key, KeyItem, Manifest

__all__ = ["RaterVotes", "Vote", "all_votes", "is_careless", "rater_row", "votes_of"]

_RISK = 0.05
"""A rater whose controls may as well be guesses, at this risk, is careless."""


@dataclass(frozen=True)
class Vote:
    """One judged answer.

    Attributes:
        rater: who.
        scene: (task, scene).
        edit: (task, edit).
        shown: the methods in the order of their images.
        choice: as answered.
    """

    rater: str
    scene: tuple[str, str]
    edit: tuple[str, str]
    shown: tuple[str, ...]
    choice: str

    @property
    def chosen(self) -> str | None:
        """The method whose image was chosen; None for a tie."""
        return None if self.choice == TIE else self.shown["ABCDEFGH".index(self.choice)]


@dataclass(frozen=True)
class RaterVotes:
    """All that one rater said.

    Attributes:
        sheet: the document.
        votes: judged answers; a question that was asked twice counts once, the first time.
        controls: whether each was right.
        repeats: whether each second answer was the first one.
    """

    sheet: AnswerSheet
    votes: tuple[Vote, ...]
    controls: tuple[bool, ...]
    repeats: tuple[bool, ...]


def votes_of(sheet: AnswerSheet, key: Key) -> RaterVotes:
    """A checked document's votes."""
    votes: list[Vote] = []
    controls: list[bool] = []
    repeats: list[bool] = []
    first: dict[object, Vote] = {}
    for answer in sheet.answers:
        item = key.items[answer.screen]
        if item.right:
            controls.append(answer.choice in item.right)
            continue
        vote = _vote(sheet.rater, item, answer)
        same = key.same_question(answer.screen)
        if same in first:
            repeats.append(_said(first[same]) == _said(vote))
        else:
            first[same] = vote
            votes.append(vote)
    return RaterVotes(sheet, tuple(votes), tuple(controls), tuple(repeats))


def _vote(rater: str, item: KeyItem, answer: Answer) -> Vote:
    return Vote(rater, (item.task, item.scene), (item.task, item.edit), item.methods, answer.choice)


def _said(vote: Vote) -> str | None:
    """What was said, whatever the sides."""
    return vote.chosen if len(vote.shown) > 1 else vote.choice


def rater_row(one: RaterVotes, manifest: Manifest, form: Form) -> RaterRow:
    """The rater's own figures, and whether the controls are failed."""
    sides = [vote.choice for vote in one.votes if len(vote.shown) > 1 and vote.choice != TIE]
    times = [answer.ms for answer in one.sheet.answers]
    right, count = sum(one.controls), len(one.controls)
    images = len(manifest.screens[manifest.sheets[one.sheet.sheet][0]].images)
    chance = guessed(form, images)
    careless = is_careless(right, count, chance)
    why = f"{right} of {count} controls right, as guesses might be" if careless else ""
    return RaterRow(
        rater=one.sheet.rater,
        answers=len(one.votes),
        finished=one.sheet.finished is not None
        and len(one.sheet.answers) == len(manifest.sheets[one.sheet.sheet]),
        controls=count,
        controls_right=right,
        repeats=len(one.repeats),
        repeats_same=sum(one.repeats),
        median_ms=float(median(times)) if times else None,
        left=sum(side == "A" for side in sides) / len(sides) if sides else None,
        careless=careless,
        why=why,
        comment=one.sheet.comment,
    )


def is_careless(right: int, count: int, chance: float) -> bool:
    """Whether controls were answered no better than guesses would.

    So it is where as many right ones have a chance above 5 % by guessing. Where even all of them right
    would have, one wrong one fails.

    Args:
        right: how many of the controls were right.
        count: how many there were.
        chance: that a guess is right.

    >>> [right for right in range(9) if not is_careless(right, 8, 0.5)]
    [7, 8]
    """
    return right < count and _at_least(right, count, chance) > _RISK


def _at_least(right: int, count: int, chance: float) -> float:
    """The chance of `right` or more of `count`."""
    from scipy import special

    return 1.0 if right == 0 else float(special.betainc(right, count - right + 1, chance))


def all_votes(raters: Sequence[RaterVotes]) -> list[Vote]:
    """Everybody's votes."""
    return [vote for one in raters for vote in one.votes]
