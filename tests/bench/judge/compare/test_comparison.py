"""Runs are compared by name, under one protocol, on the same edits."""

import dataclasses

import numpy as np
import pytest

from bench.core.errors import BadInput
from bench.judge.compare.comparison import compare
from bench.judge.policy import Policy
from tests.bench.judge.made_scores import PROTOCOL, of_scenes, per_edit, score_set

RNG = np.random.default_rng(3)
BASE = RNG.normal(25, 3, 40)


def verdicts(before, after, **options) -> dict[str, str]:
    found = compare(before, after, **options)
    return {change.pair.key.metric: change.verdict for change in found.changes}


def test_the_four_verdicts() -> None:
    noise = RNG.normal(0, 0.05, 40)
    before = score_set(
        per_edit("psnr", BASE),
        per_edit("psnr-hole", BASE),
        per_edit("ssim", BASE / 50),
        per_edit("l1", BASE),
    )
    after = score_set(
        per_edit("psnr", BASE - 1 + noise),
        per_edit("psnr-hole", BASE + 1 + noise),
        per_edit("ssim", BASE / 50 + noise / 1000),
        per_edit("l1", BASE + RNG.normal(0, 8, 40)),
    )
    assert verdicts(before, after) == {
        "psnr": "worse",
        "psnr-hole": "better",
        "ssim": "same",
        "l1": "undecided",
    }


def test_largest_changes_come_first() -> None:
    before = score_set(per_edit("psnr", BASE), per_edit("l1", BASE), per_edit("rmse", BASE))
    after = score_set(
        per_edit("psnr", BASE * 1.01), per_edit("l1", BASE * 1.5), per_edit("rmse", BASE * 1.1)
    )
    order = [change.pair.key.metric for change in compare(before, after).changes]
    assert order == ["l1", "rmse", "psnr"]


def test_a_score_that_was_infinite_has_changed_most() -> None:
    shares = {"l1": 1.1, "rmse": 1.5, "ssim": 1.01}
    before = [per_edit(name, BASE) for name in shares]
    after = [per_edit(name, BASE * share) for name, share in shares.items()]
    exact = per_edit("psnr", [np.inf] * 40)
    for at in range(4):  # whatever the order of the scores
        old, new = [*before], [*after]
        old.insert(at, exact)
        new.insert(at, per_edit("psnr", BASE))
        found = compare(score_set(*old), score_set(*new)).changes
        assert [one.pair.key.metric for one in found] == ["psnr", "rmse", "l1", "ssim"]


def test_a_run_against_itself_is_the_same_everywhere() -> None:
    one = score_set(per_edit("psnr", BASE), of_scenes("fid", 30.0, BASE))
    assert verdicts(one, one) == {"psnr": "same", "fid": "same"}


def test_two_methods_of_one_run_are_paired_by_name() -> None:
    one = score_set(per_edit("psnr", BASE), per_edit("psnr", BASE - 2, method="theirs"))
    found = compare(one, one, methods=[("ours", "theirs")])
    assert [change.verdict for change in found.changes] == ["worse"]


def test_different_protocols_are_refused_with_the_fields_in_words() -> None:
    other = {**PROTOCOL, "size": [128, 128], "seed": 1}
    before = score_set(per_edit("psnr", BASE), protocols={"p" * 64: PROTOCOL})
    after = score_set(per_edit("psnr", BASE, protocol="q" * 64), protocols={"q" * 64: other})
    with pytest.raises(BadInput, match=r"seed: 0 against 1; size: \[64, 64\] against \[128, 128\]"):
        compare(before, after)
    with pytest.raises(BadInput, match="seed: 0 against 1"):
        compare(before, after, allow=["size"])
    assert verdicts(before, after, allow=["size", "seed"]) == {"psnr": "same"}
    with pytest.raises(BadInput, match="did you mean 'size'"):
        compare(before, after, allow=["siz"])


def test_another_n_is_refused_unless_the_scenes_are_a_stated_exception() -> None:
    before = score_set(per_edit("psnr", BASE))
    after = score_set(per_edit("psnr", BASE[:30]))
    with pytest.raises(BadInput, match="n differs: 40 edits against 30"):
        compare(before, after)
    found = compare(before, after, allow=["dataset"]).changes[0]
    assert found.pair.difference.n == 30
    assert found.pair.difference.estimate == 0


def test_failed_edits_are_refused_with_their_reason() -> None:
    good = score_set(per_edit("psnr", BASE))
    bad = dataclasses.replace(good, failures={("rooms", "ours"): "2 edits failed (first: NaN)"})
    with pytest.raises(BadInput, match="2 edits failed"):
        compare(good, bad)


def test_no_common_method_task_or_score_is_refused() -> None:
    one = score_set(per_edit("psnr", BASE))
    with pytest.raises(BadInput, match="no method in common"):
        compare(one, score_set(per_edit("psnr", BASE, method="theirs")))
    with pytest.raises(BadInput, match="no task in common"):
        compare(one, score_set(per_edit("psnr", BASE, task="streets")))
    with pytest.raises(BadInput, match="no score in common"):
        compare(one, score_set(per_edit("l1", BASE)))


def test_a_score_that_cannot_be_paired_is_undecided_and_says_why() -> None:
    bare = dataclasses.replace(per_edit("miou", BASE), kind="none", units=(), scenes=())
    change = compare(score_set(bare), score_set(bare)).changes[0]
    assert change.verdict == "undecided"
    assert "cannot be paired" in change.pair.difference.note


def test_without_a_policy_the_metrics_own_margins_hold() -> None:
    one = score_set(per_edit("psnr-hole", BASE), per_edit("anything", np.full(40, 10.0)))
    margins = {change.pair.key.metric: change.margin for change in compare(one, one).changes}
    assert margins == {"psnr-hole": 0.1, "anything": pytest.approx(0.3)}


def test_classes_are_compared_where_they_are_asked_for() -> None:
    one = score_set(of_scenes("miou", 0.5, BASE), of_scenes("miou", 0.5, BASE, of="person"))
    assert len(compare(one, one).changes) == 1
    assert len(compare(one, one, policy=Policy(margins={"miou[person]": 0.1})).changes) == 2


def test_a_method_that_one_run_lacks_or_could_not_run_is_named() -> None:
    both = [per_edit("psnr", BASE), per_edit("psnr", BASE, method="other")]
    one, two = score_set(*both, name="one"), score_set(*both[:1], name="two")
    assert compare(one, two).alone == compare(two, one).alone == ("only one has method 'other'",)
    broken = score_set(*both, name="two", problems={"other": "its weights are not here"})
    assert compare(one, broken).alone == ("only one has method 'other'",)
    assert compare(one, two, methods=[("other", "ours")]).alone == ()
