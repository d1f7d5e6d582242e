"""A place on a device that several trainings take one after the other, within one time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from baselines.training.zoo.plan import Job

__all__ = ["LATE", "Lane", "Process", "Running", "Start", "deal_again"]

LATE = 5.0
"""Seconds after its time when a training that has not ended itself is asked to."""


class Process(Protocol):
    """What is asked of a training's process; multiprocessing's have it."""

    @property
    def exitcode(self) -> int | None:
        """None while it runs."""
        ...

    def terminate(self) -> None:
        """Asks it to end with its weights written."""
        ...

    def kill(self) -> None:
        """Ends it at once."""
        ...


Start = Callable[[Job, float], Process]
"""Starts a training that ends by a time of the clock."""


@dataclass
class Running:
    """A training under way: until when it has time, and whether it was asked to end."""

    job: Job
    process: Process
    until: float
    asked: bool = False


@dataclass
class Lane:
    """A place on the device, and the trainings that take it one after the other.

    Attributes:
        waiting: those to come. opens: when the first of them may start.
        running: at most two, the second one starting up; and any that are late.
        ended: those that are no more, with their processes' exit codes.
    """

    waiting: deque[Job]
    opens: float = 0.0
    running: list[Running] = field(default_factory=list)
    ended: list[tuple[Job, int]] = field(default_factory=list)

    def look(self, now: float, end: float, early: float, start: Start) -> None:
        """Takes note of what has ended, asks what is late to end, and starts what is due.

        What still waits at the end waits no longer.

        Args:
            now, end: the time, and when the last training of the lane shall end.
            early: how long before its turn a training's process is started.
            start: starts one.
        """
        for one in list(self.running):
            if one.process.exitcode is not None:
                self.running.remove(one)
                self.ended.append((one.job, one.process.exitcode))
            elif now > one.until + LATE and not one.asked:
                one.asked = True
                one.process.terminate()
        if now >= end:
            self.waiting.clear()
        at_work = [one for one in self.running if now < one.until]
        if not self.waiting or len(at_work) > 1 or now < self.opens:
            return
        if at_work and now < at_work[0].until - early:
            return
        begin = at_work[0].until if at_work else now
        job = self.waiting.popleft()
        rest = sum(one.weight for one in (job, *self.waiting))
        until = begin + (end - begin) * job.weight / rest
        self.running.append(Running(job, start(job, until), until))

    @property
    def done(self) -> bool:
        """Whether nothing runs or waits."""
        return not self.running and not self.waiting


def deal_again(lanes: Sequence[Lane]) -> None:
    """A lane that is done takes the last training that waits where most is to be done.

    Weights foretell only roughly how long trainings take that end after their steps.
    """
    for lane in lanes:
        busiest = max(lanes, key=lambda one: sum(job.weight for job in one.waiting))
        if lane.done and busiest.waiting:
            lane.waiting.append(busiest.waiting.pop())
