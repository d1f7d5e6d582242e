"""Training configurations that fit into a test: 16 or 32 pixels, a few scenes, a few steps."""

from baselines.systems.semanticstylegan import SYSTEM as SEMANTICSTYLEGAN
from baselines.training.config import TrainingConfig

MASKS = ({"protocol": "freeform@1"}, {"protocol": "box@1"}, {"protocol": "class@1"})
SYSTEMS = (
    "spmpgan",
    "divsem",
    "spade",
    "sesame",
    "sean",
    "sae",
    "ssae",
    "segmenter",
    "pix2pixhd",
    "him",
    "semanticstylegan",
    "siedob",
)

SAE = {
    "size": 32,
    "texture": 8,
    "encoder_capacity": 0.125,
    "generator_capacity": 0.0625,
    "discriminator_capacity": 0.02,
    "downsamplings": 2,
    "texture_downsamplings": 1,
    "head": 4,
    "head_blocks": 1,
    "patch_size": 16,
    "patch_capacity": 0.05,
    "patch_width": 4,
    "patches": 2,
}
COMPOSED = {
    **SEMANTICSTYLEGAN.small,
    "seg_dim": 4,
    "classes": ("background", "skin", "hair", "cloth"),
    "transparent_dims": (3,),
}
STYLES = {"style": 4, "style_widths": [2] * 6, "style_decoder": [2] * 4}
NETWORKS = {
    "spmpgan": ("full", {"size": 16, "ngf": 2, "ndf": 2, "hidden": 2, "border": "visible"}),
    "divsem": (
        "full",
        {"size": 32, "ngf": 2, "ndf": 2, "hidden": 2, "border": "visible", **STYLES},
    ),
    "spade": ("labels", {"ngf": 2, "ndf": 2, "hidden": 2, "instance_edges": True}),
    "sesame": ("labels", {"ngf": 2, "ndf": 2, "hidden": 2}),
    "sean": ("labels", {"ngf": 2, "ndf": 2, "hidden": 2, "style_length": 4, "encoder_width": 2}),
    "sae": ("256", SAE),
    "ssae": (
        "full",
        {
            "sae": SAE,
            "width": 2,
            "first_blocks": 1,
            "second_blocks": 1,
            "mask_encoder": 2,
            "mask_width": 2,
        },
    ),
    "pix2pixhd": (
        "features",
        {
            "ngf": 2,
            "ndf": 2,
            "nef": 2,
            "downsamplings": 2,
            "blocks": 1,
            "encoder_downsamplings": 2,
        },
    ),
    "him": (
        "labels",
        {
            "size": 32,
            "ngf": 2,
            "ndf": 2,
            "downsamplings": 2,
            "blocks": 1,
            "layout_width": 4,
            "layout_widths": [4, 4, 6],
            "layout_blocks": 2,
        },
    ),
    "semanticstylegan": ("512", COMPOSED),
    "siedob": (
        "labels",
        {
            "objects": [{"name": "car", "label": 9}, {"name": "person", "label": 11}],
            "background": 2,
            "propagation": 4,
            "hidden": 4,
            "inpainting": 2,
            "style": 2,
            "style_length": 4,
            "style_encoder": 2,
            "fusion": 2,
            "ndf": 2,
            "object_size": 32,
        },
    ),
    "segmenter": ("full", {"widths": [4, 6], "size": 16}),
}
DATASETS = {"siedob": "procedural-streets"}
PHASES = {"ssae": (0.5, 0.25, 0.25), "him": (0.5, 0.5), "siedob": (0.25,) * 4}
SIDES = {"spmpgan": 16, "sesame": 16, "segmenter": 16}


def tiny(system: str, **fields: object) -> TrainingConfig:
    """A run of four steps of two 16 or 32 pixel scenes."""
    variant, network = NETWORKS[system]
    side = SIDES.get(system, 32)
    masked = system in ("spmpgan", "divsem", "sesame", "him", "siedob")
    face = system in ("sae", "ssae", "sean", "semanticstylegan")
    data = {
        "dataset": DATASETS.get(system, "procedural-faces" if face else "procedural-rooms"),
        "count": 6,
        "load": (side, side),
        "mixture": "key",
        "masks": MASKS if masked else (),
    }
    if system == "segmenter":
        data["also"] = ("procedural-faces",)
    swapping = system in ("sae", "ssae")
    weights = {} if system == "segmenter" else {"gan": 1, "l1": 1}
    if system in ("spade", "sesame", "sean", "pix2pixhd", "him"):
        weights["matching"] = 10
    if swapping:
        weights = {"l1": 1, "rebuilt": 0.5, "swapped": 1, "patch": 1, "r1": 10, "patch_r1": 1}
        weights["lazy"] = 2
    if system == "him":
        weights |= {"objects": 1, "context": 1, "layout_gan": 0.1}
    if system == "semanticstylegan":
        weights = {"gan": 1, "r1": 10, "segmentation_r1": 1000, "path": 0.5, "coarse": 100}
        weights |= {"lazy": 2, "path_lazy": 2, "mixing": 0.5}
    if system == "siedob":
        weights |= {"object_l1": 10, "patch": 0.2, "cycle": 1}
    return TrainingConfig(
        **{
            "system": system,
            "variant": variant,
            "network": network,
            "data": data,
            "weights": weights,
            "optimisation": {"generator": 1e-3, "discriminator": 1e-3, "betas": (0.5, 0.9)},
            "batch": 2,
            "steps": 4,
            "checkpoint": 2,
            "phases": PHASES.get(system, (1,)),
            **fields,
        }
    )
