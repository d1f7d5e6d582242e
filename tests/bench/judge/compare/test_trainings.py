"""A difference between variants counts only beyond the spread of their trainings."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from bench.core.errors import BadInput
from bench.judge.compare.trainings import (
    compare_trainings,
    trainings_of,
    unscored_trainings,
    verdict_of,
)
from bench.judge.scores import ScoreValues
from tests.bench.judge.made_scores import per_edit, score_set

RNG = np.random.default_rng(11)
SCENES = RNG.normal(0, 1, 40)
METHODS = ("full", "full-seed1", "other", "other-seed1")


def variant(name: str, scores: Sequence[float], noise: float = 0.0) -> list[ScoreValues]:
    """One training for each score; its edits differ from the scenes' level by `noise` alone."""
    return [
        per_edit(
            "lpips",
            SCENES - SCENES.mean() + score + noise * _centred(),
            method=name if seed == 0 else f"{name}-seed{seed}",
        )
        for seed, score in enumerate(scores)
    ]


def _centred() -> np.ndarray:
    drawn = RNG.normal(0, 1, len(SCENES))
    return drawn - drawn.mean()


def test_trainings_are_gathered_by_name() -> None:
    names = ["full", "w SPADE", "full-seed1", "full-seed12", "seed1", "full-seedling"]
    assert trainings_of(names) == {
        "full": ("full", "full-seed1", "full-seed12"),
        "w SPADE": ("w SPADE",),
        "seed1": ("seed1",),
        "full-seedling": ("full-seedling",),
    }


def test_without_noise_over_scenes_the_interval_is_welchs() -> None:
    full, other = [1.0, 1.2, 1.1], [1.5, 1.9, 1.6]
    (change,) = compare_trainings(score_set(*variant("full", full), *variant("other", other)))
    wanted = stats.ttest_ind(other, full, equal_var=False)
    low, high = wanted.confidence_interval(0.95)
    assert change.interval() == pytest.approx((low, high))
    assert change.adjusted == pytest.approx(wanted.pvalue)
    assert change.before == pytest.approx(full)
    assert change.after == pytest.approx(other)
    assert change.verdict == "worse"


def test_without_spread_over_trainings_the_interval_is_that_of_the_paired_differences() -> None:
    gaps = 0.3 + _centred()
    base = per_edit("lpips", SCENES, method="full")
    other = per_edit("lpips", SCENES + gaps, method="other")
    twice = [
        dataclasses.replace(e, key=e.key._replace(method=f"{e.key.method}-seed1"))
        for e in (base, other)
    ]
    (change,) = compare_trainings(score_set(base, other, *twice))
    wanted = stats.ttest_1samp(gaps, 0.0).confidence_interval(0.95)
    assert change.interval() == pytest.approx((wanted.low, wanted.high))


def test_the_interval_covers_what_it_claims() -> None:
    hits, rounds = 0, 400
    for _ in range(rounds):
        full, other = RNG.normal(0, 0.3, 3), RNG.normal(0.5, 0.3, 3)
        (change,) = compare_trainings(
            score_set(*variant("full", full, 0.8), *variant("other", other, 0.8))
        )
        low, high = change.interval()
        hits += low <= 0.5 <= high
    # 95 % and a little more, since noise of scenes and trainings is counted twice
    assert 0.93 <= hits / rounds <= 1


def test_a_sure_difference_over_edits_does_not_count_within_the_spread_of_trainings() -> None:
    (change,) = compare_trainings(
        score_set(*variant("full", [1.0, 1.4, 1.2], 0.01), *variant("other", [1.3, 1.1, 1.5], 0.01))
    )
    assert change.pair.difference.interval(0.95)[0] > 0
    assert change.verdict == "undecided"


def test_one_training_has_no_interval_over_trainings() -> None:
    (change,) = compare_trainings(score_set(*variant("full", [1.0]), *variant("other", [1.5, 1.6])))
    assert change.interval() is None
    assert change.verdict == "undecided"


def test_several_trainings_that_nothing_can_be_said_of_are_not_called_one() -> None:
    """One scene has no noise to reckon with, and equal trainings of equal scenes have no spread."""
    one_scene = [per_edit("lpips", [v], method=m) for m, v in zip(METHODS, (1.0, 1.1, 1.5, 1.6))]
    no_spread = [
        per_edit("lpips", [v] * 9, method=m) for m, v in zip(METHODS, (1.0, 1.0, 1.5, 1.5))
    ]
    for scores in (one_scene, no_spread):
        (change,) = compare_trainings(score_set(*scores))
        assert change.interval() is None
        assert verdict_of(change) == "undecided"
    (change,) = compare_trainings(score_set(*no_spread[:3]))
    assert verdict_of(change) == "one training"


def test_a_variant_of_one_training_does_not_count_in_the_correction() -> None:
    full, other, third = [1.0, 1.2, 1.1], [1.5, 1.9, 1.6], [1.2, 1.5, 1.3]
    made = [*variant("full", full), *variant("other", other), *variant("third", third)]
    single = variant("single", [9.0])
    found = {c.pair.key.method: c for c in compare_trainings(score_set(*made, *single))}
    raw = [stats.ttest_ind(one, full, equal_var=False).pvalue for one in (other, third)]
    assert raw[0] < raw[1]
    assert found["other"].adjusted == pytest.approx(2 * raw[0])
    assert found["third"].adjusted == pytest.approx(max(2 * raw[0], raw[1]))
    assert found["single"].adjusted == 1


def test_the_reference_may_be_chosen_and_is_looked_for() -> None:
    made = score_set(*variant("full", [1.0, 1.1]), *variant("other", [1.5, 1.6]))
    (change,) = compare_trainings(made, "other")
    assert change.pair.key.method == "full"
    assert change.verdict == "better"
    with pytest.raises(BadInput, match=r"unknown variant in made scores.*did you mean 'other'"):
        compare_trainings(made, "othr")


def test_trainings_of_different_edits_are_refused() -> None:
    scores = variant("full", [1.0, 1.1])
    short = dataclasses.replace(
        scores[1],
        units=scores[1].units[:-1],
        scenes=scores[1].scenes[:-1],
        values=scores[1].values[:-1],
    )
    with pytest.raises(BadInput, match="scored on different edits"):
        compare_trainings(score_set(scores[0], short, *variant("other", [1.5, 1.6])))


def test_one_variant_alone_is_refused() -> None:
    with pytest.raises(BadInput, match="only 1 variant ran; to compare, run two or more"):
        compare_trainings(score_set(*variant("full", [1.0, 1.1])))


def test_a_training_without_a_score_is_named() -> None:
    whole, half = variant("full", [1.0, 1.1]), variant("other", [1.5, 1.6])
    missing = dataclasses.replace(half[1], value=None)
    made = score_set(*whole, half[0], missing)
    assert compare_trainings(made) == []
    task = missing.key.task
    (said,) = unscored_trainings(made)
    assert said == f"{task} / other / lpips: other-seed1 has no score, so other is left out"
    assert unscored_trainings(score_set(*whole, *half)) == []
