"""Who is asked what: pairs, sides, sheets, controls, all drawn by one seed.

Every set of methods is asked about equally often (one more or less), on edits that go through the scenes in
turn. A sheet is what one rater sees. Sheets come in rounds; a round asks every pair once, and spreads
the pairs so that a sheet has few of one scene and as many of one set of methods as any other sheet.
From round to round the sides change, so that after two rounds each method stood left as often as right.
Every sheet has controls, whose answer is known, and asks some of its questions a second time with the
sides changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from bench.core.errors import BadInput
from bench.study.form import REAL, SPOILT, Form
from masks.streams import Stream

__all__ = ["Asked", "Sketch", "StudyEdit", "draw"]


_RANGES = {
    "pairs": (1, 100_000), "per_rater": (1, 1000), "raters": (1, 5000), "controls": (0, 100),
    "repeats": (0, 100),
}  # fmt: skip


@dataclass(frozen=True)
class StudyEdit:
    """An edit that can be asked about.

    Attributes:
        task, scene, edit: as the run has them.
        methods: those that carried it out.
    """

    task: str
    scene: str
    edit: str
    methods: frozenset[str]


@dataclass(frozen=True)
class Asked:
    """A question: the edit, and the methods in the order of their images."""

    edit: StudyEdit
    methods: tuple[str, ...]
    control: bool = False

    def turned(self, by: int) -> Asked:
        """With its images moved round by `by` places."""
        by %= len(self.methods)
        return Asked(self.edit, self.methods[by:] + self.methods[:by], self.control)

    @property
    def same(self) -> tuple[object, ...]:
        """Equal for questions that differ in their sides alone."""
        return (self.edit.task, self.edit.edit, tuple(sorted(self.methods)), self.control)


@dataclass(frozen=True)
class Sketch:
    """How large a study is to be.

    Attributes:
        form: of the study.
        pairs: how many different pairs (images, sets) are asked about.
        per_rater: how many of them one rater is asked at most.
        raters: how many sheets there are.
        controls: questions a sheet whose answer is known.
        repeats: questions a sheet that are asked twice.
        seed: of everything.

    Raises:
        BadInput: a number out of its range.
    """

    form: Form
    pairs: int
    per_rater: int
    raters: int
    controls: int
    repeats: int
    seed: int

    def __post_init__(self) -> None:
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise BadInput(f"{name} {value}: expected {least} to {most}")


def draw(sketch: Sketch, edits: Sequence[StudyEdit], methods: Sequence[str]) -> list[list[Asked]]:
    """The sheets, in order; the n-th rater gets the n-th.

    Raises:
        BadInput: where the run has too few edits for so many pairs.
    """
    pairs = _pairs(sketch, edits, methods)
    sheets: list[list[Asked]] = []
    while len(sheets) < sketch.raters:
        number = len(sheets)
        turn = number // max(1, -(-len(pairs) // sketch.per_rater))
        sheets += _round([one.turned(turn) for one in pairs], sketch, turn)
    return [
        _with_controls(sheet, number, sketch, edits)
        for number, sheet in enumerate(sheets[: sketch.raters])
    ]


def _pairs(sketch: Sketch, edits: Sequence[StudyEdit], methods: Sequence[str]) -> list[Asked]:
    sets = _sets(sketch.form, methods)
    found: list[Asked] = []
    for number, shown in enumerate(sets):
        share = sketch.pairs // len(sets) + (number < sketch.pairs % len(sets))
        if sketch.form == "timed":  # half of the images are real
            share = _timed_share(sketch.pairs, sets, number)
        able = [edit for edit in edits if edit.methods >= set(shown) - {REAL}]
        if len(able) < share:
            most = len(able) * len(sets) if sketch.form != "timed" else 2 * len(able)
            raise BadInput(
                f"{' and '.join(shown)}: the run has {len(able)} edits of all of these and the study "
                f"wants {share}; give --pairs {most} or fewer, or run the suite on more scenes"
            )
        chosen = _through_scenes(able, Stream("study edits", sketch.seed, *shown))[:share]
        order = Stream("study sides", sketch.seed, *shown).choice(share, share)
        # A keyed half of the pairs begins with the sides changed.
        found += [Asked(edit, shown).turned(int(order[i])) for i, edit in enumerate(chosen)]
    return found


def _sets(form: Form, methods: Sequence[str]) -> list[tuple[str, ...]]:
    if form == "pair":
        return list(combinations(methods, 2))
    if form == "pick":
        return [tuple(methods)]
    single: list[tuple[str, ...]] = [(method,) for method in methods]
    return [*single, (REAL,)] if form == "timed" else single


def _timed_share(pairs: int, sets: Sequence[tuple[str, ...]], number: int) -> int:
    real = pairs // 2
    if sets[number] == (REAL,):
        return real
    left, count = pairs - real, len(sets) - 1
    return left // count + (number < left % count)


def _through_scenes(edits: Sequence[StudyEdit], stream: Stream) -> list[StudyEdit]:
    """The edits in drawn order, the n-th of every scene before the (n+1)-th of any."""
    drawn = [edits[i] for i in stream.choice(len(edits), len(edits))]
    seen: Counter[tuple[str, str]] = Counter()
    turns: list[int] = []
    for edit in drawn:
        turns.append(seen[edit.task, edit.scene])
        seen[edit.task, edit.scene] += 1
    return [drawn[i] for i in sorted(range(len(drawn)), key=lambda i: (turns[i], i))]


def _round(pairs: Sequence[Asked], sketch: Sketch, turn: int) -> list[list[Asked]]:
    """Deals every pair to one sheet; a sheet holds few of one scene and of one set of methods."""
    count = -(-len(pairs) // sketch.per_rater)
    order = Stream("study round", sketch.seed, turn).choice(len(pairs), len(pairs))
    sheets: list[list[Asked]] = [[] for _ in range(count)]
    scenes: list[Counter[tuple[str, str]]] = [Counter() for _ in range(count)]
    sets: list[Counter[tuple[str, ...]]] = [Counter() for _ in range(count)]
    for i in order:
        one = pairs[i]
        scene, methods = (one.edit.task, one.edit.scene), tuple(sorted(one.methods))
        at = min(
            (k for k in range(count) if len(sheets[k]) < sketch.per_rater),
            key=lambda k: (scenes[k][scene], sets[k][methods], len(sheets[k]), k),
        )
        sheets[at].append(one)
        scenes[at][scene] += 1
        sets[at][methods] += 1
    return sheets


def _with_controls(
    sheet: list[Asked], number: int, sketch: Sketch, edits: Sequence[StudyEdit]
) -> list[Asked]:
    """The sheet in a drawn order, with controls among it and repeats in its second half."""
    stream = Stream("study sheet", sketch.seed, number)
    controls = list(_controls(sketch, edits, stream, len(sheet[0].methods) if sheet else 2))
    asked = sheet + controls
    asked = [asked[i] for i in stream.choice(len(asked), len(asked))]
    early = [one for one in asked[: len(asked) // 2] if not one.control]
    count = min(sketch.repeats, len(early))
    again = [early[i].turned(1) for i in stream.choice(len(early), count)]
    for one in again:
        # Never within the first half: nobody shall know the question from a moment ago.
        low = max(len(sheet) // 2 + 1, asked.index(_first(asked, one)) + 5)
        at = int(stream.integers(min(low, len(asked)), len(asked) + 1, 1)[0])
        asked.insert(at, one)
    return _apart(asked)


def _first(asked: Sequence[Asked], again: Asked) -> Asked:
    return next(one for one in asked if one.same == again.same)


def _controls(
    sketch: Sketch, edits: Sequence[StudyEdit], stream: Stream, images: int
) -> Iterator[Asked]:
    if not sketch.controls:
        return
    order = stream.choice(len(edits), len(edits))
    for i in range(sketch.controls):
        edit = edits[order[i % len(edits)]]
        if images == 1:
            yield Asked(edit, (SPOILT,), control=True)
        else:
            yield Asked(edit, (REAL, *[SPOILT] * (images - 1)), control=True).turned(i)


def _apart(asked: list[Asked]) -> list[Asked]:
    """Moves questions so that no scene comes twice running, where there is another to put between."""
    found: list[Asked] = []
    left = list(asked)
    while left:
        last = found[-1].edit.scene if found else None
        at = next((i for i, one in enumerate(left) if one.edit.scene != last), 0)
        found.append(left.pop(at))
    return found
