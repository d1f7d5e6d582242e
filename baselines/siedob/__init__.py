"""SIEDOB: background and objects disentangled (CVPR 2023; docs/protocol/rivals.md, A)."""

from baselines.siedob.background import BackgroundGenerator, StylePropagation
from baselines.siedob.config import VARIANTS, ObjectClass, SIEDOBConfig, siedob_config
from baselines.siedob.discriminators import Judge, siedob_discriminators
from baselines.siedob.fusion import Fusion
from baselines.siedob.inpainting import ObjectInpainting, class_map
from baselines.siedob.network import SIEDOB, Assembly, SIEDOBImages, StyleImages, StyleSource
from baselines.siedob.object_style import ObjectStyle

__all__ = [
    "SIEDOB",
    "VARIANTS",
    "Assembly",
    "BackgroundGenerator",
    "Fusion",
    "Judge",
    "ObjectClass",
    "ObjectInpainting",
    "ObjectStyle",
    "SIEDOBConfig",
    "SIEDOBImages",
    "StyleImages",
    "StylePropagation",
    "StyleSource",
    "class_map",
    "siedob_config",
    "siedob_discriminators",
]
