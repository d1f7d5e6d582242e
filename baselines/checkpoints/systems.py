"""What the importer knows of each system: its configuration, its network, its official layout."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from pydantic import BaseModel, ValidationError
from torch import nn

from bench.core.errors import BadInput, unknown

__all__ = ["SYSTEMS", "Shapes", "System", "find_system"]

Shapes = Mapping[str, tuple[int, ...]]
"""{parameter name: shape}."""

_RESEARCH_ONLY = "CC BY-NC-SA 4.0 with the official code: non-commercial use only"
_MIT = "MIT with the official code; see its repository for the data's terms"


@dataclass(frozen=True)
class System:
    """One published system.

    Attributes:
        name: what a suite and the command line call it.
        module: where its configuration and network are.
        configure: name of the function (variant, **fields) -> configuration in that module.
        network: name of the class or function (config, *, spectral_norm) -> network.
        licence: of the official weights.
        inside: the key under which an official file keeps the state dict, or None = it is one.
        prefixes: where the file holds several networks flat, the prefixes of those that matter.
        label_channels: the parameter whose second axis counts label channels, and how many
            channels beside the classes it has; says the class count of a file.
        spaces: variant -> the label space that its official weights count in.
    """

    name: str
    module: str
    configure: str
    network: str
    licence: str
    inside: str | None = None
    prefixes: tuple[str, ...] = ()
    label_channels: tuple[str, int] | None = None
    spaces: Mapping[str, str] = field(default_factory=dict)

    @property
    def variants(self) -> dict[str, dict[str, Any]]:
        """{variant: the configuration's fields that it sets}; the first is the default."""
        found: dict[str, dict[str, Any]] = self._load("VARIANTS")
        return found

    def config(self, variant: str, **fields: Any) -> BaseModel:
        """The configuration of a variant.

        Raises:
            BadInput: unknown variant, or a field that is unknown, missing or out of its range.
        """
        if variant not in self.variants:
            raise unknown(f"variant of {self.name}", variant, self.variants)
        try:
            found: BaseModel = self._load(self.configure)(variant, **fields)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadInput(f"{self.name} {variant!r}: {where}: {first['msg']}") from None
        return found

    def build(self, config: BaseModel, *, spectral_norm: bool = False) -> nn.Module:
        """The network; with `spectral_norm` in training form."""
        make: Callable[..., nn.Module] = self._load(self.network)
        return make(config, spectral_norm=spectral_norm)

    def skeleton(self, config: BaseModel, *, spectral_norm: bool = False) -> nn.Module:
        """The network without memory for its tensors (on the meta device)."""
        with torch.device("meta"):
            return self.build(config, spectral_norm=spectral_norm)

    def classes(self, shapes: Shapes) -> int | None:
        """The class count that a file's shapes tell, or None where they do not."""
        if self.label_channels is None:
            return None
        name, others = self.label_channels
        shape = shapes.get(name, ())
        return shape[1] - others if len(shape) == 4 else None

    def _load(self, name: str) -> Any:
        return getattr(importlib.import_module(self.module), name)


SYSTEMS: dict[str, System] = {
    system.name: system
    for system in (
        System(
            "spade",
            "baselines.spade",
            "spade_config",
            "SPADEGenerator",
            _RESEARCH_ONLY,
            label_channels=("head_0.norm_0.mlp_shared.0.weight", 0),
            spaces={
                "ade20k": "ade20k-150",
                "coco-stuff": "coco-stuff-182",
                "cityscapes": "cityscapes-labelids",
            },
        ),
        System(
            "sesame",
            "baselines.sesame",
            "sesame_config",
            "SESAMEGenerator",
            "no licence file with the official code, most of which is marked CC BY-NC-SA 4.0",
            label_channels=("spade_core.0.norm_0.mlp_shared.0.weight", 1),
            spaces={
                "cityscapes": "cityscapes-labelids",
                "cityscapes w skip": "cityscapes-labelids",
            },
        ),
        System(
            "sean",
            "baselines.sean",
            "sean_config",
            "SEANGenerator",
            _RESEARCH_ONLY,
            label_channels=("fc.weight", 0),
            spaces={"celebamask-hq": "celebamask-hq-19"},
        ),
        System(
            "spmpgan",
            "baselines.spmpgan",
            "spmpgan_config",
            "SPMPGAN",
            _MIT,
            inside="netG",
            label_channels=("G3.enc1.mlp_shared_2.0.weight", 2),
        ),
        System(
            "divsem",
            "baselines.divsem",
            "divsem_config",
            "DivSem",
            _MIT,
            inside="netG",
            label_channels=("G3.enc1.mlp_shared_2.0.weight", 2),
        ),
        System(
            "sae",
            "baselines.sae",
            "sae_config",
            "sae_network",
            "Adobe Research License with the official code: non-commercial research only",
            prefixes=("E.", "G."),
        ),
        System(
            "ssae",
            "baselines.ssae",
            "ssae_config",
            "ssae_network",
            "none published: weights are trained here",
        ),
    )
}
"""Every system whose official files can be imported, by name."""


def find_system(name: str) -> System:
    """The system called `name`.

    Raises:
        BadInput: where there is none.
    """
    if name not in SYSTEMS:
        raise unknown("system", name, SYSTEMS)
    return SYSTEMS[name]
