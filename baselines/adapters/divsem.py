"""DivSem as an editor (docs/protocol/editing.md, B.3 and B.4)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from baselines.adapters.fitting import fit_reference
from baselines.adapters.options import Arithmetic, EdgeSource, Precision, check_choice
from baselines.adapters.progressive import ProgressiveEditor
from baselines.adapters.references import ReadReferences
from baselines.divsem import VARIANTS, DivSem
from baselines.layers.condition import Condition
from baselines.layers.label_map import fixed_sizes
from baselines.layers.progressive import StageImages
from baselines.layers.region_style import (
    ShownRegions,
    most_regions,
    separate_regions,
    shown_regions,
)
from baselines.style_bank import StyleBank
from bench.batch import EditBatch, Reference
from bench.core.device import upload
from bench.core.errors import EditFailed

__all__ = ["DivSemEditor", "Styles"]

Styles = Literal["bank", "reference"]
"""Where the style of a hidden region comes from."""


class DivSemEditor(ProgressiveEditor[DivSem]):
    """DivSem (2023): one style vector per region, from what is visible, a bank or a reference.

    An image of another size is brought to the network's square and back.

    Args:
        weights: a safetensors file of `siebench models import divsem`.
        variant: refuse weights of another variant; any where None.
        styles: where the style of a fully hidden region comes from: "bank" = a random vector of its
            class from the bank in the weights file, "reference" = the same class in the edit's
            reference images (the bank where they do not show it). References also give the
            touched regions of "restyle" edits their styles.
        first_label: the network's channel of the label space's class 0 (released: 0).
        edges: where the edge channel comes from.
        precision: of convolutions and products; the halves change images by grey levels.
        compile: fuse pixel-by-pixel arithmetic into compiled kernels; takes seconds to start.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant.
    """

    system = "divsem"
    network_class = DivSem
    variants = tuple(VARIANTS)

    def __init__(
        self,
        weights: str,
        variant: str | None = None,
        styles: Styles = "bank",
        first_label: int = 0,
        edges: EdgeSource = "regions",
        precision: Precision = "float32",
        compile: bool = False,
    ) -> None:
        check_choice("divsem", "styles", styles, Styles)
        self.load_progressive(
            weights,
            variant,
            Arithmetic(precision, compile),
            border="visible",
            first_label=first_label,
            edges=edges,
            styles=styles,
        )
        self.bank = StyleBank.of_rows(
            self.extras.get("style_bank"), self.extras.get("style_bank_classes")
        )
        self.needs = frozenset({"references"}) if styles == "reference" else frozenset()
        self._styles_of = ReadReferences(self._read)

    def run(self, batch: EditBatch, masked: Tensor, condition: Condition) -> Tensor:
        """The last stage's raw images, with the regions' styles unless the variant has none.

        Raises:
            EditFailed: a hidden region of a class that neither a reference nor the bank has a
                style for.
        """
        planes = (condition.labels, condition.edges, condition.mask)
        if not self.network.config.styled:
            return self.replayed(self._image, masked, *planes)
        instances = separate_regions(batch.labels, batch.instances)
        most = most_regions(instances) if fixed_sizes(masked.device) else None
        seen = shown_regions(condition.mask, instances, most, masked.dtype)
        given, kinds = self._given(batch, seen, condition.labels)
        regions = (seen.regions, seen.items, seen.visible, seen.used)
        return self.replayed(
            self._styled_image,
            masked,
            *planes,
            *regions,
            upload(given, masked.device),
            upload(kinds, masked.device),
        )

    def _image(self, masked: Tensor, labels: Tensor, edges: Tensor, mask: Tensor) -> Tensor:
        return self._last(masked, Condition(labels, edges, mask, self.network.config.classes))

    def _styled_image(
        self,
        masked: Tensor,
        labels: Tensor,
        edges: Tensor,
        mask: Tensor,
        regions: Tensor,
        items: Tensor,
        visible: Tensor,
        used: Tensor,
        given: Tensor,
        kinds: Tensor,
    ) -> Tensor:
        encoder = self.network.zencoder
        seen = encoder.average(masked, mask, ShownRegions(regions, items, visible, used))
        style = encoder.normalise(seen.given(given, kinds))
        return self._last(
            masked, Condition(labels, edges, mask, self.network.config.classes, style)
        )

    def _last(self, masked: Tensor, condition: Condition) -> Tensor:
        stages: tuple[StageImages, ...] = self.network(masked, condition)
        return stages[-1].raw

    def _given(self, batch: EditBatch, seen: ShownRegions, labels: Tensor) -> tuple[Tensor, Tensor]:
        """What regions take instead of what is seen of them: `RegionMeans.given`, on the CPU."""
        wanted = seen.erased
        if "references" in self.needs and batch.operation == "restyle":
            wanted = seen.used & (seen.visible < 1)
        names = torch.stack([seen.labels(labels), seen.items, wanted.long()]).cpu()  # one wait
        given = torch.zeros(names.shape[1], self.network.config.style)
        kinds = torch.zeros(names.shape[1], dtype=torch.long)
        shown = [self._shown(batch, i) for i in range(len(batch))] if names[2].any() else []
        # One generator per edit, drawn from in the order of its regions.
        generators = [batch.generator(i) for i in range(len(batch))]
        for n in names[2].nonzero()[:, 0].tolist():
            label, item = int(names[0, n]), int(names[1, n])
            vector = self._vector(batch, item, label, shown[item], generators[item])
            kinds[n] = 2 if vector is None else 1
            if vector is not None:
                given[n] = vector
        return given, kinds

    def _vector(
        self,
        batch: EditBatch,
        item: int,
        label: int,
        shown: dict[int, Tensor],
        generator: torch.Generator,
    ) -> Tensor | None:
        """[D]; None for a void region, which takes its image's average style."""
        if label in shown:
            return shown[label]
        if label < 0:
            return None
        drawn = self.bank.draw(label, generator)
        if drawn is not None:
            return drawn
        name = batch.space.classes[label - self.demands.first(batch.space)]
        raise EditFailed(
            f"styles: edit {batch.ids[item]}: class {name!r} is hidden completely and "
            f"neither a reference nor the weights' style bank ({len(self.bank.codes)} classes) has "
            "a style for it; give references that show it (`styles: reference`) or import the "
            "weights with a style bank"
        )

    def _shown(self, batch: EditBatch, item: int) -> dict[int, Tensor]:
        """{label: [D]}: the styles that an edit's reference images show, the first one's first."""
        if "references" not in self.needs:
            return {}
        if batch.references is None or not batch.references[item]:
            raise EditFailed(
                f"references: edit {batch.ids[item]} has no reference image; "
                "give the task `references`, or use `styles: bank`"
            )
        found: dict[int, Tensor] = {}
        for reference in batch.references[item]:
            for label, vector in self._styles_of(reference).items():
                found.setdefault(label, vector)
        return found

    def _read(self, reference: Reference) -> dict[int, Tensor]:
        """{label: [D]}: the styles of a reference's regions, the first one of each label."""
        found: dict[int, Tensor] = {}
        one = fit_reference(reference, (self.network.config.size, self.network.config.size))
        instances = None if one.instances is None else one.instances[None]
        regions = self.network.zencoder.read(
            one.image[None].flip(1),
            torch.zeros_like(one.labels[None], dtype=torch.bool),
            separate_regions(one.labels[None], instances),
        )
        labels = regions.labels(one.labels[None] + (self.first_label or 0)).tolist()
        for label, vector, used in zip(labels, regions.means, regions.used.tolist(), strict=True):
            if used:
                found.setdefault(label, vector)
        return found
