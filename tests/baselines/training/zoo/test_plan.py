"""The plan: every network of the zoo has its share, and lanes are about equally long."""

import pytest

from baselines.training.config import changed_config, read_config
from baselines.training.zoo.models import MODELS, model_config
from baselines.training.zoo.plan import (
    PLAN,
    SAVING,
    Job,
    chosen_jobs,
    job_config,
    lanes,
    snapshot_steps,
)
from bench.core.errors import BadInput


def job(name, weight=1.0):
    return Job(name, 0, weight, compared=False)


def test_every_network_has_a_share_of_the_time_but_the_segmenter():
    assert set(PLAN) == set(MODELS) - {"segmenter"}


def test_first_seeds_come_before_further_ones():
    jobs = chosen_jobs()
    turns = [PLAN[one.model].seeds.index(one.seed) for one in jobs]
    assert turns == sorted(turns)
    assert [one.model for one in jobs[: len(PLAN)]] == list(PLAN)
    assert len({one.name for one in jobs}) == len(jobs)


def test_named_models_and_seeds_are_trained_as_asked():
    jobs = chosen_jobs(["spade-procedural", "segmenter"], [2, 0])
    assert [one.name for one in jobs] == [
        "spade-procedural-seed2",
        "segmenter-seed2",
        "spade-procedural",
        "segmenter",
    ]


def test_a_wrong_name_is_refused():
    with pytest.raises(BadInput, match="did you mean 'spade-procedural'"):
        chosen_jobs(["spad-procedural"])
    with pytest.raises(BadInput, match="'segmenter' is named twice"):
        chosen_jobs(["segmenter", "segmenter"])


def test_what_is_compared_ends_after_the_same_number_of_steps():
    jobs = {one.name: one for one in chosen_jobs()}
    full, other, own = (
        job_config(jobs[name])
        for name in (
            "spmpgan-full-procedural",
            "spmpgan-wo-prog-procedural-seed1",
            "spade-procedural",
        )
    )
    assert full[1] == other[1] == full[0].steps
    assert other[0].seed == 1
    assert own[1] > 10**6


def test_what_is_compared_keeps_weights_on_the_way_unless_writing_them_takes_long():
    compared = Job("spmpgan-full-procedural", 0, 1.0, compared=True)
    assert snapshot_steps(compared, "spmpgan", 2500, 250.0) == (312, 625, 1250)
    assert snapshot_steps(compared, "divsem", 2500, 250.0) == ()
    assert snapshot_steps(compared, "divsem", 2500, 20 * 3 * SAVING["divsem"]) == (312, 625, 1250)
    assert snapshot_steps(job("spade-procedural"), "spade", 2500, 250.0) == ()


def test_fields_of_every_configuration_can_be_changed():
    changes = {"data.count": 7, "batch": 3, "steps": 40, "network.ngf": 5}
    jobs = chosen_jobs(["spmpgan-full-procedural", "spmpgan-w-spade-procedural"], [0], changes)
    for one in jobs:
        shipped = model_config(one.model).model_dump()
        config, most = job_config(one)
        shipped["data"]["count"], shipped["network"]["ngf"] = 7, 5
        assert config.model_dump() == {**shipped, "batch": 3, "steps": 40}
        assert most == 40


def test_a_length_in_steps_takes_the_place_of_one_in_epochs_and_back():
    config = read_config("spade")
    assert (config.epochs, config.steps) == (200, None)
    steps = changed_config(config, {"steps": 9}, "x")
    assert (steps.epochs, steps.steps) == (None, 9)
    assert changed_config(steps, {"epochs": 200}, "x") == config
    assert read_config("spade", {"steps": 9}) == steps


def test_two_lengths_at_once_are_refused():
    with pytest.raises(BadInput, match="give exactly one of epochs and steps"):
        changed_config(read_config("spade"), {"steps": 9, "epochs": 200}, "x")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"bach": 4}, "spade-procedural: bach: "),
        ({"batch": 0}, "spade-procedural: batch: .*greater than or equal to 1"),
        ({"data.cout": 4}, "spade-procedural: data.cout: "),
        ({"dat.count": 4}, "spade-procedural: dat.count: dat has no fields"),
        ({"batch.size": 4}, "spade-procedural: batch.size: batch has no fields"),
        ({"seed": 1}, "--set seed: .* give --seeds"),
        ({"variant": "full"}, "--set variant: .* give --models"),
    ],
)
def test_a_change_that_cannot_be_is_one_sentence(changes, sentence):
    with pytest.raises(BadInput, match=sentence):
        job_config(chosen_jobs(["spade-procedural"], [0], changes)[0])


def test_lanes_are_about_equally_heavy_and_keep_the_plans_order():
    jobs = [job(f"flagship {n}", 4.0) for n in range(6)] + [job(f"other {n}") for n in range(20)]
    found = lanes(jobs, 8)
    assert sorted(one.name for lane in found for one in lane) == sorted(one.name for one in jobs)
    loads = [sum(one.weight for one in lane) for lane in found]
    assert max(loads) - min(loads) <= 1
    place = {one.name: number for number, one in enumerate(jobs)}
    for lane in found:
        assert [place[one.name] for one in lane] == sorted(place[one.name] for one in lane)


def test_there_are_no_more_lanes_than_trainings():
    assert lanes([job("one"), job("two")], 8) == [[job("one")], [job("two")]]
    assert lanes([], 8) == []
