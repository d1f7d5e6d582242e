"""A baseline file gives back what was saved, always in the same bytes, and says when it is damaged."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from bench.core.errors import BadInput
from bench.judge.baseline import read_baseline, save_baseline
from bench.judge.compare.comparison import compare
from bench.judge.margin import Margin
from bench.judge.scores import nine_digits
from tests.bench.judge.made_scores import of_scenes, per_edit, score_set

RNG = np.random.default_rng(5)


def made():
    values = nine_digits(RNG.normal(25, 3, 12))
    values[3] = math.inf
    return score_set(
        per_edit("psnr", values),
        per_edit("l1", values[:9] / 7),
        of_scenes("fid", 31.0, nine_digits(RNG.normal(31, 2, 12))),
        name="runs/made",
    )


def test_what_was_saved_meets_its_run_without_any_difference(tmp_path) -> None:
    run = score_set(
        per_edit("psnr", nine_digits(RNG.normal(25, 3, 12))),
        of_scenes("fid", 31.0, nine_digits(RNG.normal(31, 2, 12))),
    )
    save_baseline(run, tmp_path / "b.json")
    found = compare(read_baseline(tmp_path / "b.json"), run)
    assert [change.pair.difference.identical for change in found.changes] == [True, True]


def test_missing_and_infinite_values_come_back(tmp_path) -> None:
    run = made()
    save_baseline(run, tmp_path / "b.json")
    back = read_baseline(tmp_path / "b.json")
    for key, one in run.scores.items():
        assert back.scores[key].units == one.units
        assert back.scores[key].scenes == one.scenes
        np.testing.assert_array_equal(back.scores[key].values, one.values)
        assert back.scores[key].value == pytest.approx(one.value)


def test_the_same_run_gives_the_same_bytes_one_score_a_line(tmp_path) -> None:
    run = made()
    for name in "ab":
        save_baseline(run, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    lines = (tmp_path / "a").read_text().splitlines()
    assert sum('"metric"' in line and '"values"' in line for line in lines) == 3


def test_a_class_that_few_scenes_hold_takes_little_room(tmp_path) -> None:
    pseudo = np.full(500, 0.4)
    pseudo[[3, 77]] = 0.1, -2.5
    run = score_set(
        per_edit("psnr", nine_digits(RNG.normal(25, 3, 500))),
        of_scenes("miou", 0.4, pseudo, of="person"),
    )
    run.edits["rooms"].update({f"s{i}.0": f"s{i}" for i in range(500)})
    save_baseline(run, tmp_path / "b.json")
    line = next(x for x in (tmp_path / "b.json").read_text().splitlines() if "person" in x)
    assert len(line) < 400
    back = read_baseline(tmp_path / "b.json")
    np.testing.assert_array_equal(list(back.scores.values())[1].values, pseudo)


def test_the_facts_of_a_metric_from_outside_are_kept(tmp_path) -> None:
    own = replace(per_edit("grain-hole", [1.0, 2.0]), owner="grain", margin=Margin(0.2, "absolute"))
    save_baseline(score_set(own), tmp_path / "b.json")
    (back,) = read_baseline(tmp_path / "b.json").scores.values()
    assert (back.owner, back.margin) == ("grain", Margin(0.2, "absolute"))


def test_a_baseline_of_format_1_has_the_facts_of_its_time(tmp_path) -> None:
    path = tmp_path / "b.json"
    save_baseline(score_set(per_edit("psnr-hole", [1.0, 2.0]), per_edit("mine", [1.0, 2.0])), path)
    content = json.loads(path.read_text())
    del content["facts"]
    path.write_text(json.dumps({**content, "format": 1}))
    known, foreign = read_baseline(path).scores.values()
    assert (known.owner, known.margin) == ("psnr", Margin(0.1, "absolute"))
    assert (foreign.owner, foreign.margin) == ("mine", Margin(0.03, "relative"))


def test_a_run_with_failed_edits_makes_no_baseline(tmp_path) -> None:
    run = score_set(
        per_edit("psnr", [1.0, 2.0]), failures={("rooms", "ours"): "1 edit failed (NaN)"}
    )
    with pytest.raises(BadInput, match="needs every edit"):
        save_baseline(run, tmp_path / "b.json")
    assert not (tmp_path / "b.json").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"format":2', '"format":7', "baseline format 7, .* reads formats 1 and 2"),
        ('"scores":', '"tables":', "is no baseline"),
        ('"better":"higher"', '"better":"up"', "damaged at 'scores.0.better'"),
        ('"values":[', '"values":[1.0,', "psnr has 13 values for 12 edits"),
        ("{", "", "is no JSON .*; restore it, or save it again"),
        ("{", "<<<<<<< HEAD\n{", r"line 1: is no JSON .*; restore it"),
    ],
)
def test_a_damaged_file_is_refused_with_the_field(tmp_path, old, new, words) -> None:
    path = tmp_path / "b.json"
    save_baseline(made(), path)
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(BadInput, match=words):
        read_baseline(path)


def test_a_score_that_a_merge_has_doubled_is_refused(tmp_path) -> None:
    path = tmp_path / "b.json"
    save_baseline(made(), path)
    content = json.loads(path.read_text())
    ours, theirs = content["scores"][0], {**content["scores"][0], "value": 1.0}
    path.write_text(json.dumps({**content, "scores": [ours, theirs]}))
    with pytest.raises(BadInput, match=r"b\.json: holds .*psnr.* more than once"):
        read_baseline(path)


def test_a_file_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(BadInput, match="no such baseline"):
        read_baseline(tmp_path / "none.json")
