"""The small networks of the zoo: their configurations, by name.

Models of one system share data, seed and every field but the one their name says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from baselines.training.config import TrainingConfig, read_config
from bench.core.errors import unknown

__all__ = ["MODELS", "Model", "model_config"]


@dataclass(frozen=True)
class Model:
    """A network of the zoo.

    Attributes:
        config: the shipped configuration.
        variant: of its system; the configuration's where None.
        network: fields of the network in place of the configuration's.
    """

    config: str
    variant: str | None = None
    network: Mapping[str, Any] = field(default_factory=dict)


MODELS: dict[str, Model] = {
    "segmenter": Model("segmenter"),
    "spmpgan-full-procedural": Model("small-spmpgan", "full"),
    "spmpgan-w-spade-procedural": Model("small-spmpgan", "w SPADE"),
    "spmpgan-w-norm-procedural": Model("small-spmpgan", "w norm"),
    "spmpgan-wo-prog-procedural": Model("small-spmpgan", "w/o prog"),
    # Half the widths of the preset, as the paper-sized S has half of the published ones.
    "spmpgan-s-procedural": Model("small-spmpgan", "S", {"ngf": 3, "ndf": 8, "hidden": 6}),
    # The smallest hidden width with more parameters than the preset's full model.
    "spmpgan-large-spade-procedural": Model("small-spmpgan", "large SPADE", {"hidden": 35}),
    "divsem-full-procedural": Model("small-divsem", "full"),
    "divsem-wo-style-procedural": Model("small-divsem", "w/o style"),
    "divsem-wo-valid-ratio-procedural": Model("small-divsem", "w/o valid ratio"),
    "divsem-single-scale-procedural": Model("small-divsem", "single scale"),
    "divsem-style-64-procedural": Model("small-divsem", "style 64"),
    "divsem-style-256-procedural": Model("small-divsem", "style 256"),
    "sesame-procedural": Model("small-sesame"),
    "spade-procedural": Model("small-spade"),
    "sean-procedural": Model("small-sean"),
    "ssae-procedural": Model("small-ssae"),
    "pix2pixhd-procedural": Model("small-pix2pixhd"),
    "him-procedural": Model("small-him"),
    "semanticstylegan-procedural": Model("small-semanticstylegan"),
    "siedob-procedural": Model("small-siedob"),
    # Fifteen encoders, or six, narrower than the one of the preset: a network of the zoo stays small.
    "sean-sean-level-procedural": Model("small-sean", "SEAN-level encoders", {"encoder_width": 3}),
    "sean-resblk-level-procedural": Model(
        "small-sean", "ResBlk-level encoders", {"encoder_width": 5}
    ),
    "sean-wo-downsampling-procedural": Model("small-sean", "w/o downsampling"),
    "sean-wo-noises-procedural": Model("small-sean", "w/o noises"),
    # Pix2PixHD's encoder is half as wide as SEAN's and gives three features, as published.
    "spade-plus-plus-procedural": Model(
        "small-sean", "SPADE++", {"encoder_width": 4, "style_length": 3}
    ),
}
"""Every model by name."""


def model_config(name: str, *, steps: int | None = None, seed: int = 0) -> TrainingConfig:
    """The configuration that a model is trained with.

    Raises:
        BadInput: for an unknown model.
    """
    if name not in MODELS:
        raise unknown("model of the zoo", name, MODELS)
    model = MODELS[name]
    shipped = read_config(model.config)
    changes: dict[str, Any] = {
        "variant": model.variant or shipped.variant,
        "network": {**shipped.network, **model.network},
        "seed": seed,
    }
    if steps is not None:
        changes["steps"] = steps
    return read_config(model.config, changes)
