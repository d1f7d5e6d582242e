"""A shard's edits, drawn: scenes read once, protocol applied, answers found.

Runs in worker threads ahead of the painting; everything here is a pure function of the shard.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import masks
from bench.core.errors import BadInput
from bench.core.text import slug
from bench.datasets import Dataset, RendersWithout
from bench.edit import Answer, Edit
from bench.run.plan import Shard, Task
from bench.scene import Scene, cut_scene

__all__ = ["Job", "Prepared", "Unmade", "prepare_shard"]


@dataclass(frozen=True, eq=False)
class Job:
    """An edit with its answer and the pictures that editors may take styles from."""

    edit: Edit
    answer: Answer
    references: tuple[Scene, ...] = ()


@dataclass(frozen=True)
class Unmade:
    """An edit that cannot be made, or whose scene cannot be read."""

    scene: str
    sample: int
    reason: str
    broken: bool = False
    """True where the input is at fault (a bad file), which counts as a failure."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """The outcome of a shard's plan: jobs in plan order, and what could not be made."""

    jobs: tuple[Job, ...]
    unmade: tuple[Unmade, ...]


def prepare_shard(shard: Shard) -> Prepared:
    """Reads the shard's scenes and draws its edits.

    A scene that cannot be read fails its own edits and no others.
    """
    task = shard.task
    jobs: list[Job] = []
    unmade: list[Unmade] = []
    scene: Scene | None = None
    for scene_id, sample in shard.pairs:
        try:
            if scene is None or scene.id != scene_id:
                scene = task.dataset.read(scene_id, task.fit)
            outcome = _job(task, scene, sample)
        except BadInput as error:
            unmade.append(Unmade(scene_id, sample, str(error), broken=True))
            scene = None
            continue
        except masks.MaskError as error:
            unmade.append(Unmade(scene_id, sample, str(error), broken=True))
            continue
        if isinstance(outcome, Job):
            jobs.append(outcome)
        else:
            unmade.append(Unmade(scene_id, sample, outcome.reason))
    return Prepared(tuple(jobs), tuple(unmade))


def _job(task: Task, scene: Scene, sample: int) -> Job | masks.Impossible:
    site = masks.Site(
        task.dataset.name, scene.id, scene.labels, scene.instances, task.dataset.space.classes
    )
    drawn = task.protocol.draw(site, seed=task.seed, sample=sample)
    if isinstance(drawn, masks.Impossible):
        return drawn
    if not drawn.mask.any():
        return masks.Impossible("the mask is empty")
    image = (
        scene.image if drawn.window is None else cut_scene(scene.image, drawn.window, drawn.mask)
    )
    references = _references(task, scene.id, sample)
    edit = Edit(
        id=_edit_id(task, scene.id, sample),
        dataset=task.dataset.name,
        scene=scene.id,
        sample=sample,
        seed=task.seed,
        operation=task.protocol.operation,
        mask=drawn.mask,
        labels=drawn.labels,
        instances=drawn.instances,
        region=drawn.region,
        references=references,
        task=task.name,
        data=task.data,
        protocol=task.protocol.drawn_by,
    )
    pictures = tuple(task.dataset.read(name, task.fit) for name in references)
    return Job(edit, _answer(task, scene, drawn, image), pictures)


def _edit_id(task: Task, scene: str, sample: int) -> str:
    return slug(scene) if task.samples == 1 else f"{slug(scene)}.{sample}"


def _references(task: Task, scene: str, sample: int) -> tuple[str, ...]:
    if task.references == 0:
        return ()
    return tuple(
        masks.references(
            task.protocol.drawn_by,
            task.dataset.name,
            scene,
            task.dataset.ids,
            task.references,
            seed=task.seed,
            sample=sample,
        )
    )


def _answer(task: Task, scene: Scene, drawn: masks.DrawnEdit, image: np.ndarray) -> Answer:
    if drawn.ground_truth == "original":
        return Answer(image, image)
    if drawn.ground_truth == "without-object" and drawn.removed is not None:
        return _without(task.dataset, scene, drawn, task, image)
    return Answer(image, None, f"{task.protocol.key} asks for a picture that nobody has")


def _without(
    dataset: Dataset, scene: Scene, drawn: masks.DrawnEdit, task: Task, image: np.ndarray
) -> Answer:
    if not isinstance(dataset, RendersWithout):
        return Answer(image, None, "an object removed from a photograph has no true answer")
    assert drawn.removed is not None
    truth = dataset.read_without(scene.id, drawn.removed, task.fit)
    if drawn.window is not None:
        truth = cut_scene(truth, drawn.window, drawn.mask)
    return Answer(image, truth)
