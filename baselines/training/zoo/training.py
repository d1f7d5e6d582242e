"""One training of the zoo, in a process of its own.

`OUT/NAME.safetensors` (half precision) and `OUT/NAME.json` (its card) are there once it has ended, in time
or because it was asked to; `OUT/losses/NAME.jsonl` grows as it goes, and `OUT/runs/NAME` has its checkpoint
and its log. A training that is compared with others leaves `OUT/snapshots/after-STEPS/NAME.safetensors` of
some of its steps, a folder that a run finds its weights in.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from baselines.training.budget import Budget
from baselines.training.config import TrainingConfig, TrainingData
from baselines.training.data import Examples
from baselines.training.example_store import ExampleStore
from baselines.training.loop import CHECKPOINT, train
from baselines.training.zoo.cards import card_config, training_card
from baselines.training.zoo.plan import Job, job_config, snapshot_steps
from bench.core.atomic import write_json
from bench.core.children import end_with_parent
from bench.core.device_faults import out_of_memory
from bench.core.documents import parse_json, read_json
from bench.core.errors import BadInput, named_line

__all__ = [
    "Order",
    "ZooFolder",
    "Point",
    "carry_out",
    "is_trained",
    "is_written",
    "last_point",
    "train_model",
]

_EVERY = 2.0
"""Seconds between two points of a curve of losses."""

_WHOLE = 0.995
"""A training that has used this share of its time, or of its steps, is not gone on with."""


@dataclass(frozen=True)
class ZooFolder:
    """Where everything of a zoo lies that is being trained.

    Attributes:
        out: the zoo's folder.
    """

    out: Path

    def weights(self, name: str) -> Path:
        """A training's weights."""
        return self.out / f"{name}.safetensors"

    def card(self, name: str) -> Path:
        """A training's card."""
        return self.out / f"{name}.json"

    def losses(self, name: str) -> Path:
        """The curves of a training's losses, a JSON object a line."""
        return self.out / "losses" / f"{name}.jsonl"

    def snapshot(self, name: str, steps: int) -> Path:
        """A training's weights after some of its steps."""
        return self.out / "snapshots" / f"after-{steps}" / f"{name}.safetensors"

    def snapshots(self, name: str) -> list[Path]:
        """All of them that are there, in the order of steps."""
        found = (self.out / "snapshots").glob(f"after-*/{name}.safetensors")
        return sorted(found, key=lambda path: int(path.parent.name.rpartition("-")[2]))

    def run(self, name: str) -> Path:
        """The folder of a training's checkpoint."""
        return self.out / "runs" / name

    def log(self, name: str) -> Path:
        """What a training's process said."""
        return self.run(name) / "log.txt"

    @property
    def examples(self) -> Path:
        """The folder of the drawn examples."""
        return self.out / "examples"


@dataclass(frozen=True)
class Order:
    """What a process shall train.

    Attributes:
        job: the model and its seed.
        place: where to.
        device: as for `train`.
        until: by when weights shall be written, as `time.monotonic` counts.
        saving: seconds of it that are kept for writing them.
        rounds: of the examples' store.
        environment: variables to set before the device is first used.
    """

    job: Job
    place: ZooFolder
    device: str
    until: float
    saving: float
    rounds: int
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Point:
    """How far a training is.

    Attributes:
        step: steps done. seconds: of training, without the preparations.
        share: of its time or steps. examples: seen so far. losses: the last ones that were read.
    """

    step: int
    seconds: float
    share: float
    examples: int
    losses: Mapping[str, float]


def train_model(order: Order, stop: threading.Event) -> Path:
    """Trains a model until its time is over, or goes on with it; returns its weights file.

    Args:
        order: what, where, until when.
        stop: ends the training after the step at hand, with its weights written.

    Raises:
        BadInput: see `baselines.training.loop.train`; or nothing could be trained in the time.
    """
    place, name = order.place, order.job.name
    config, most = job_config(order.job)
    store = ExampleStore(place.examples, rounds=order.rounds)

    def waits() -> bool:
        return not stop.is_set() and time.monotonic() < order.until - order.saving

    def examples(data: TrainingData, dataset: str, seed: int) -> Examples:
        return store.open(data, dataset, seed, wait=waits)

    # Opened here, so that waiting for the drawing takes no time from the schedule.
    for data in (config.data, *(one for one in config.phase_data if one is not None)):
        for dataset in (data.dataset, *data.also):
            examples(data, dataset, config.seed)
    if not waits():
        raise BadInput(f"{name}: no time was left for it; give more --minutes or fewer --models")
    before = last_point(place, name)
    if before is None or not (place.run(name) / CHECKPOINT).is_file():
        before = None
        place.losses(name).unlink(missing_ok=True)
    seconds = order.until - order.saving - time.monotonic()
    budget = Budget(
        seconds,
        most,
        spent=0.0 if before is None else min(before.share, _WHOLE),
        stop=stop.is_set,
        by_steps=most == config.steps,
    )
    curve = _Curve(place.losses(name), before, config, budget)
    trained = train(
        config,
        place.run(name),
        device=order.device,
        resume=True,
        half=True,
        weights=place.weights(name),
        snapshots={
            n: place.snapshot(name, n)
            for n in snapshot_steps(order.job, config.system, most, seconds)
        },
        watch=curve,
        examples=examples,
        budget=budget,
        log=False,
    )
    curve.close()
    card = training_card(name, config, trained)
    card["examples"] = curve.last.examples
    card["minutes"] = round(curve.last.seconds / 60, 3)
    card["share"] = round(curve.last.share, 4)
    write_json(place.card(name), card)
    return place.weights(name)


def is_trained(place: ZooFolder, job: Job) -> bool:
    """Whether a training has ended before, with the configuration that it would have now."""
    try:
        card = read_json(place.card(job.name))
    except BadInput:
        return False
    try:  # a field that came later has its default in an older card
        config = TrainingConfig.model_validate(card.get("config"))
    except ValidationError:
        return False
    # By the clock a training has other steps every time.
    wanted = job_config(job)[0].model_copy(update={"steps": config.steps, "epochs": config.epochs})
    whole = card.get("share", 0.0) >= _WHOLE
    same = card_config(config) == card_config(wanted)
    return whole and place.weights(job.name).is_file() and same


def is_written(place: ZooFolder, name: str, point: Point | None) -> bool:
    """Whether weights and card are those of the last point of a training's curve."""
    try:
        steps = read_json(place.card(name)).get("steps")
    except BadInput:
        return False
    return point is not None and steps == point.step and place.weights(name).is_file()


def last_point(place: ZooFolder, name: str) -> Point | None:
    """How far a training is, from its curve; None where it has not begun."""
    try:
        with place.losses(name).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 8192))
            lines = file.read().splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        try:
            return Point(**parse_json(line.decode(errors="replace"), name))
        except (BadInput, TypeError):  # half a line, of a process that was killed
            continue
    return None


def carry_out(order: Order) -> None:
    """What a training's process does: its log, its signals, its exit code (0 trained, 1 failed)."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    os.environ.update(order.environment)
    log = order.place.log(order.job.name)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8", buffering=1) as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
        try:
            train_model(order, stop)
        except Exception as error:
            if not isinstance(error, BadInput):
                traceback.print_exc()
            file.write(f"{_sentence(error)}\n")
            sys.exit(1)


def _sentence(error: Exception) -> str:
    """What a fault was, as the summary says it."""
    if out_of_memory(error.__cause__ or error):
        return "the GPU's memory is full; give fewer trainings at a time with --side-by-side"
    if isinstance(error, BadInput):
        return str(error)
    return named_line(error)


class _Curve:
    """A training's `Watch` that writes its losses' curve, a point every few seconds.

    Args:
        path: a JSON object a line; a training that goes on adds to it.
        before: the last point of its earlier parts.
        config, budget: of the training.
    """

    def __init__(
        self, path: Path, before: Point | None, config: TrainingConfig, budget: Budget
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")
        self._config, self._budget = config, budget
        self._begun = time.monotonic()
        self._written = self._begun
        self.last = before or Point(0, 0.0, 0.0, 0, {})
        self._earlier, self._step = self.last.seconds, self.last.step

    def __call__(self, done: int, total: int, losses: dict[str, float]) -> None:
        number, _ = self._config.phase(done - 1, max(done, total))
        batch = self._config.batches[number] if self._config.batches else self._config.batch
        seen = self.last.examples + batch * max(0, done - self.last.step)
        seconds = self._earlier + time.monotonic() - self._begun
        self.last = Point(done, seconds, self._budget.share(done), seen, losses)
        if time.monotonic() - self._written >= _EVERY:
            self._write()

    def close(self) -> None:
        """Writes the last point, where it is not there yet."""
        if self.last.step != self._step:
            self._write()
        self._file.close()

    def _write(self) -> None:
        self._written, self._step = time.monotonic(), self.last.step
        point = {
            "step": self.last.step,
            "seconds": round(self.last.seconds, 2),
            "share": round(self.last.share, 5),
            "examples": self.last.examples,
            "losses": {name: float(f"{value:.6g}") for name, value in self.last.losses.items()},
        }
        self._file.write(json.dumps(point) + "\n")
        self._file.flush()
