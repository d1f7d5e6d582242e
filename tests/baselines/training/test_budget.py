"""A training by the clock follows the schedule of a run of the length that fits into its time."""

import pytest
from safetensors.torch import load_file

from baselines.checkpoints import read_card
from baselines.training.budget import Budget
from baselines.training.config import Optimisation
from baselines.training.facts import known_recipe
from baselines.training.loop import WEIGHTS, train
from tests.baselines.training.tiny import tiny


class Clock:
    """Seconds that pass when told so."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_at_a_steady_rate_every_rate_is_that_of_a_run_of_that_length():
    clock = Clock()
    budget = Budget(50, 10_000, clock=clock)  # 4 steps a second: 200 steps
    plan = Optimisation(generator=1, discriminator=1, betas=(0, 0.9), constant=0.5)
    for step in range(1, 200):
        clock.now = 100 + step / 4
        assert budget.length(step) == pytest.approx(200, abs=1)
        found, known = plan.factor(step, budget.length(step)), plan.factor(step, 200)
        assert found == pytest.approx(known, abs=0.02)
        assert not budget.over(step)
    clock.now = 150
    assert budget.over(200)


def test_a_slow_beginning_and_a_pause_never_turn_the_schedule_back():
    clock = Clock()
    budget = Budget(100, 10_000, clock=clock)
    shares = []
    for step, passed in enumerate([0, 20, 21, 22, 60, 60.1, 61, 99]):
        clock.now = 100 + passed
        shares.append(step / budget.length(step))
    assert shares == sorted(shares)
    assert shares[-1] == 7 / 8  # one step is always to come


def test_the_length_at_a_step_stays_what_it_was_when_it_was_first_asked_for():
    clock = Clock()
    budget = Budget(100, 10_000, clock=clock)
    clock.now += 10
    first = budget.length(7)
    clock.now += 10
    assert budget.length(7) == first


def test_the_steps_end_a_training_before_its_time_does():
    budget = Budget(100, 40, clock=Clock())
    assert budget.share(30) == 0.75
    assert budget.length(30) == 40
    assert not budget.over(39)
    assert budget.over(40)


def test_a_training_that_goes_on_has_the_rest_of_its_schedule_before_it():
    clock = Clock()
    budget = Budget(10, 10_000, spent=0.6, clock=clock)
    assert budget.share(0) == pytest.approx(0.6)
    clock.now += 5
    assert budget.share(0) == pytest.approx(0.8)


def test_what_is_compared_follows_its_steps_and_is_interrupted_by_the_clock():
    clock = Clock()
    budget = Budget(10, 40, by_steps=True, spent=0.9, clock=clock)
    clock.now += 9
    assert budget.length(5) == 40
    assert budget.share(10) == 0.25
    assert not budget.over(10)
    clock.now += 1
    assert budget.over(10)
    assert budget.share(10) == 0.25
    assert Budget(10, 40, by_steps=True, clock=clock).over(40)


def test_a_training_ends_by_the_clock_with_its_weights_written(tmp_path):
    clock, seen = Clock(), []

    def watch(done, total, losses):
        seen.append((done, total))
        clock.now += 1

    trained = train(
        tiny("spmpgan"), tmp_path, watch=watch, log=False, budget=Budget(3, 99, clock=clock)
    )
    assert (
        trained.steps == len(seen) == 4
    )  # the third second has passed after the third step's watch
    assert load_file(tmp_path / WEIGHTS)
    assert not (tmp_path / "tensorboard").exists()


def test_what_is_compared_and_interrupted_keeps_the_schedule_of_the_whole_run(tmp_path):
    clock, config = Clock(), tiny("spmpgan", phases=(0.25, 0.75), batches=(1, 2), steps=8)

    def watch(done, total, losses):
        assert total == 8
        clock.now += 1

    budget = Budget(2, 8, by_steps=True, clock=clock)
    train(config, tmp_path, watch=watch, log=False, budget=budget)
    said = known_recipe(tmp_path / WEIGHTS, read_card(tmp_path / WEIGHTS))
    assert [said[name] for name in ("steps", "length", "examples")] == [3, 8, 1 + 1 + 2]


def test_a_training_that_is_asked_to_stop_ends_after_its_step_as_if_its_time_were_over(tmp_path):
    seen = []
    stop = lambda: len(seen) == 2  # noqa: E731
    trained = train(
        tiny("spmpgan"),
        tmp_path,
        watch=lambda done, total, losses: seen.append(done),
        log=False,
        budget=Budget(1e6, 99, stop=stop),
    )
    assert trained.steps == 3
    assert (tmp_path / WEIGHTS).is_file()


def test_every_phase_gets_its_share_of_the_time(tmp_path):
    clock, losses = Clock(), []

    def watch(done, total, found):
        losses.append(set(found))
        clock.now += 1

    config = tiny("ssae", phases=(0.5, 0.25, 0.25))
    train(config, tmp_path, watch=watch, log=False, budget=Budget(8, 9999, clock=clock))
    kinds = [frozenset(names) for names in losses]
    turns = [n for n in range(1, len(kinds)) if kinds[n] != kinds[n - 1]]
    assert 7 <= len(losses) <= 10
    assert turns  # the phases came one after the other
