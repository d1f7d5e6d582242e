"""A run is judged against a baseline: passed, worse, undecided, or refused in words."""

import dataclasses
import json

import numpy as np
import pytest

from bench.core.errors import BadInput
from bench.judge.gate.ci import write_gate_json
from bench.judge.gate.judgement import gate
from bench.judge.gate.report import summary
from bench.judge.policy import Policy, read_policy
from tests.bench.judge.made_scores import PROTOCOL, of_scenes, per_edit, score_set

RNG = np.random.default_rng(4)
BASE = RNG.normal(25, 3, 60)
NOISE = RNG.normal(0, 0.1, 60)


def judged(after, before=None, policy: Policy | None = None):
    return gate(after, before or score_set(per_edit("psnr", BASE)), policy)


def test_an_identical_run_passes() -> None:
    outcome = judged(score_set(per_edit("psnr", BASE)))
    assert (outcome.verdict, outcome.exit_code) == ("passed", 0)
    assert outcome.checks[0].detectable is None


def test_a_clear_loss_is_worse() -> None:
    outcome = judged(score_set(per_edit("psnr", BASE - 1 + NOISE)))
    assert (outcome.verdict, outcome.exit_code) == ("worse", 1)


def test_a_gain_passes() -> None:
    assert judged(score_set(per_edit("psnr", BASE + 1 + NOISE))).verdict == "passed"


def test_noise_too_large_for_the_margin_is_undecided_and_never_a_pass() -> None:
    gaps = RNG.normal(0, 3, 60)
    outcome = judged(score_set(per_edit("psnr", BASE + gaps - gaps.mean())))
    assert (outcome.verdict, outcome.exit_code) == ("undecided", 3)
    assert outcome.checks[0].detectable > 0.1


def test_a_loss_within_the_margin_passes() -> None:
    after = score_set(per_edit("psnr", BASE - 0.3 + NOISE))
    assert judged(after).verdict == "worse"
    assert judged(after, policy=Policy(margins={"psnr": 0.5})).verdict == "passed"
    assert judged(after, policy=Policy(margins={"psnr": "-5%"})).verdict == "passed"
    assert judged(after, policy=Policy(margins={"psnr": "40se"})).verdict == "passed"
    in_task = Policy(margins={"psnr": 0.0}, tasks={"rooms": {"margins": {"psnr": 0.5}}})
    assert judged(after, policy=in_task).verdict == "passed"


def test_classes_are_judged_where_the_policy_names_them() -> None:
    flat = np.full(60, 0.5) + NOISE / 10
    before = score_set(of_scenes("miou", 0.5, flat), of_scenes("miou", 0.5, flat, of="person"))
    after = score_set(of_scenes("miou", 0.5, flat), of_scenes("miou", 0.4, flat - 0.1, of="person"))
    assert judged(after, before).verdict == "passed"
    outcome = judged(after, before, Policy(margins={"miou[person]": "-1%"}))
    assert outcome.verdict == "worse"
    assert outcome.checks[0].pair.key.score == "miou[person]"


def test_the_smallest_effect_is_what_the_t_test_could_see() -> None:
    from scipy import stats

    gaps = RNG.normal(0, 1, 60)
    check = judged(score_set(per_edit("psnr", BASE + gaps))).checks[0]
    reach = stats.t.ppf(0.95, 59) + stats.t.ppf(0.8, 59)
    expected = 0.1 + reach * gaps.std(ddof=1) / np.sqrt(60)
    assert check.detectable == pytest.approx(expected, rel=1e-9)


def test_costs_are_ratios_on_the_same_machine_only() -> None:
    machine = {"cpu": "a", "cores": 2}
    before = dataclasses.replace(
        score_set(per_edit("psnr", BASE)), costs={("rooms", "ours"): {"ms": 10.0}}, machine=machine
    )
    slow = dataclasses.replace(before, costs={("rooms", "ours"): {"ms": 15.0}})
    policy = Policy(costs={"ms": 1.2, "peak_mib": 2})
    outcome = judged(slow, before, policy)
    assert outcome.verdict == "worse"
    assert [cost.verdict for cost in outcome.costs] == ["worse", "not judged"]
    elsewhere = dataclasses.replace(slow, machine={"cpu": "b", "cores": 2})
    outcome = judged(elsewhere, before, policy)
    assert outcome.verdict == "passed"
    assert outcome.costs[0].note == "another machine: cpu differs"


def test_counted_costs_are_judged_on_any_machine() -> None:
    before = dataclasses.replace(
        score_set(per_edit("psnr", BASE)),
        costs={("rooms", "ours"): {"macs": 1e9}},
        machine={"a": 1},
    )
    costs = {("rooms", "ours"): {"macs": 2e9}}
    after = dataclasses.replace(before, costs=costs, machine={"a": 2})
    assert judged(after, before, Policy(costs={"macs": 1.5})).verdict == "worse"


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({}, {}, "not measured in either run"),
        ({}, {"macs": 1.0}, "the baseline has none"),
        ({"macs": 1.0}, {}, "the run has none, but the baseline has"),
        ({"macs": 0.0}, {"macs": 1.0}, "the baseline's is 0"),
        ({"macs": 0.0}, {"macs": 0.0}, 1.0),
    ],
)
def test_a_cost_without_a_ratio_says_on_which_side_it_is_missing(before, after, found) -> None:
    scores, policy = score_set(per_edit("psnr", BASE)), Policy(costs={"macs": 1})
    old, new = (
        dataclasses.replace(scores, costs={("rooms", "ours"): costs}, machine={"a": 1})
        for costs in (before, after)
    )
    (cost,) = judged(new, old, policy).costs
    assert found == (cost.note or cost.ratio)


def test_the_summary_counts_scores_and_costs_by_verdict() -> None:
    before = dataclasses.replace(
        score_set(per_edit("psnr", BASE)),
        costs={("rooms", "ours"): {"ms": 10.0}},
        machine={"a": 1},
    )
    slow = dataclasses.replace(before, costs={("rooms", "ours"): {"ms": 15.0}})
    outcome = judged(slow, before, Policy(costs={"ms": 1.2, "peak_mib": 2}))
    assert summary(outcome).startswith("1 score (1 passed), 2 costs (1 worse, 1 not judged);")


def test_another_suite_is_refused() -> None:
    with pytest.raises(BadInput, match="of suite 'made', but made scores of 'other'"):
        judged(score_set(per_edit("psnr", BASE), suite="other"))


def test_another_n_is_refused() -> None:
    with pytest.raises(BadInput, match="n differs: 60 edits against 50"):
        judged(score_set(per_edit("psnr", BASE[:50])))


def test_another_protocol_is_refused() -> None:
    after = score_set(
        per_edit("psnr", BASE, protocol="q" * 64), protocols={"q" * 64: {**PROTOCOL, "seed": 9}}
    )
    with pytest.raises(BadInput, match=r"seed: 0 against 9.*, add --allow seed$"):
        judged(after)
    two = {**PROTOCOL, "seed": 9, "dataset": "another"}
    after = score_set(per_edit("psnr", BASE, protocol="q" * 64), protocols={"q" * 64: two})
    with pytest.raises(BadInput, match=r"add --allow dataset --allow seed$"):
        judged(after)


def test_failed_edits_are_refused() -> None:
    failed = {("rooms", "ours"): "1 edit failed (first: result has NaN)"}
    with pytest.raises(BadInput, match="result has NaN"):
        judged(dataclasses.replace(score_set(per_edit("psnr", BASE)), failures=failed))


def test_a_missing_metric_is_refused() -> None:
    both = score_set(per_edit("psnr", BASE), per_edit("lpips-alex", BASE))
    with pytest.raises(BadInput, match=r"lpips-alex has no value .*does not pass"):
        judged(score_set(per_edit("psnr", BASE)), both)


def test_a_missing_method_or_task_is_refused() -> None:
    with pytest.raises(BadInput, match="has no method 'ours', but made scores has; give it back"):
        judged(score_set(per_edit("psnr", BASE, method="theirs")))
    with pytest.raises(BadInput, match="has no value"):
        judged(score_set(per_edit("psnr", BASE, task="streets")))


def said(outcome) -> list[str]:
    return [str(note) for note in outcome.notes]


def test_what_only_the_run_has_is_not_judged_and_named() -> None:
    before = score_set(per_edit("psnr", BASE), name="baseline.json")
    more = [per_edit("l1", BASE), per_edit("l1-hole", BASE), per_edit("psnr", BASE, task="streets")]
    more += [per_edit("psnr", BASE, method="theirs"), per_edit("l1", BASE, method="theirs")]
    outcome = judged(score_set(per_edit("psnr", BASE), *more), before)
    assert outcome.verdict == "passed"
    assert said(outcome) == [
        "not judged: score 'l1', score 'l1-hole', task 'streets', method 'theirs': baseline.json has "
        "no such value; save a baseline of a run that has"
    ]
    assert judged(before, before).notes == ()


def test_what_the_policy_leaves_out_needs_no_note() -> None:
    after = score_set(per_edit("psnr", BASE), per_edit("psnr", BASE, method="theirs"))
    assert judged(after, policy=Policy(methods=["ours"])).notes == ()


def test_a_score_that_neither_has_is_not_judged_and_named_once() -> None:
    def without(method: str):
        score = per_edit("fid", BASE, method=method)
        empty = {"units": (), "scenes": (), "values": np.empty(0), "kind": "none", "value": None}
        return dataclasses.replace(score, **empty, reason="the weights are not here")

    both = [per_edit("psnr", BASE), per_edit("psnr", BASE, method="theirs")]
    bare = score_set(*both, without("ours"), without("theirs"))
    outcome = judged(bare, bare)
    assert outcome.verdict == "passed"
    assert said(outcome) == ["not judged: score 'fid' has no value: the weights are not here"]


def test_a_score_that_one_task_has_may_be_without_a_value_in_another() -> None:
    there = per_edit("fid", BASE, task="streets")
    absent = dataclasses.replace(
        there,
        key=there.key._replace(task="rooms"),
        value=None,
        kind="none",
        reason="of removals alone",
    )
    both = score_set(per_edit("psnr", BASE), per_edit("psnr", BASE, task="streets"), there, absent)
    assert judged(both, both).notes == ()


def test_a_method_that_did_not_run_is_named() -> None:
    after = score_set(per_edit("psnr", BASE), problems={"theirs": "its weights are not here"})
    assert said(judged(after)) == [
        "not judged: method 'theirs' did not run: its weights are not here"
    ]


def test_a_metrics_margin_holds_for_its_masked_region_too() -> None:
    before = score_set(per_edit("psnr", BASE), per_edit("psnr-hole", BASE))
    after = score_set(per_edit("psnr", BASE), per_edit("psnr-hole", BASE - 0.3 + NOISE))
    assert judged(after, before).verdict == "worse"
    assert judged(after, before, Policy(margins={"psnr": 0.5})).verdict == "passed"
    own = Policy(margins={"psnr": 0.5, "psnr-hole": 0.1})
    assert judged(after, before, own).verdict == "worse"


def test_a_margin_of_a_score_without_a_better_direction_is_refused() -> None:
    both = score_set(per_edit("psnr", BASE), per_edit("seam", BASE))
    with pytest.raises(BadInput, match=r"margins\.seam: .* a gate cannot judge it"):
        judged(both, both, Policy(margins={"seam": 0.5}))


def test_a_required_score_must_be_there_even_where_it_is_not_judged() -> None:
    before = score_set(per_edit("psnr", BASE), per_edit("seam", BASE))
    policy = Policy(required=["seam"])
    assert judged(before, before, policy).verdict == "passed"
    with pytest.raises(BadInput, match="seam has no value"):
        judged(score_set(per_edit("psnr", BASE)), before, policy)


def test_a_policy_may_be_a_file(tmp_path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("margins: {psnr: 0.5}\n")
    after = score_set(per_edit("psnr", BASE - 0.3 + NOISE))
    assert gate(after, score_set(per_edit("psnr", BASE)), path).verdict == "passed"


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"margins": {"psnrr": 1}}, "did you mean 'psnr'"),
        ({"required": ["fid"]}, "unknown metric in the policy: 'fid'"),
        ({"methods": ["our"]}, "did you mean 'ours'"),
        ({"tasks": {"room": {"margins": {}}}}, "did you mean 'rooms'"),
        ({"margins": {"psnr": "+1%"}}, "psnr is better when higher"),
        ({"margins": {"psnr": "a lot"}}, "is not a margin"),
    ],
)
def test_a_policy_with_unknown_names_or_margins_is_refused(policy, words) -> None:
    with pytest.raises(BadInput, match=words):
        judged(score_set(per_edit("psnr", BASE)), policy=Policy(**policy))


def test_a_policy_file_is_explained_by_line(tmp_path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("alpha: 0.01\nmargins: {psnr: 0.2}\ncosts: {ms: 1.5}\n")
    assert read_policy(path).costs == {"ms": 1.5}
    path.write_text("alpha: 0.05\nmargin: {psnr: 1}\n")
    with pytest.raises(BadInput, match=r"policy\.yaml, line 2: .*'margin'; did you mean 'margins'"):
        read_policy(path)
    path.write_text("- psnr\n")
    with pytest.raises(BadInput, match="a policy is a mapping"):
        read_policy(path)
    with pytest.raises(BadInput, match="no such file"):
        read_policy(tmp_path / "none.yaml")


def test_identical_pictures_are_judged_by_the_sign_test_and_written_as_null(tmp_path) -> None:
    perfect = score_set(per_edit("psnr", [np.inf] * 12))
    assert judged(perfect, perfect).verdict == "passed"
    outcome = judged(score_set(per_edit("psnr", [40.0] * 12)), perfect)
    assert outcome.verdict == "worse"
    write_gate_json(outcome, tmp_path / "gate.json")
    check = json.loads((tmp_path / "gate.json").read_text())["checks"][0]
    assert (check["before"], check["after"], check["difference"]) == (None, 40.0, None)
    assert "sign test" in check["note"]
