"""The training loop: one for all systems, on Lightning Fabric.

    train(read_config("small-spmpgan"), Path("runs/spmpgan"), device="cpu")

The run's folder gets `checkpoint.safetensors` as it goes and `weights.safetensors` at the end.
Started again with `resume`, a run goes on from its checkpoint to the same weights, bit for bit on a
CPU with the same number of threads: examples and random draws are keyed by the step. Ctrl-C and
SIGTERM save a checkpoint after the step at hand.
"""

from __future__ import annotations

import functools
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from baselines.training.budget import Budget
from baselines.training.captured import steps_of
from baselines.training.checkpoint import load_checkpoint, save_checkpoint
from baselines.training.config import TrainingConfig, TrainingData
from baselines.training.data import Examples, Scenes
from baselines.training.fabric import launch_fabric
from baselines.training.facts import TrainingFacts, files_of, training_facts
from baselines.training.feed import Turns, feed, turns
from baselines.training.log import Log
from baselines.training.readings import Readings
from baselines.training.recipe import Saved, TrainingRecipe
from baselines.training.stopping import stop_asked
from baselines.training.trainer import make_recipe
from bench.batch import EditBatch
from bench.core.device_faults import device_failure
from bench.core.errors import BadInput
from bench.core.float32 import float32, set_float32
from bench.core.identity import Record
from bench.plugins.systems import Watch
from masks import Stream

__all__ = ["CHECKPOINT", "WEIGHTS", "Opener", "Trained", "products_in_tf32", "train"]

CHECKPOINT = "checkpoint.safetensors"
WEIGHTS = "weights.safetensors"


Opener = Callable[[TrainingData, str, int], Examples]
"""The examples of a dataset, by configuration, the dataset's name, and seed."""


@dataclass(frozen=True)
class Trained:
    """A finished run.

    Attributes:
        saved: the weights that it wrote.
        facts: how they were trained.
    """

    saved: Saved
    facts: TrainingFacts

    @property
    def steps(self) -> int:
        """How many steps the weights have seen."""
        return self.facts.steps


def drawn_examples(config: TrainingData, dataset: str, seed: int) -> Examples:
    """Examples that are read or drawn when they are asked for."""
    return Examples(config, seed, Scenes(config, dataset))


@contextmanager
def products_in_tf32() -> Iterator[None]:
    """Inside the block products of matrices on a GPU are in TF32, as its convolutions are by default.

    Training's arithmetic, in this one place. What comes after training is as it was before.
    """
    if not torch.cuda.is_available():
        yield
        return
    before = float32()
    torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        set_float32(before)


@products_in_tf32()
def train(
    config: TrainingConfig,
    out: Path,
    *,
    device: str = "auto",
    resume: bool = False,
    half: bool = False,
    weights: Path | None = None,
    snapshots: Mapping[int, Path] | None = None,
    watch: Watch | None = None,
    examples: Opener = drawn_examples,
    budget: Budget | None = None,
    log: bool = True,
) -> Trained:
    """Trains a system.

    Args:
        config: the whole configuration.
        out: the run's folder.
        device: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1", "cuda:0,1" for several,
            "cpu:2" for two processes.
        resume: go on from the folder's checkpoint; begin where there is none.
        half: store the weights in half precision.
        weights: where they go; `weights.safetensors` in the folder where None.
        snapshots: where the weights of earlier steps go, by the number of steps done.
        watch: told of every step.
        examples: opens the examples of a dataset.
        budget: ends the run by the clock, on one device; the configuration's steps do not count then.
        log: write losses and images for TensorBoard, where it is installed.

    Raises:
        Unavailable: Lightning Fabric is not installed.
        BadInput: a folder with a run in it and no `resume`, a checkpoint of another configuration,
            a scene that cannot be read, no space, missing weights of a perceptual network, a run
            that diverged, or a device that fails or has too little memory. What was trained up to
            the last checkpoint is kept.
        KeyboardInterrupt: after Ctrl-C or SIGTERM; the message says which step is saved.
    """
    fabric = launch_fabric(device, config)
    sources = _sources(config, examples)
    own = _phase_sources(config, examples)
    steps = config.length(sum(len(source) for source in sources), fabric.world_size)
    if budget is not None:
        steps = budget.most
    # Keyed like every draw; ablations of one seed differ only where their layers do.
    torch.manual_seed(_word("initial", config.seed))
    recipe = make_recipe(config, sources)
    # Before the training: later another file may lie where it starts from.
    files = files_of(config, recipe.perceptual)
    contents = functools.cache(lambda: _contents(files, sources, own))
    with _device_faults(out, config, fabric.device):
        recipe.setup(fabric, steps)
        done = _begin(out, recipe, contents, resume, None if weights else out / WEIGHTS)
    writer = Log(out / "tensorboard", active=log and fabric.is_global_zero)
    known = steps  # `steps` becomes what the run has seen
    length = (lambda _: known) if budget is None else budget.length

    @functools.cache
    def data() -> list[Record]:
        found = [source.fingerprint() for source in (*sources, *own.values())]
        return [one for n, one in enumerate(found) if one not in found[:n]]

    def facts(done: int) -> TrainingFacts:
        device, devices = fabric.device.type, fabric.world_size
        return training_facts(
            config, files, data(), done, length=recipe.steps, device=device, devices=devices
        )

    def save(target: Path, done: int) -> Saved:
        recipe.facts = facts(done)
        with recipe.saved_weights():
            return recipe.save(target, half=half)

    def keep(done: int) -> None:
        if snapshots and done in snapshots and fabric.is_global_zero:
            recipe.changed()
            save(snapshots[done], done)

    try:
        turn = turns(
            config, sources, own, length, rank=fabric.global_rank, devices=fabric.world_size
        )
        with _device_faults(out, config, fabric.device):
            steps = _run(
                recipe, range(done, steps), turn, out, writer, watch, budget, keep, contents()
            )
    finally:
        writer.close()
    target = weights or out / WEIGHTS
    saved = Saved(target, "")
    if fabric.is_global_zero:
        with _device_faults(out, config, fabric.device):  # some systems read styles for it
            saved = save(target, steps)
    fabric.barrier()
    return Trained(saved, facts(steps))


def _run(
    recipe: TrainingRecipe,
    steps: range,
    turn: Turns,
    out: Path,
    log: Log,
    watch: Watch | None,
    budget: Budget | None,
    keep: Callable[[int], None],
    contents: Record,
) -> int:
    """Takes the steps, each told to `keep` once it is done; returns how many the run has seen in the end."""
    config, fabric, done = recipe.config, recipe.fabric, steps.start
    # SIGTERM, by which batch systems end a job, saves too; where there is a budget, its owner hears it.
    signals = (signal.SIGINT,) if budget is not None else (signal.SIGINT, signal.SIGTERM)
    with (
        stop_asked(tell=fabric.is_global_zero, signals=signals) as stopping,
        feed(turn, steps, fabric.device) as batches,
    ):
        train_step, readings = steps_of(recipe), Readings(fabric, out)
        for step, batch in zip(steps, batches):
            if budget is not None:
                recipe.steps = budget.length(step)
            recipe.prepare(step)
            seed = _word("step", config.seed, step, fabric.global_rank)
            readings.add(step, train_step(batch, step, seed))
            done, asked = step + 1, stopping()
            keep(done)
            last = done == steps.stop or (budget is not None and budget.over(done))
            shown = done % config.picture == 0 and log.installed
            saved = done % config.checkpoint == 0 or last
            if not (readings.due or shown or saved or asked):
                continue
            found, stop = readings.read(stop=asked)
            if fabric.is_global_zero:
                for one in found:
                    log.losses(one.losses, one.step + 1)
                if shown or saved or stop:
                    recipe.changed()
                if shown:
                    _show(recipe, batch, log, done)
                if saved or stop:
                    _save(out / CHECKPOINT, recipe, done, contents)
                if watch is not None:
                    for one in found:
                        watch(one.step + 1, recipe.steps, one.losses)
            if stop:
                raise KeyboardInterrupt(
                    f"stopped after step {done} of {steps.stop}, which is saved"
                )
            if last:
                break
    recipe.steps = done if budget is None else budget.whole(done)
    return done


@contextmanager
def _device_faults(out: Path, config: TrainingConfig, device: torch.device) -> Iterator[None]:
    """A block that a device's fault ends in one sentence.

    Raises:
        DeviceFailed: in the block, where the device's memory does not suffice or it cannot go on.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        failed = device_failure(
            error,
            doing=f"{out}: training with {config.batch} examples a step",
            device=str(device),
            lower="lower batch, which makes it another training",
            kept="the last checkpoint is kept, and --resume goes on from it",
        )
        if failed is None:
            raise
        raise failed from error


def _save(path: Path, recipe: TrainingRecipe, done: int, contents: Record) -> None:
    identity = recipe.config.identity()
    save_checkpoint(path, recipe.players, done, identity, recipe.average, contents)


def _show(recipe: TrainingRecipe, batch: EditBatch, log: Log, step: int) -> None:
    assert batch.original is not None
    with recipe.saved_weights():
        log.images({"masked": batch.masked, "output": recipe.images(batch)}, step)
    log.images({"true": batch.original}, step)


def _begin(
    out: Path,
    recipe: TrainingRecipe,
    contents: Callable[[], Record],
    resume: bool,
    written: Path | None,
) -> int:
    """How many steps are done; `written` is the file of weights that must not be there before."""
    path = out / CHECKPOINT
    if not path.is_file():
        if written is not None and written.exists():
            raise BadInput(
                f"{written}: is there already, without the checkpoint of its training; move it away, or "
                "give another folder"
            )
        return 0
    if not resume:
        raise BadInput(f"{path}: a run is here already; give --resume or another folder")
    identity = recipe.config.identity()
    return load_checkpoint(path, recipe.players, identity, recipe.average, contents())


def _contents(files: Record, sources: Sequence[Examples], own: Mapping[int, Examples]) -> Record:
    """What lies in all the files that a configuration names."""
    return {
        "perceptual": files["perceptual"],
        "start": files["start"].tensors_sha256 if "start" in files else None,
        "data": {str(number): one.contents() for number, one in enumerate(sources)},
        "phase_data": {str(number): one.contents() for number, one in own.items()},
    }


def _sources(config: TrainingConfig, examples: Opener) -> Sequence[Examples]:
    names = (config.data.dataset, *config.data.also)
    return [examples(config.data, name, config.seed) for name in names]


def _phase_sources(config: TrainingConfig, examples: Opener) -> dict[int, Examples]:
    """The examples of the phases that have their own, by the phase's number."""
    return {
        number: examples(data, data.dataset, config.seed)
        for number, data in enumerate(config.phase_data)
        if data is not None
    }


def _word(*key: str | int) -> int:
    return int(Stream("training draws", *key).words(1)[0] >> 1)
