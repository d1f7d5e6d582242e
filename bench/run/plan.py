"""What a run will do, decided before it starts: tasks, their edits' places, methods, metrics.

Nothing is drawn or read here beyond scene ids, so planning a large suite takes no time; a shard is a
list of (scene, sample) pairs, and everything in it follows from the plan alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import masks
from bench.core.errors import BadInput
from bench.core.identity import Record, record_hash
from bench.core.text import slug
from bench.datasets import Dataset, Fit
from bench.edit import EditName
from bench.run.data import open_data
from bench.run.prompts import read_prompts
from bench.suite.places import beside, segmenter_beside
from bench.suite.protocols import asked, make_protocol
from bench.suite.schema import Composite, DatasetEntry, Quantise, Suite, TaskEntry
from masks.streams import Stream

__all__ = [
    "SHARD",
    "Plan",
    "Shard",
    "Task",
    "narrowed",
    "pairing_problems",
    "plan_run",
    "scenes_a_shard",
]

SHARD = 16
"""Edits a shard, about. Fixed: a shard is what is written at once, and numbers must not depend on it."""


@dataclass(frozen=True, eq=False)
class Task:
    """Edits of one protocol over one dataset, resolved.

    Attributes:
        name: as the suite and the tables name it.
        data: the suite's name of the dataset.
        dataset: opened, but nothing read.
        scenes: the ids that take part, in the dataset's order.
        protocol: draws the edits; a pack offers the same.
        record: the readable side of the protocol hash, without metrics.
        prompts: texts for editors that read words, by scene or edit id.
        segmenter: the segmenter that the suite gives this dataset, by name or file.
    """

    name: str
    title: str
    data: str
    dataset: Dataset
    fit: Fit
    scenes: tuple[str, ...]
    protocol: masks.Protocol
    samples: int
    references: int
    seed: int
    composite: Composite
    quantise: Quantise
    segmenter: str | None
    record: Record
    prompts: Mapping[str, str] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        """The task's folder name."""
        return slug(self.name)

    def shards(self) -> Iterator[Shard]:
        """The task's edits in plan order, about `SHARD` at a time.

        A scene's edits stay in one shard, because some metrics compare them with each other.
        """
        for number in range(-(-len(self.scenes) // scenes_a_shard(self.samples))):
            yield self.shard(number)

    def shard(self, number: int) -> Shard:
        """One of `shards`, counted from 0."""
        each = scenes_a_shard(self.samples)
        scenes = self.scenes[number * each : (number + 1) * each]
        pairs = [(scene, sample) for scene in scenes for sample in range(self.samples)]
        return Shard(self, number, tuple(pairs))

    def prompt_of(self, scene: str, sample: int) -> str | None:
        """The text of an edit: its own, else its scene's, else None."""
        keys = (*self.edit_names(scene, sample), scene)
        return next((self.prompts[key] for key in keys if key in self.prompts), None)

    def references_of(self, scene: str, sample: int) -> tuple[str, ...]:
        """The scenes whose styles an edit may take."""
        if self.references == 0:
            return ()
        return tuple(
            masks.references(
                self.protocol.drawn_by,
                self.dataset.name,
                scene,
                self.dataset.ids,
                self.references,
                seed=self.seed,
                sample=sample,
            )
        )

    def edit_id(self, scene: str, sample: int) -> str:
        """The id of an edit, unique in the task and safe as a file name."""
        return slug(scene) if self.samples == 1 else f"{slug(scene)}.{sample}"

    def edit_names(self, scene: str, sample: int) -> tuple[str, str]:
        """What people may call an edit: its id, and the same with the scene's name as it is."""
        safe = self.edit_id(scene, sample)
        return safe, scene + safe.removeprefix(slug(scene))

    @property
    def planned(self) -> int:
        """How many edits are asked for; some may turn out impossible."""
        return len(self.scenes) * self.samples


@dataclass(frozen=True, eq=False)
class Shard:
    """Some consecutive edits of a task; its work is a pure function of the plan.

    Attributes:
        task: the task.
        number: counts the task's shards from 0.
        pairs: (scene, sample) of every edit.
    """

    task: Task
    number: int
    pairs: tuple[tuple[str, int], ...]

    def names(self) -> Iterator[EditName]:
        """The edits of `pairs` by name, those that will turn out impossible among them."""
        task = self.task
        for scene, sample in self.pairs:
            drawn_by, edit = task.protocol.drawn_by, task.edit_id(scene, sample)
            yield EditName(task.name, task.data, drawn_by, scene, sample, edit)


@dataclass(frozen=True, eq=False)
class Plan:
    """A suite, resolved against the data that is here.

    `shuffled`: whether scenes come in a keyed random order instead of the dataset's.
    """

    suite: Suite
    tasks: tuple[Task, ...]
    shuffled: bool = False

    @property
    def planned(self) -> int:
        """How many edits all tasks ask for."""
        return sum(task.planned for task in self.tasks)


def scenes_a_shard(samples: int) -> int:
    """How many scenes make a shard, where each has so many edits."""
    return max(1, SHARD // samples)


def plan_run(
    suite: Suite,
    *,
    data: Mapping[str, Path] | None = None,
    limit: int | None = None,
    seed: int | None = None,
    shuffled: bool = False,
    trust: bool = False,
) -> Plan:
    """Resolves a suite's datasets and protocols.

    Args:
        suite: the checked suite.
        data: folders by the suite's dataset names (or registered names), before any other place.
        limit: at most this many scenes a dataset.
        seed: in place of the suite's seed.
        shuffled: take scenes in a keyed random order; the edits are the same.
        trust: agreement to import the modules that the suite names as datasets and protocols.

    Raises:
        BadInput: unknown dataset or protocol, a wrong parameter, a dataset that is not there.
    """
    suite = narrowed(suite, limit=limit, seed=seed)
    for name in data or {}:
        if name not in suite.datasets and name not in {d.dataset for d in suite.datasets.values()}:
            raise BadInput(f"--data {name}=...: suite {suite.name!r} has no dataset {name!r}")
    opened = {name: open_data(suite, name, data or {}, trust) for name in suite.datasets}
    tasks = [
        _task(suite, entry, suite.datasets[str(entry.dataset)], opened[str(entry.dataset)], trust)
        for entry in suite.single_tasks()
    ]
    if shuffled:
        tasks = [dataclasses.replace(task, scenes=_shuffled(task)) for task in tasks]
    return Plan(suite, tuple(tasks), shuffled)


def pairing_problems(suite: Suite, *, trust: bool = False) -> list[str]:
    """What is wrong with tasks whose edits depend on the scenes' names or order, such as a folder of masks.

    Only tasks whose data is here are looked at, and nothing but the scenes' ids is read.

    Args:
        suite: a suite whose names and parameters are good.
        trust: as `plan_run` takes it.
    """
    problems = []
    for entry in suite.single_tasks():
        if entry.pack is not None:
            problems += _half_used(suite, entry)
            continue
        protocol = make_protocol(
            str(entry.protocol), entry.parameters, trust=trust, home=suite.home
        )
        if type(protocol).paired_with is masks.Protocol.paired_with:
            continue
        name = str(entry.dataset)
        try:
            scenes = open_data(suite, name, {}, trust).ids
        except BadInput:
            continue  # its data is not here
        try:
            protocol.paired_with(scenes)
        except masks.MaskError as error:
            problems.append(f"task {entry.name!r}: {error}")
    return problems


def _half_used(suite: Suite, entry: TaskEntry) -> list[str]:
    """A pack, where it is here, that holds another number of samples than its task takes."""
    try:
        held = masks.Packed(folder=beside(str(entry.pack), suite.home)).samples
    except masks.MaskError:
        return []
    if held == entry.samples:
        return []
    return [
        f"task {entry.name!r}: pack {entry.pack} holds {held} samples a scene, but the task takes "
        f"{entry.samples}; set `samples: {held}`"
    ]


def narrowed(
    suite: Suite,
    *,
    limit: int | None = None,
    seed: int | None = None,
    batch_size: int | None = None,
) -> Suite:
    """The suite with what a command says in place of its own fields.

    Args:
        suite: the checked suite.
        limit: at most this many scenes a dataset.
        seed: in place of the suite's seed.
        batch_size: in place of the suite's batch size.
    """
    changes: dict[str, Any] = {}
    if seed is not None:
        changes["seed"] = seed
    if batch_size is not None:
        changes["batch_size"] = batch_size
    if limit is not None:
        changes["datasets"] = _limited(suite.datasets, limit)
    return suite.model_copy(update=changes)


def _shuffled(task: Task) -> tuple[str, ...]:
    """The scenes by a random word of their own, so that one more scene moves no other."""
    name = task.dataset.name
    return tuple(
        sorted(task.scenes, key=lambda s: (int(Stream("order", name, s, task.seed).words(1)[0]), s))
    )


def _limited(datasets: Mapping[str, DatasetEntry], limit: int) -> dict[str, DatasetEntry]:
    return {
        name: entry.model_copy(update={"limit": min(limit, entry.limit or limit)})
        for name, entry in datasets.items()
    }


def _task(
    suite: Suite, entry: TaskEntry, data: DatasetEntry, dataset: Dataset, trust: bool
) -> Task:
    name = str(entry.name)
    scenes = dataset.ids
    if not scenes:
        raise BadInput(f"task {name!r}: dataset {dataset.name!r} has no scenes")
    protocol, drawn_by = _protocol(suite, entry, scenes, trust)
    composite = entry.composite or suite.composite
    quantise = entry.quantise or suite.quantise
    fit = Fit(data.size, data.fit)
    record = {
        "dataset": dataset.name,
        "subset": data.split,
        "fingerprint": dataset.fingerprint(),
        "scenes": record_hash({"ids": list(scenes)}),
        "n_scenes": len(scenes),
        "size": None if fit.size is None else list(fit.size),
        "fit": fit.mode,
        **drawn_by,
        "seed": suite.seed,
        "samples": entry.samples,
        "references": entry.references,
        "composite": composite,
        "quantise": quantise,
    }
    task = Task(
        name=name,
        title=str(entry.title),
        data=str(entry.dataset),
        dataset=dataset,
        fit=fit,
        scenes=scenes,
        protocol=protocol,
        samples=entry.samples,
        references=entry.references,
        seed=suite.seed,
        composite=composite,
        quantise=quantise,
        segmenter=data.segmenter and segmenter_beside(data.segmenter, suite.home),
        record=record,
    )
    if entry.prompts is None:
        return task
    every = ((scene, sample) for scene in scenes for sample in range(task.samples))
    ids = {edit for scene, sample in every for edit in task.edit_names(scene, sample)}
    prompts = read_prompts(name, Path(beside(entry.prompts, suite.home)), {*scenes, *ids})
    return replace(task, prompts=prompts, record={**record, "prompts": record_hash(prompts)})


def _protocol(
    suite: Suite, entry: TaskEntry, scenes: Sequence[str], trust: bool
) -> tuple[masks.Protocol, dict[str, Any]]:
    """The task's source of edits and what the protocol hash says of it."""
    try:
        if entry.pack is not None:
            protocol: masks.Protocol = masks.Packed(folder=beside(entry.pack, suite.home))
        else:
            protocol = make_protocol(
                str(entry.protocol), entry.parameters, trust=trust, home=suite.home
            )
        with asked(protocol, "reading its facts"):
            paired = protocol.paired_with(scenes)
            identity = protocol.identity
            record_hash({"identity": identity})
        # The record names the scenes in a field of their own, so here is the protocol before pairing.
        return paired, {"protocol": protocol.key, "parameters": identity}
    except (BadInput, masks.MaskError) as error:
        raise BadInput(f"task {entry.name!r}: {error}") from None
