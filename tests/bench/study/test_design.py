"""Who is asked what."""

from collections import Counter
from itertools import pairwise

import pytest

from bench.core.errors import BadInput
from bench.study.design import Sketch, StudyEdit, draw
from bench.study.form import REAL, SPOILT

METHODS = ("a", "b", "c")
EDITS = [
    StudyEdit("t", f"scene-{i // 2}", f"scene-{i // 2}.{i % 2}", frozenset(METHODS))
    for i in range(120)
]


def sketch(**changes):
    facts = {
        "form": "pair", "pairs": 120, "per_rater": 30, "raters": 8, "controls": 4, "repeats": 3,
        "seed": 5,
    }  # fmt: skip
    return Sketch(**{**facts, **changes})


def judged(sheets):
    return [one for sheet in sheets for one in sheet if not one.control]


@pytest.fixture(scope="module")
def sheets():
    return draw(sketch(), EDITS, METHODS)


def without_repeats(sheet):
    found = {}
    for one in sheet:
        if not one.control:
            found.setdefault(one.same, one)
    return list(found.values())


def test_every_pair_of_methods_is_asked_equally_often(sheets):
    distinct = {one.same: one for sheet in sheets for one in without_repeats(sheet)}
    counts = Counter(tuple(sorted(one.methods)) for one in distinct.values())
    assert counts == {("a", "b"): 40, ("a", "c"): 40, ("b", "c"): 40}


def test_each_method_stands_left_as_often_as_right(sheets):
    sides = Counter()
    for sheet in sheets:
        for one in without_repeats(sheet):
            sides[tuple(sorted(one.methods)), one.methods] += 1
    for pair in {pair for pair, _ in sides}:
        assert sides[pair, pair] == sides[pair, pair[::-1]]


def test_a_round_asks_every_pair_once_and_every_rater_gets_equally_many(sheets):
    assert [len(without_repeats(sheet)) for sheet in sheets] == [30] * 8
    for part in (sheets[:4], sheets[4:]):
        asked = [one.same for sheet in part for one in without_repeats(sheet)]
        assert len(set(asked)) == len(asked) == 120


def test_sheets_spread_scenes_and_pairs_of_methods(sheets):
    for sheet in sheets:
        mine = without_repeats(sheet)
        assert max(Counter(one.edit.scene for one in mine).values()) <= 2
        assert max(Counter(tuple(sorted(one.methods)) for one in mine).values()) <= 13


def test_every_sheet_has_its_controls_and_repeats(sheets):
    for sheet in sheets:
        controls = [one for one in sheet if one.control]
        assert len(controls) == 4
        assert all(sorted(one.methods) == [REAL, SPOILT] for one in controls)
        assert len(sheet) == 30 + 4 + 3


def test_a_repeat_comes_late_and_with_its_sides_changed(sheets):
    for sheet in sheets:
        places = {}
        for at, one in enumerate(sheet):
            if one.control:
                continue
            if one.same in places:
                first = places[one.same]
                assert sheet[first].methods == one.methods[::-1]
                assert at - first >= 3
            else:
                places[one.same] = at


def test_no_scene_comes_twice_running(sheets):
    assert all(a.edit.scene != b.edit.scene for sheet in sheets for a, b in pairwise(sheet))


def test_one_seed_draws_one_study(sheets):
    assert draw(sketch(), EDITS, METHODS) == sheets
    assert draw(sketch(seed=6), EDITS, METHODS) != sheets


def test_edits_go_through_the_scenes_in_turn():
    one_each = draw(sketch(pairs=60), EDITS, ("a", "b"))
    assert len({one.edit.scene for one in judged(one_each)}) == 60


def test_half_of_the_timed_images_are_real():
    sheets = draw(sketch(form="timed", pairs=60, repeats=0), EDITS, METHODS)
    distinct = {one.same: one.methods[0] for one in judged(sheets)}
    assert Counter(distinct.values()) == {REAL: 30, "a": 10, "b": 10, "c": 10}


def test_a_choice_among_all_moves_each_method_through_every_place():
    sheets = draw(sketch(form="pick", pairs=30, raters=3, repeats=0), EDITS, METHODS)
    places = Counter((m, at) for one in judged(sheets) for at, m in enumerate(one.methods))
    assert set(places.values()) == {30}


def test_more_pairs_than_the_run_has_are_refused_with_the_number_that_works():
    with pytest.raises(BadInput, match="give --pairs 360 or fewer"):
        draw(sketch(pairs=400), EDITS, METHODS)
