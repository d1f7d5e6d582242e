"""Everything that a GPU should do fast, measured in one call of at most four minutes.

    SIEBENCH_WEIGHTS=FOLDER python -m tests.speed.gpu [PART ...] [--seconds 240] [--peers] [--only SYSTEMS]

Run from the root of a checkout. FOLDER holds AlexNet's trunk; without it LPIPS is left out. PART is some
of editors, search, training, scoring, scoring-parts, calls. Networks have random weights and full size,
images 256x256. Every result on the card is checked against a CPU's in exact float32. --peers also times
pytorch-fid, lpips and torch-fidelity, those that are installed. --only SPADE,SEAN leaves other editors
and trainings out.

On a machine without a card the same code runs at a tenth of the size (--tenth), and `calls` counts what a
card would be asked: operators, and among them synchronisations, for each forward and training step.
Nothing is asserted; one table is printed, row by row, so that a broken call has told what it found.
"""

from __future__ import annotations

import argparse
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch

__all__ = ["Row", "Setting", "kernels_of"]


@dataclass(frozen=True)
class Setting:
    """How much is measured, and where.

    Attributes:
        device: "cuda" or "cpu".
        tenth: small networks, images and folders.
        peers: whether other people's tools are timed too.
        ends: by `time.perf_counter`; what would begin later is left out.
        only: names of systems, in small letters, whose editors and trainings are measured; all if empty.
    """

    device: str
    tenth: bool
    peers: bool
    ends: float
    only: frozenset[str] = frozenset()

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


def rows(part: str, setting: Setting) -> Iterator[Row]:
    """The rows of a part, as they are found."""
    if part == "editors":
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


PARTS = ("editors", "search", "training", "scoring", "scoring-parts", "calls")


def main(given: list[str] | None = None) -> list[Row]:
    """Measures the parts that are asked for, or all that fit the machine; prints and gives the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--only", default="", metavar="SYSTEMS")
    parser.add_argument("--tenth", action="store_true", default=not torch.cuda.is_available())
    options = parser.parse_args(given)
    card = torch.cuda.is_available()
    setting = Setting(
        "cuda" if card else "cpu",
        options.tenth,
        options.peers,
        time.perf_counter() + options.seconds,
        frozenset(options.only.lower().split(",")) - {""},
    )
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name() if card else 'no card'}")
    print("| work | here | goal | published or peer | notes |\n| --- | --- | --- | --- | --- |")
    found = []
    for part in options.parts or [p for p in PARTS if p != "calls" or not card]:
        try:
            for row in rows(part, setting):
                print(row, flush=True)
                found.append(row)
        except Exception:  # the other parts are worth having
            if options.tenth:
                raise
            print(f"| {part} | failed | | | {traceback.format_exc(limit=-4)!r} |", flush=True)
    return found


if __name__ == "__main__":
    main()
