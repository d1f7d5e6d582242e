"""SSAE as an editor (protocol/generation.md, D.4 and D.5)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from baselines.adapters.demands import demand_hole
from baselines.adapters.fitting import fit_batch, fit_pictures
from baselines.adapters.options import check_choice
from baselines.adapters.precision import Precision, computing
from baselines.checkpoints import load_network
from baselines.ssae import REGIONS, SSAE
from bench.batch import EditBatch
from bench.errors import EditFailed

__all__ = ["MaskSource", "SSAEEditor"]

MaskSource = Literal["predicted", "edit"]
"""Who says where a region is: the network's mask predictor, or the edit's mask."""


class SSAEEditor:
    """SSAE: gives a region of a face another style; needs the whole picture.

    Args:
        weights: a safetensors file with a card of system "ssae".
        variant: refuse weights of another variant; any where None.
        mask: "predicted" = the network's own mask predictor says where the region is; "edit" = the
            edit's mask does.
        precision: see `baselines.adapters.precision`.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant.
    """

    needs: frozenset[str] = frozenset({"original"})

    def __init__(
        self,
        weights: str,
        variant: str | None = None,
        mask: MaskSource = "predicted",
        precision: Precision = "float32",
    ) -> None:
        check_choice("ssae", "mask", mask, MaskSource)
        check_choice("ssae", "precision", precision, Precision)
        loaded = load_network("ssae", Path(weights), variant=variant)
        assert isinstance(loaded.network, SSAE)
        self.network = loaded.network
        self.mask = mask
        self.precision: Precision = precision
        self.card = loaded.card
        self.identity: dict[str, Any] = {**loaded.identity, "mask": mask, "precision": precision}

    def to(self, device: str) -> SSAEEditor:
        """Moves the network to `device`."""
        self.network.to(device)
        return self

    def edit(self, batch: EditBatch) -> Tensor:
        """Pictures with the edits' regions restyled, float32 [B,3,H,W] RGB in [-1,1].

        Raises:
            EditFailed: a region that is none of the five, an empty mask, no whole picture.
        """
        demand_hole(batch)
        if batch.original is None:
            raise EditFailed("original: the batch has no whole picture to restyle")
        given, side = tuple(batch.labels.shape[1:]), self.network.config.sae.size
        fitted = fit_batch(batch, (side, side))
        regions = [_region(name, batch.ids[i]) for i, name in enumerate(batch.regions)]
        assert fitted.original is not None
        edited = torch.empty_like(fitted.original)
        with torch.inference_mode(), computing(self.precision, batch.masked.device):
            for region in sorted(set(regions)):
                mine = [i for i, name in enumerate(regions) if name == region]
                edited[mine] = self._restyle(fitted.take(mine), region)
            return fit_pictures(edited.clamp(-1, 1), (given[0], given[1]))

    def _restyle(self, batch: EditBatch, region: str) -> Tensor:
        assert batch.original is not None
        generators = [batch.generator(i) for i in range(len(batch))]
        mask = batch.mask if self.mask == "edit" else None
        restyled: Tensor = self.network(batch.original, region, generators, mask).refined
        return restyled.float()


def _region(name: str | None, edit: str) -> str:
    for region, classes in REGIONS.items():
        if name == region or name in classes:
            return region
    raise EditFailed(
        f"regions: edit {edit} is of {name or 'no named region'!r}, but the network "
        f"restyles {', '.join(REGIONS)}; use a protocol that names one of them"
    )
