"""Everything that a GPU should do fast, measured in one call of at most four minutes.

    SIEBENCH_WEIGHTS=FOLDER python -m tests.speed.gpu [PART ...] [--seconds 240] [--peers] [--only SYSTEMS]

Run from the root of a checkout. FOLDER holds AlexNet's trunk; without it LPIPS is left out. PART is some
of checks, editors, search, training, scoring, scoring-parts, calls. Networks have random weights and full
size, images 256x256. Every result on the card is checked against a CPU's in exact float32, and `checks` runs
the tests that need a card. --peers also times pytorch-fid, lpips and torch-fidelity, those that are
installed. --only SPADE,SEAN leaves other editors and trainings out.

On a machine without a card the same code runs at a tenth of the size (--tenth), and `calls` counts what a
card would be asked at full size: operators, and among them synchronisations, for each forward and training
step.
Nothing is asserted; one table is printed, row by row, so that a broken call has told what it found. Each of
several parts has a process of its own, for one that breaks the card's driver, or never ends, must not take
the others along; work behind that which broke the driver is measured in another process (--skip).
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import torch

from bench.core.device_faults import device_fault, out_of_memory

__all__ = ["Row", "Setting", "kernels_of", "tried"]


@dataclass(frozen=True)
class Setting:
    """How much is measured, and where.

    Attributes:
        device: "cuda" or "cpu".
        tenth: small networks, images and folders.
        peers: whether other people's tools are timed too.
        ends: by `time.perf_counter`; what would begin later is left out.
        only: names of systems, in small letters, whose editors and trainings are measured; all if empty.
        skip: works that are passed over: another process has tried them.
        works: numbers them, from 0.
    """

    device: str
    tenth: bool
    peers: bool
    ends: float
    only: frozenset[str] = frozenset()
    skip: int = 0
    works: Iterator[int] = field(default_factory=itertools.count)

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.ends - time.perf_counter()

    def wants(self, system: str) -> bool:
        """Whether a system is to be measured."""
        return not self.only or system.lower() in self.only

    def wait(self) -> None:
        """Until the device has done all that it was asked."""
        if self.device != "cpu":
            torch.cuda.synchronize()


@dataclass(frozen=True)
class Row:
    """A line of the table; the unit stands in `work`."""

    work: str
    here: str
    goal: str = ""
    peer: str = ""
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"| {self.work} | {self.here} | {self.goal} | {self.peer} | {'; '.join(self.notes)} |"
        )


def kernels_of(call: Callable[[int], object], setting: Setting, longest: int = 12) -> list[str]:
    """What four calls' time on the card goes to, each: how many kernels, then the longest by name."""
    from torch.profiler import ProfilerActivity, profile

    setting.wait()
    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        for n in range(4):
            call(n)
        setting.wait()
    found = sorted(seen.key_averages(), key=lambda one: -one.self_device_time_total)
    total = sum(one.self_device_time_total for one in found) / 4000
    each = [
        f"{one.self_device_time_total / 4000:.2f} ms in {one.count / 4:.0f} x {one.key[:60]}"
        for one in found[:longest]
    ]
    return [f"{sum(one.count for one in found) / 4:.0f} kernels, {total:.2f} ms together", *each]


class Broken(Exception):  # noqa: N818 - it is the card that is broken
    """The card's driver failed, and with it all that this process would ask for."""


def tried(work: str, measured: Iterable[Row], setting: Setting) -> Iterator[Row]:
    """The rows of some work; where it fails, one that says why, for the rest is worth having.

    At a tenth of the size nothing may fail.

    Raises:
        Broken: after that row, where nothing of the rest can be had in this process.
    """
    number = next(setting.works)
    if number < setting.skip:
        return
    try:
        yield from measured
    except Exception as error:
        if setting.tenth:
            raise
        yield Row(work, "failed", notes=[repr(traceback.format_exc(limit=-6))])
        if device_fault(error) and not out_of_memory(error):
            raise Broken(f"the driver failed; the rest: --skip {number + 1}") from error


def rows(part: str, setting: Setting) -> Iterator[Row]:
    """The rows of a part, as they are found."""
    if part == "checks":
        from tests.speed.gpu_checks import measure
    elif part == "editors":
        from tests.speed.gpu_editors import measure
    elif part == "search":
        from tests.speed.gpu_search import measure
    elif part == "training":
        from tests.speed.gpu_training import measure
    elif part == "scoring":
        from tests.speed.gpu_scoring import measure
    elif part == "scoring-parts":
        from tests.speed.gpu_scoring_parts import measure
    else:
        from tests.speed.gpu_calls import measure
    return measure(setting)


PARTS = ("checks", "editors", "search", "training", "scoring", "scoring-parts", "calls")

MOST = 0.6
"""Of the seconds that are left, what a part may take that is not the last."""

LATE = 15.0
"""Seconds that a part may go on beyond its time, before its process is ended."""


def main(given: list[str] | None = None) -> list[Row]:
    """Measures the parts that are asked for, or all that fit the machine; prints the table.

    Returns:
        The rows of one part; of several, which are measured elsewhere, none.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--only", default="", metavar="SYSTEMS")
    parser.add_argument("--skip", type=int, default=0, metavar="WORKS")
    parser.add_argument("--tenth", action="store_true", default=not torch.cuda.is_available())
    options = parser.parse_args(given)
    card = torch.cuda.is_available()
    parts = options.parts or [p for p in PARTS if p != ("calls" if card else "checks")]
    if len(parts) > 1:
        own = ["--only", options.only, *(["--peers"] if options.peers else [])]
        own += ["--tenth"] if options.tenth else []
        command = [sys.executable, "-m", "tests.speed.gpu"]
        each_in_a_process({part: [*command, part, *own] for part in parts}, options.seconds)
        return []
    setting = Setting(
        "cuda" if card else "cpu",
        options.tenth,
        options.peers,
        time.perf_counter() + options.seconds,
        frozenset(options.only.lower().split(",")) - {""},
        options.skip,
    )
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name() if card else 'no card'}")
    print("| work | here | goal | published or peer | notes |\n| --- | --- | --- | --- | --- |")
    found = []
    try:
        for row in rows(parts[0], setting):
            print(row, flush=True)
            found.append(row)
    except Broken as error:
        sys.exit(str(error))
    return found


def each_in_a_process(commands: dict[str, list[str]], seconds: float) -> None:
    """Prints the rows of parts, each in a process, and of one that does not end well why.

    Args:
        commands: of the parts; each is told how many --seconds it has.
        seconds: for all of them, with what they are late.
    """
    ends = time.perf_counter() + seconds - LATE
    shown: set[str] = set()
    for n, (part, command) in enumerate(commands.items(), start=1):
        begun = time.perf_counter()
        until = ends if n == len(commands) else begun + MOST * (ends - begun)
        rest: tuple[str, ...] | None = ()
        while rest is not None:
            share = max(until - time.perf_counter(), 0.0)
            given = [*command, *rest, "--seconds", f"{share:.0f}"]
            reason = _printed(given, share + LATE, shown)
            if reason:
                print(Row(part, "failed", notes=[reason]), flush=True)
            found = re.search(r"the rest: (--skip) (\d+)", reason)
            rest = found.groups() if found and time.perf_counter() < until else None


def _printed(command: Sequence[str], seconds: float, shown: set[str]) -> str:
    """Prints a process's rows as they come; why it did not end well, or nothing.

    Args:
        command: starts it.
        seconds: after these it is ended, with all that it has started.
        shown: lines that were printed before: the table has one head.
    """
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        late = threading.Timer(seconds, os.killpg, (process.pid, signal.SIGKILL))
        late.start()
        assert process.stdout is not None
        others: list[str] = []
        try:
            for line in process.stdout:
                if not line.startswith(("| ", "torch ")):
                    others = [*others, line][-12:]
                elif line not in shown:
                    print(line, end="", flush=True)
                    shown.add(line)
            code = process.wait()
        finally:
            busy = late.finished.is_set()
            late.cancel()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if code == 0:
        return ""
    how = f"exit code {code}" if code > 0 else signal.Signals(-code).name
    return f"{f'still busy after {seconds:.0f} s' if busy else how}: {''.join(others)!r}"


if __name__ == "__main__":
    main()
