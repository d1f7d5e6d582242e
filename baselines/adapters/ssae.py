"""SSAE as an editor (docs/protocol/generation.md, D.4 and D.5)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from baselines.adapters.demands import Demands
from baselines.adapters.fitting import fit_batch, fit_images
from baselines.adapters.network_editor import NetworkEditor
from baselines.adapters.options import Arithmetic, Precision, check_choice
from baselines.ssae import REGIONS, SSAE, VARIANTS
from bench.batch import EditBatch
from bench.core.errors import EditFailed

__all__ = ["MaskSource", "SSAEEditor"]

MaskSource = Literal["predicted", "edit"]
"""Who says where a region is: the network's mask predictor, or the edit's mask."""


class SSAEEditor(NetworkEditor[SSAE]):
    """SSAE (AAAI 2023): gives a region of a face another style; needs the whole image.

    Args:
        weights: a safetensors file with a card of system "ssae".
        variant: refuse weights of another variant; any where None.
        mask: "predicted" = the network's own mask predictor says where the region is; "edit" = the
            edit's mask does.
        precision: of convolutions and products; the halves change images by grey levels.
        compile: fuse pixel-by-pixel arithmetic into compiled kernels; takes seconds to start.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant.
    """

    system = "ssae"
    network_class = SSAE
    variants = tuple(VARIANTS)
    needs = frozenset({"original"})

    def __init__(
        self,
        weights: str,
        variant: str | None = None,
        mask: MaskSource = "predicted",
        precision: Precision = "float32",
        compile: bool = False,
    ) -> None:
        check_choice("ssae", "mask", mask, MaskSource)
        self.load(weights, variant, Arithmetic(precision, compile), mask=mask)
        self.mask = mask

    @property
    def demands(self) -> Demands:
        """Masked pixels."""
        return Demands(masked=True)

    def generate(self, batch: EditBatch) -> Tensor:
        """Images with the edits' regions restyled.

        Raises:
            EditFailed: a region that is none of the five, no whole image.
        """
        if batch.original is None:
            raise EditFailed("original: the batch has no whole image to restyle")
        given, side = batch.labels.shape[1:], self.network.config.sae.size
        fitted = fit_batch(batch, (side, side))
        regions = [_region(name, batch.ids[i]) for i, name in enumerate(batch.regions)]
        assert fitted.original is not None
        edited = torch.empty_like(fitted.original)
        for region in sorted(set(regions)):
            mine = [i for i, name in enumerate(regions) if name == region]
            edited[mine] = self._restyle(fitted.take(mine), region)
        return fit_images(edited.clamp(-1, 1), (given[0], given[1]))

    def _restyle(self, batch: EditBatch, region: str) -> Tensor:
        assert batch.original is not None
        normals = self.network.draw(batch.original, [batch.generator(i) for i in range(len(batch))])
        mask = batch.mask if self.mask == "edit" else None
        return self.replayed(self._refined, batch.original, mask, *normals, region=region)

    def _refined(
        self, original: Tensor, mask: Tensor | None, *normals: Tensor, region: str
    ) -> Tensor:
        return self.network.restyle(original, mask, *normals, region=region).refined.float()


def _region(name: str | None, edit: str) -> str:
    for region, classes in REGIONS.items():
        if name == region or name in classes:
            return region
    raise EditFailed(
        f"regions: edit {edit} is of {name or 'no named region'!r}, but the network "
        f"restyles {', '.join(REGIONS)}; use a protocol that names one of them"
    )
