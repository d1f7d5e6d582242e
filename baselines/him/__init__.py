"""HIM: a box becomes a layout, a layout becomes an image (Hong et al., NeurIPS 2018).

    network = HIM(him_config("cityscapes"))
    context, objects = network.layout(layout_condition(labels, box, classes, 35))
    layout = resolve_layout(context, objects, soft, labels, classes)
    result = network(masked, him_labels(network.config, layout), mask)     # [B,3,H,W] RGB in [-1,1]

Parameters carry the published names (docs/protocol/rivals.md, D).
"""

from baselines.him.boxes import RATIO, bounding_box, box_plane, resolve_layout, soften
from baselines.him.config import VARIANTS, HIMConfig, him_config
from baselines.him.image import ImageGenerator, him_labels, image_discriminator
from baselines.him.layout import LayoutGenerator, layout_condition, layout_discriminator
from baselines.him.network import HIM

__all__ = [
    "HIM",
    "RATIO",
    "VARIANTS",
    "HIMConfig",
    "ImageGenerator",
    "LayoutGenerator",
    "bounding_box",
    "box_plane",
    "him_config",
    "him_labels",
    "image_discriminator",
    "layout_condition",
    "layout_discriminator",
    "resolve_layout",
    "soften",
]
