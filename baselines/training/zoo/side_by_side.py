"""The whole zoo on one device, several networks at a time, each in a process of its own.

    train_zoo(Path("zoo"), minutes=8)

The trainings are dealt out to lanes; a lane trains one after the other and shares its time out by the
plan's weights. A training has a deadline: it ends itself, writes its weights and makes room. One that ends
early, at its last step or by a fault, leaves its time to those behind it in the lane, and an empty lane takes
one that waits in another. One that does not end is asked to, and killed when the whole time is over. So no
training costs another one more than its share of the device. The next one of a lane is started a few
seconds early, which its process takes to be ready.

Scenes and masks are drawn meanwhile by a process a core; the first trainings wait for theirs.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

from baselines.training.example_store import ExampleStore
from baselines.training.stopping import stop_asked
from baselines.training.zoo.drawing import Drawing
from baselines.training.zoo.lane import LATE, Lane, Process, Running, deal_again
from baselines.training.zoo.multi_process_service import multi_process_service
from baselines.training.zoo.plan import SAVING, Job, chosen_jobs, job_config, lanes
from baselines.training.zoo.training import (
    Order,
    Point,
    ZooFolder,
    carry_out,
    is_trained,
    is_written,
    last_point,
)
from bench.core.atomic import write_json
from bench.core.children import fit_for_children
from bench.core.device import cores, find_device
from bench.core.errors import BadInput
from bench.core.text import counted

__all__ = ["Outcome", "Stopped", "train_zoo"]

ROUNDS = 8
"""Epochs whose masks are drawn; later ones show them again."""

MOST_LANES = 16
"""Trainings at a time on one GPU, where nothing else is asked for."""

_APART: Mapping[str, float] = {"cpu": 0.0}
"""Seconds between the starts of two lanes."""

_APART_ELSEWHERE = 1.0
"""Processes that start together on a GPU wait for each other: its libraries load their kernels for one at a
time. Those that start first, the first of the plan, train meanwhile."""

_LOOK = 0.2  # seconds between two looks at the processes
_TELL = 15.0  # seconds between two lines of every training
_EARLY = 10.0  # seconds before its turn when a training's process is started
_GRACE = 30.0  # seconds in which trainings that are asked to end may write
_AGAIN = 40.0  # seconds that must be left for another try of what failed, or for another lane's

_SAVING_ELSE = 4.0
"""Seconds for writing weights where a system is not in `SAVING`."""

_LEAST: Mapping[str, float] = {"cpu": 120.0}
"""Seconds on a lane below which a training is left out, where the user did not name the models."""

_LEAST_ELSEWHERE = 15.0


class Stopped(KeyboardInterrupt):
    """SIGTERM or Ctrl-C ended the trainings; `outcomes` says what became of each."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__("stopped; everything that was trained is written")
        self.outcomes = outcomes


State = Literal["trained", "was there", "interrupted", "failed", "left out"]


@dataclass(frozen=True)
class Outcome:
    """What became of a training.

    Attributes:
        name: of the training.
        state: what became of it. why: where it is not trained.
        point: how far it is, None where it never began.
    """

    name: str
    state: State
    why: str = ""
    point: Point | None = None


Tell = Callable[[str], None]


def train_zoo(
    out: Path,
    *,
    minutes: float = 8.0,
    device: str = "auto",
    models: Sequence[str] = (),
    seeds: Sequence[int] = (),
    side_by_side: int | None = None,
    changes: Mapping[str, Any] | None = None,
    tell: Tell = print,
) -> list[Outcome]:
    """Trains the zoo within a time, or goes on with it; what is trained already is passed over.

    Weights, cards and curves stand in `out` afterwards (see `baselines.training.zoo.training`), and
    `summary.json`. SIGTERM and Ctrl-C end every training after its step, with its weights written.

    Args:
        out: the folder.
        minutes: of the whole command; the last seconds are kept for writing.
        device: "auto" (a GPU where there is one), "cpu", "cuda" or "cuda:1".
        models: their names; those of the plan that the time does for, where empty.
        seeds: of every model; the plan's where empty.
        side_by_side: trainings at a time; 16 on a GPU, or one a core.
        changes: fields of every configuration, as `changed_config` takes them, such as `data.count`.
        tell: is told how it goes, a line at a time.

    Raises:
        BadInput: an unknown model or field, no such device, several devices, or a folder that cannot be
            written.
        Stopped: after SIGTERM or Ctrl-C, once everything is written.
    """
    begun = time.monotonic()
    if minutes <= 0:
        raise BadInput(f"--minutes {minutes:g}: must be more than 0")
    device = find_device(device)
    place = ZooFolder(out)
    jobs = chosen_jobs(models, seeds, changes)
    there = [job for job in jobs if is_trained(place, job)]
    outcomes = [Outcome(job.name, "was there", point=last_point(place, job.name)) for job in there]
    left = [job for job in jobs if job not in there]
    leave = min(12.0, 6 * minutes)  # seconds at the end for writing and for packing
    end = begun + 60 * minutes - leave
    several = side_by_side or min(cores(), cores() if device == "cpu" else MOST_LANES)
    if not models:
        fit = max(1, int(several * (end - begun) / _LEAST.get(device, _LEAST_ELSEWHERE)))
        outcomes += [Outcome(job.name, "left out", "the time is too short") for job in left[fit:]]
        left = left[:fit]
    tell(
        f"zoo: {counted(len(left), 'training')} on {device}, {min(several, len(left))} at a time, "
        f"in {minutes:g} minutes; {len(there)} were there, {len(jobs) - len(there) - len(left)} "
        "do not fit into the time"
    )
    work = _Work(place, device, left, several, begun, end, tell)
    with stop_asked(tell=False, signals=(signal.SIGTERM, signal.SIGINT)) as stop:
        outcomes += work.run(stop)
    order = {job.name: number for number, job in enumerate(jobs)}
    outcomes.sort(key=lambda one: order[one.name])
    write_json(out / "summary.json", [asdict(one) for one in outcomes])
    if stop():
        raise Stopped(outcomes)
    return outcomes


class _Work:
    """The drawing, the lanes, and what is told of them."""

    def __init__(
        self,
        place: ZooFolder,
        device: str,
        jobs: Sequence[Job],
        several: int,
        begun: float,
        end: float,
        tell: Tell,
    ) -> None:
        self._place, self._device = place, device
        self._begun, self._end, self._tell = begun, end, tell
        apart = _APART.get(device, _APART_ELSEWHERE)
        self._lanes = [
            Lane(deque(few), begun + turn * apart) for turn, few in enumerate(lanes(jobs, several))
        ]
        self._threads = max(1, cores() // max(1, len(self._lanes))) if device == "cpu" else 1
        self._store = ExampleStore(place.examples, rounds=ROUNDS)
        self._configs = {job: job_config(job)[0] for job in jobs}
        self._codes: dict[Job, int] = {}
        self._told = begun
        self._heard_of: set[str] = set()
        self._environment: Mapping[str, str] = {}

    def run(self, stop: Callable[[], bool]) -> list[Outcome]:
        """Trains everything; ends a few seconds after its end at the latest."""
        pieces = self._store.pieces(self._configs.values())
        with (
            Drawing(self._store, pieces) as drawing,
            multi_process_service(self._device if self._lanes else "cpu") as self._environment,
        ):
            if self._environment:
                self._tell("zoo: the trainings share the GPU through NVIDIA's MPS")
            self._follow(drawing, stop)
        return [self._outcome(job) for job in self._configs]

    def _follow(self, drawing: Drawing, stop: Callable[[], bool]) -> None:
        killed = self._end + LATE
        stopped = False
        while not all(lane.done for lane in self._lanes):
            now = time.monotonic()
            if stop() and not stopped:
                stopped = True
                killed = min(killed, now + _GRACE)
                self._tell("zoo: every training ends after its step and writes its weights")
                for one in self._running():
                    one.asked = True
                    one.process.terminate()
                for lane in self._lanes:
                    lane.waiting.clear()
            if now > killed:
                for one in self._running():
                    one.process.kill()
            for seconds in drawing.look():
                self._tell(f"zoo: all scenes and masks are drawn after {seconds:.0f} s")
            for lane in self._lanes:
                lane.look(now, self._end, _EARLY, self._start)
                self._take_in(lane, now)
            if self._end - now > _AGAIN:
                deal_again(self._lanes)
            self._tell_progress(now)
            time.sleep(_LOOK)

    def _take_in(self, lane: Lane, now: float) -> None:
        """Takes note of what has ended; what failed gets another try behind the others of its lane."""
        for job, code in lane.ended:
            first = job not in self._codes
            self._codes[job] = code
            self._tell(f"{job.name}: {self._outcome(job).state} after {now - self._begun:.0f} s")
            if code > 0 and first and self._end - now > _AGAIN:
                lane.waiting.append(job)
        lane.ended.clear()

    def _start(self, job: Job, until: float) -> Process:
        now = time.monotonic()
        saving = SAVING.get(self._configs[job].system, _SAVING_ELSE)
        order = Order(
            job,
            self._place,
            self._device,
            until,
            min(saving, (until - now) / 6),
            ROUNDS,
            self._environment,
        )
        context = multiprocessing.get_context("spawn")
        process: BaseProcess = context.Process(target=carry_out, args=(order,), name=job.name)
        with fit_for_children(self._threads):
            process.start()
        return process

    def _running(self) -> list[Running]:
        return [one for lane in self._lanes for one in lane.running]

    def _tell_progress(self, now: float) -> None:
        """A line of every training from time to time, and one as soon as it has taken its first steps."""
        due = now - self._told >= _TELL
        if due:
            self._told = now
        for one in self._running():
            name = one.job.name
            if not due and name in self._heard_of:
                continue
            point = last_point(self._place, name)
            if point is not None:
                self._heard_of.add(name)
                self._tell(f"{name}: {_progress(point)}")
            elif due:
                self._tell(f"{name}: starts; {max(0, one.until - now):.0f} s are left for it")

    def _outcome(self, job: Job) -> Outcome:
        point, code = last_point(self._place, job.name), self._codes.get(job)
        if is_written(self._place, job.name, point):  # also where it was killed while it ended
            whole = is_trained(self._place, job)
            if whole or point is None:
                return Outcome(job.name, "trained", "", point)
            if code is None or code <= 0:  # a failure leaves the weights of before, too
                why = f"{point.share:.0%} of it is done; the same command goes on with it"
                return Outcome(job.name, "interrupted", why, point)
        if code is None:
            return Outcome(job.name, "left out", "its turn did not come", point)
        if code < 0:
            kept = "its checkpoint is kept" if point is not None else "nothing is kept"
            return Outcome(job.name, "failed", f"killed by signal {-code}; {kept}", point)
        return Outcome(job.name, "failed", _last_line(self._place.log(job.name)), point)


def _progress(point: Point) -> str:
    """How far a training is, in words."""
    rate = point.step / point.seconds if point.seconds else 0.0
    losses = ", ".join(f"{name} {value:.3f}" for name, value in point.losses.items())
    return (
        f"{point.step} steps, {rate:.1f} a second, {point.examples} examples, "
        f"{point.share:.0%}; {losses}"
    )


def _last_line(log: Path) -> str:
    """What a process said last."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return next((line for line in reversed(lines) if line.strip()), "it said nothing")
