"""SIEDOB as an editor (docs/protocol/rivals.md, A.6 and A.10)."""

from __future__ import annotations

from functools import cache
from typing import Literal

import torch
from torch import Generator, Tensor

from baselines.adapters.demands import Demands
from baselines.adapters.network_editor import NetworkEditor
from baselines.adapters.options import Arithmetic, EdgeSource, Precision, check_choice
from baselines.adapters.references import ReadReferences
from baselines.siedob import SIEDOB, VARIANTS, StyleImages, StyleSource
from baselines.siedob.assembly import cut, objects_of, visible_objects
from baselines.siedob.bank import ObjectBank
from bench.batch import EditBatch, Reference
from bench.core.errors import BadInput, EditFailed
from bench.plugins.editors import TaskFacts

__all__ = ["ObjectStyles", "SIEDOBEditor"]

ObjectStyles = Literal["bank", "reference"]
"""Where the look of an erased object comes from."""


class SIEDOBEditor(NetworkEditor[SIEDOB]):
    """SIEDOB (CVPR 2023): paints background and objects apart, and fuses them.

    Objects of the weights' object classes that an edit touches are painted by networks of their own:
    completed where something of them is visible, else in the look of another object. A dataset
    without instance maps has one object for every connected piece of such a class.

    Args:
        weights: a safetensors file of `siebench models import siedob`.
        variant: refuse weights of another variant; any where None.
        styles: where the look of an erased object comes from. "bank" = objects drawn by the edit's
            seed from the weights' bank; where that has none of the class, the largest visible
            object of the class in the same image. "reference" = the largest object of the class
            in the edit's reference images; where they show none, as "bank".
        edges: where the edge channel comes from.
        precision: of convolutions and products; the halves change images by grey levels.
        compile: fuse pixel-by-pixel arithmetic into compiled kernels; takes seconds to start.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant; an option
            that is not one of its words.
    """

    system = "siedob"
    network_class = SIEDOB
    variants = tuple(VARIANTS)

    def __init__(
        self,
        weights: str,
        variant: str | None = None,
        styles: ObjectStyles = "bank",
        edges: EdgeSource = "regions",
        precision: Precision = "float32",
        compile: bool = False,
    ) -> None:
        check_choice("siedob", "styles", styles, ObjectStyles)
        check_choice("siedob", "edges", edges, EdgeSource)
        self.load(weights, variant, Arithmetic(precision, compile), styles=styles, edges=edges)
        self.styles: ObjectStyles = styles
        self.edges: EdgeSource = edges
        self.bank = ObjectBank.of_tensors(self.extras)
        self.needs = frozenset({"references"}) if styles == "reference" else frozenset()
        self._objects_of = ReadReferences(self._read)

    @property
    def demands(self) -> Demands:
        """Labels of the weights, masked and known pixels, and sides that are multiples of 16."""
        config, space = self.network.config, self.card.label_space
        return Demands(config.classes, space, multiple=config.divisor, masked=True, known=True)

    def check(self, task: TaskFacts) -> None:
        """Refuses a task whose every edit would fail.

        Raises:
            BadInput: as every editor with a network; or an object class that the label space has
                not, or calls otherwise.
        """
        super().check(task)
        for one in self.network.config.objects:
            names = task.space.classes
            called = names[one.label] if one.label < len(names) else None
            if called != one.name:
                has = "which it has not" if called is None else f"which it calls {called!r}"
                raise BadInput(
                    f"labels: the weights paint objects of class {one.label} ({one.name}) of "
                    f"{task.space.name!r}, {has}; choose weights of this label space"
                )

    def generate(self, batch: EditBatch) -> Tensor:
        """Images with background and objects painted.

        Raises:
            EditFailed: an erased object of a class for which nothing gives a look.
        """
        # Official networks were trained on images as OpenCV reads them: BGR.
        known = batch.masked.flip(1).contiguous(memory_format=torch.channels_last)
        hole = batch.masked_region[:, 0]
        objects = objects_of(batch.labels, batch.instances, self.network.config)
        edges = batch.edges(self.edges)[:, 0] > 0
        looks = self._looks(batch, known, objects)
        images = self.network(
            known, hole, batch.labels, objects, edges, looks, carry_out=self.replayed
        )
        fused: Tensor = images.fused.flip(1)
        return fused.clamp(-1, 1)

    def _looks(self, batch: EditBatch, known: Tensor, objects: Tensor) -> StyleSource:
        """What gives erased objects their look; each edit draws once for each class, in their order."""
        config = self.network.config

        @cache
        def drawn(item: int) -> list[StyleImages | None]:
            generator: Generator = batch.generator(item)
            return [
                self.bank.draw(one.label, config.style_pictures, generator)
                for one in config.objects
            ]

        def look(item: int, kind: int) -> StyleImages:
            found = self._of_references(batch, item).get(kind) or drawn(item)[kind]
            if found is None:
                here = slice(item, item + 1)
                shown = self._largest(
                    known[here],
                    batch.labels[here],
                    objects[here],
                    batch.masked_region[here, 0],
                )
                found = shown.get(kind)
            if found is None:
                raise EditFailed(
                    f"styles: edit {batch.ids[item]}: an object of class "
                    f"{config.objects[kind].name!r} is hidden completely, and no bank, reference or "
                    "visible object of the class says how it looks; import the weights with "
                    "--style-codes (objects, or a prepared dataset), or give references that show "
                    "one (`styles: reference`)"
                )
            return StyleImages(found.images.to(known), found.instances.to(known.device))

        return look

    def _of_references(self, batch: EditBatch, item: int) -> dict[int, StyleImages]:
        """{kind: the largest object} of an edit's references, the first one's first."""
        if self.styles != "reference":
            return {}
        if batch.references is None or not batch.references[item]:
            raise EditFailed(
                f"references: edit {batch.ids[item]} has no reference image; "
                "give the task `references`, or use `styles: bank`"
            )
        found: dict[int, StyleImages] = {}
        for reference in batch.references[item]:
            for kind, look in self._objects_of(reference).items():
                found.setdefault(kind, look)
        return found

    def _read(self, reference: Reference) -> dict[int, StyleImages]:
        labels = reference.labels[None]
        instances = None if reference.instances is None else reference.instances[None]
        objects = objects_of(labels, instances, self.network.config)
        nothing = torch.zeros_like(labels, dtype=torch.bool)
        return self._largest(reference.image[None].flip(1), labels, objects, nothing)

    def _largest(
        self, known: Tensor, labels: Tensor, objects: Tensor, hole: Tensor
    ) -> dict[int, StyleImages]:
        """{kind: its largest visible object} of one image."""
        config = self.network.config
        first: dict[int, StyleImages] = {}
        for one in visible_objects(labels, objects, hole, config):
            if one.kind not in first:
                crop = cut(known, hole, [one], config.object_size)
                first[one.kind] = StyleImages(crop.image, crop.instance)
        return first
