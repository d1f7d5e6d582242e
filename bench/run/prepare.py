"""A shard's edits, drawn: scenes read once, protocol applied, ground truth found.

Runs in threads ahead of the editing; everything here is a pure function of the shard.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import masks
from bench.core.device_faults import device_failure
from bench.core.errors import BadInput
from bench.datasets import Dataset, KnowsStyle, RendersWithout
from bench.edit import Edit, GroundTruth, KnownStyle
from bench.run.plan import Shard, Task
from bench.scene import Scene, UInt8, cut_scene
from bench.suite.protocols import asked, check_drawn

__all__ = ["PreparedEdit", "PreparedShard", "Unmade", "prepare_shard"]


@dataclass(frozen=True, eq=False)
class PreparedEdit:
    """An edit with everything that is looked at while it is carried out.

    Attributes:
        edit: the edit.
        original: uint8 [H,W,3], the image before the edit (its known pixels are the known pixels).
        ground_truth: the true image after it, or why there is none.
        references: the scenes that an editor may take styles from.
    """

    edit: Edit
    original: UInt8
    ground_truth: GroundTruth
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
class PreparedShard:
    """A shard's edits in plan order, and those that could not be made."""

    edits: tuple[PreparedEdit, ...]
    unmade: tuple[Unmade, ...]


def prepare_shard(shard: Shard) -> PreparedShard:
    """Reads the shard's scenes and draws its edits.

    A scene that cannot be read fails its own edits and no others.

    Raises:
        DeviceFailed: where memory does not suffice, which is no fault of a scene.
    """
    task = shard.task
    edits: list[PreparedEdit] = []
    unmade: list[Unmade] = []
    styles: dict[str, Scene] = {}
    scene: Scene | None = None
    for scene_id, sample in shard.pairs:
        try:
            if scene is None or scene.id != scene_id:
                scene = task.dataset.read(scene_id, task.fit)
            outcome = _prepared(task, scene, sample, styles)
        except (BadInput, MemoryError) as error:
            _stop_where_memory_ended(scene_id, error)
            unmade.append(Unmade(scene_id, sample, str(error), broken=True))
            scene = None
            continue
        except masks.MaskError as error:
            unmade.append(Unmade(scene_id, sample, str(error), broken=True))
            continue
        if isinstance(outcome, PreparedEdit):
            edits.append(outcome)
        else:
            unmade.append(Unmade(scene_id, sample, outcome.reason))
    return PreparedShard(tuple(edits), tuple(unmade))


def _stop_where_memory_ended(scene: str, error: Exception) -> None:
    """Whether it was the scene's fault at all.

    Raises:
        DeviceFailed: where it was not.
    """
    lower = "lower --workers, which read ahead, or close what else uses it"
    failure = device_failure(error, doing=f"reading scene {scene!r}", device="cpu", lower=lower)
    if failure is not None:
        raise failure from error


def _prepared(
    task: Task, scene: Scene, sample: int, styles: dict[str, Scene]
) -> PreparedEdit | masks.Impossible:
    """One edit; `styles` holds the reference scenes that this shard has read, and grows."""
    site = masks.Site(
        task.dataset.name, scene.id, scene.labels, scene.instances, task.dataset.space.classes
    )
    with asked(task.protocol, "draw()"):
        drawn = task.protocol.draw(site, seed=task.seed, sample=sample)
        check_drawn(task.protocol, site, drawn)
    if isinstance(drawn, masks.Impossible):
        return drawn
    if not drawn.mask.any():
        return masks.Impossible("the mask is empty")
    image = (
        scene.image if drawn.window is None else cut_scene(scene.image, drawn.window, drawn.mask)
    )
    references = task.references_of(scene.id, sample)
    edit = Edit(
        id=task.edit_id(scene.id, sample),
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
        prompt=task.prompt_of(scene.id, sample),
        task=task.name,
        data=task.data,
        protocol=task.protocol.drawn_by,
    )
    for name in references:
        if name not in styles:
            styles[name] = task.dataset.read(name, task.fit)
    truth = _ground_truth(task, scene, drawn, image)
    return PreparedEdit(edit, image, truth, tuple(styles[name] for name in references))


def _ground_truth(task: Task, scene: Scene, drawn: masks.DrawnEdit, image: UInt8) -> GroundTruth:
    if drawn.ground_truth == "original":
        return GroundTruth(image, style=_known_style(task, scene, drawn))
    if drawn.ground_truth != "without-object" or drawn.removed is None:
        return GroundTruth(None, f"{task.protocol.key} asks for an image that nobody has")
    dataset: Dataset = task.dataset
    if not isinstance(dataset, RendersWithout):
        return GroundTruth(None, "an object removed from a photograph has no ground truth")
    without = dataset.read_without(scene.id, drawn.removed, task.fit)
    if drawn.window is not None:
        without = cut_scene(without, drawn.window, drawn.mask)
    return GroundTruth(without, style=_known_style(task, scene, drawn))


def _known_style(
    task: Task, scene: Scene, drawn: masks.DrawnEdit
) -> Callable[[], KnownStyle] | None:
    """What draws the ground truth's style; no metric may ask for it, so it is drawn when one does.

    That of a window is not known: it shows the scene at another scale.
    """
    dataset: Dataset = task.dataset
    if not isinstance(dataset, KnowsStyle) or drawn.window is not None:
        return None
    without = drawn.removed if drawn.ground_truth == "without-object" else None
    return functools.partial(dataset.read_style, scene.id, task.fit, without)
