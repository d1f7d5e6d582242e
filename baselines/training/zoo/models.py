"""The small networks of the zoo: their configurations, by name.

Models of one system share data, seed and every field but the one their name says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from baselines.training.config import TrainingConfig, changed_config, read_config
from bench.core.errors import unknown

__all__ = ["MODELS", "Model", "model_config"]


@dataclass(frozen=True)
class Model:
    """A network of the zoo.

    Attributes:
        config: the shipped configuration.
        variant: of its system; the configuration's where None.
        network: fields of the network in place of the configuration's.
        training: other fields in place of the configuration's.
    """

    config: str
    variant: str | None = None
    network: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)


def _ablation(config: str, variant: str, **network: Any) -> Model:
    """A variant at 64 pixels, as small as a CPU's preset; 64,000 examples each."""
    return Model(config, variant, network, {"batch": 16, "steps": 4000, "ema": 0.995})


MODELS: dict[str, Model] = {
    "segmenter": Model("segmenter"),
    # One network of each system, the best that minutes of a card give.
    "spmpgan-procedural": Model("zoo-spmpgan"),
    "divsem-procedural": Model("zoo-divsem"),
    "sesame-procedural": Model("zoo-sesame"),
    "spade-procedural": Model("zoo-spade"),
    "sean-procedural": Model("zoo-sean"),
    "ssae-procedural": Model("zoo-ssae"),
    "pix2pixhd-procedural": Model("zoo-pix2pixhd"),
    "him-procedural": Model("zoo-him"),
    "siedob-procedural": Model("zoo-siedob"),
    "semanticstylegan-procedural": Model("zoo-semanticstylegan"),
    # The papers' ablations. Those of one system share everything but what their name says.
    "spmpgan-full-procedural": _ablation("small-spmpgan", "full"),
    "spmpgan-w-spade-procedural": _ablation("small-spmpgan", "w SPADE"),
    "spmpgan-w-norm-procedural": _ablation("small-spmpgan", "w norm"),
    "spmpgan-wo-prog-procedural": _ablation("small-spmpgan", "w/o prog"),
    # Half the widths of the preset, as the paper-sized S has half of the published ones.
    "spmpgan-s-procedural": _ablation("small-spmpgan", "S", ngf=3, ndf=8, hidden=6),
    # The smallest hidden width with more parameters than the preset's full model.
    "spmpgan-large-spade-procedural": _ablation("small-spmpgan", "large SPADE", hidden=35),
    "divsem-full-procedural": _ablation("small-divsem", "full"),
    "divsem-wo-style-procedural": _ablation("small-divsem", "w/o style"),
    "divsem-wo-valid-ratio-procedural": _ablation("small-divsem", "w/o valid ratio"),
    "divsem-single-scale-procedural": _ablation("small-divsem", "single scale"),
    "divsem-style-64-procedural": _ablation("small-divsem", "style 64"),
    "divsem-style-256-procedural": _ablation("small-divsem", "style 256"),
    "sesame-full-procedural": _ablation("small-sesame", "labels"),
    "sesame-w-patchgan-procedural": _ablation("small-sesame", "labels w PatchGAN"),
    "sean-full-procedural": _ablation("small-sean", "labels"),
    "sean-wo-noises-procedural": _ablation("small-sean", "w/o noises"),
    "sean-wo-downsampling-procedural": _ablation("small-sean", "w/o downsampling"),
    # Fifteen encoders, or six, narrower than the one of the preset: a network of the zoo stays small.
    "sean-sean-level-procedural": _ablation("small-sean", "SEAN-level encoders", encoder_width=3),
    "sean-resblk-level-procedural": _ablation(
        "small-sean", "ResBlk-level encoders", encoder_width=5
    ),
    # Pix2PixHD's encoder is half as wide as SEAN's and gives three features, as published.
    "spade-plus-plus-procedural": _ablation(
        "small-sean", "SPADE++", encoder_width=4, style_length=3
    ),
}
"""Every model by name."""


def model_config(name: str, *, seed: int = 0) -> TrainingConfig:
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
        **model.training,
        "seed": seed,
    }
    return changed_config(shipped, changes, model.config)
