"""A lane trains one after the other, keeps its end, and loses no time to what fails."""

from collections import deque

import pytest

from baselines.training.zoo.lane import Lane, deal_again
from baselines.training.zoo.plan import Job


class Fake:
    """A training's process that ends when told to."""

    def __init__(self, until):
        self.until, self.exitcode, self.asked = until, None, 0

    def terminate(self):
        self.asked += 1

    def kill(self):
        self.exitcode = -9


class Played:
    """A lane of 100 seconds, and the processes that it has started by name."""

    def __init__(self, **weights):
        self.lane = Lane(deque(Job(name, 0, weight, False) for name, weight in weights.items()))
        self.started = {}

    def at(self, now, end=100.0, early=5.0):
        def start(job, until):
            self.started[job.name] = Fake(until)
            return self.started[job.name]

        self.lane.look(now, end, early, start)
        return list(self.started)


def test_time_is_shared_out_by_weight_and_the_next_one_is_started_a_little_early():
    played = Played(first=3.0, second=1.0)
    assert played.at(0) == ["first"]
    assert played.started["first"].until == 75
    assert played.at(69) == ["first"]
    assert played.at(70) == ["first", "second"]
    assert played.started["second"].until == 100


def test_a_lane_that_opens_later_starts_nothing_before_and_shares_out_what_is_left():
    played = Played(first=1.0, second=1.0)
    played.lane.opens = 20.0
    assert played.at(19.9) == []
    assert not played.lane.done
    assert played.at(20) == ["first"]
    assert played.started["first"].until == 60


def test_what_ends_early_leaves_its_time_to_those_behind_it():
    played = Played(first=1.0, second=1.0, third=1.0)
    played.at(0)
    assert played.started["first"].until == pytest.approx(100 / 3)
    played.started["first"].exitcode = 0
    assert played.at(10) == ["first", "second"]
    assert played.started["second"].until == 55
    assert [(job.name, code) for job, code in played.lane.ended] == [("first", 0)]


def test_what_does_not_end_is_asked_once_and_holds_nobody_up():
    played = Played(first=1.0, second=1.0)
    played.at(0)
    played.at(46)
    played.at(53)
    assert played.started["first"].asked == 0
    played.at(56)
    played.at(57)
    assert played.started["first"].asked == 1
    assert played.started["second"].until == 100
    played.started["first"].exitcode = 0
    played.at(58)
    assert [one.job.name for one in played.lane.running] == ["second"]


def test_no_more_than_two_are_under_way_in_time():
    played = Played(first=1.0, second=98.0, third=1.0)
    assert played.at(0) == ["first"]
    assert played.at(0) == ["first", "second"]  # its turn comes in one second
    assert played.at(0.5) == ["first", "second"]
    assert played.at(50) == ["first", "second"]
    assert played.at(94.2) == ["first", "second", "third"]


def test_nothing_is_started_after_the_end():
    played = Played(first=1.0, second=1.0)
    played.at(0)
    assert played.at(94) == ["first", "second"]
    played = Played(first=1.0, second=1.0)
    played.at(0)
    assert played.at(100) == ["first"]  # the machine slept
    assert not played.lane.done
    played.started["first"].exitcode = 0
    played.at(101)
    assert played.lane.done


def test_a_lane_that_is_done_takes_the_last_that_waits_where_most_is_to_be_done():
    quick = Played(quick=1.0)
    slow = Played(slow=1.0, next=1.0, last=1.0)
    other = Played(other=1.0, light=0.5)
    lanes = [quick.lane, slow.lane, other.lane]
    for played in (quick, slow, other):
        played.at(0)
    deal_again(lanes)
    assert [len(lane.waiting) for lane in lanes] == [0, 2, 1]  # nobody is done
    quick.started["quick"].exitcode = 0
    quick.at(10)
    deal_again(lanes)
    assert quick.at(11) == ["quick", "last"]
    assert quick.started["last"].until == 100
    assert [job.name for job in slow.lane.waiting] == ["next"]


def test_lanes_that_are_done_leave_what_runs_where_it_is():
    quick, slow = Played(quick=1.0), Played(slow=1.0)
    quick.at(0)
    slow.at(0)
    quick.started["quick"].exitcode = 0
    quick.at(10)
    deal_again([quick.lane, slow.lane])
    assert quick.lane.done
    assert [one.job.name for one in slow.lane.running] == ["slow"]
