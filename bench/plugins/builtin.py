"""Our own things by name, the same table as the entry points of `pyproject.toml`.

It stands here so that a checkout which is not installed works; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["BUILTIN"]

BUILTIN: Mapping[str, Mapping[str, str]] = {
    "editors": {
        "command": "baselines.external.command:Command",
        "copy": "baselines.classical.fills:Copy",
        "diffusion": "baselines.classical.diffusion:Diffusion",
        "divsem": "baselines.adapters.divsem:DivSemEditor",
        "folder": "baselines.external.folder:Folder",
        "mean-colour": "baselines.classical.fills:MeanColour",
        "nearest": "baselines.classical.fills:Nearest",
        "network-file": "baselines.external.network_file:NetworkFile",
        "sean": "baselines.adapters.sean:SEANEditor",
        "sesame": "baselines.adapters.sesame:SESAMEEditor",
        "spade": "baselines.adapters.spade:SPADEEditor",
        "spmpgan": "baselines.adapters.spmpgan:SPMPGANEditor",
        "ssae": "baselines.adapters.ssae:SSAEEditor",
        "telea": "baselines.classical.telea:Telea",
    },
    "metrics": {},
    "datasets": {
        "ade20k": "bench.datasets.ade20k:ADE20K",
        "ade20k_landscape": "bench.datasets.ade20k:LANDSCAPE",
        "ade20k_room": "bench.datasets.ade20k:ROOM",
        "celebamask_hq": "bench.datasets.celebamask_hq:INFO",
        "cityscapes": "bench.datasets.cityscapes:INFO",
        "coco_stuff": "bench.datasets.coco_stuff:INFO",
        "flickr_landscape": "bench.datasets.ade20k:FLICKR_LANDSCAPE",
        "folder": "bench.datasets.folder:INFO",
        "procedural-faces": "bench.scenes:FACES",
        "procedural-landscapes": "bench.scenes:LANDSCAPES",
        "procedural-rooms": "bench.scenes:ROOMS",
        "procedural-streets": "bench.scenes:STREETS",
    },
    "protocols": {
        "box@1": "masks.protocols.box:Box",
        "class@1": "masks.protocols.one_class:ClassRegion",
        "extension@1": "masks.protocols.extension:Extension",
        "freeform-sesame@1": "masks.protocols.freeform_sesame:FreeFormSesame",
        "freeform@1": "masks.protocols.freeform:FreeForm",
        "legacy-spmpgan@1": "masks.protocols.legacy_spmpgan:LegacySpmpgan",
        "object-add@1": "masks.protocols.one_object:ObjectAdd",
        "object-move@1": "masks.protocols.object_move:ObjectMove",
        "object-remove@1": "masks.protocols.one_object:ObjectRemove",
        "outpainting@1": "masks.protocols.outpainting:Outpainting",
        "pack@1": "masks.packs.read:Packed",
        "panorama@1": "masks.protocols.panorama:Panorama",
        "predefined@1": "masks.packs.predefined:Predefined",
        "relabel@1": "masks.protocols.relabel:Relabel",
        "restyle@1": "masks.protocols.one_class:Restyle",
        "sesame-add@1": "masks.protocols.sesame_windows:SesameAdd",
        "sesame-remove@1": "masks.protocols.sesame_windows:SesameRemove",
        "stratified@1": "masks.protocols.stratified:Stratified",
        "synthesis@1": "masks.protocols.synthesis:Synthesis",
    },
    "segmenters": {},
    "networks": {},
    "executors": {
        "local": "bench.run.executors.local:Local",
    },
    "systems": {
        "divsem": "baselines.systems.divsem:SYSTEM",
        "sae": "baselines.systems.sae:SYSTEM",
        "sean": "baselines.systems.sean:SYSTEM",
        "segmenter": "baselines.systems.segmenter:SYSTEM",
        "sesame": "baselines.systems.sesame:SYSTEM",
        "spade": "baselines.systems.spade:SYSTEM",
        "spmpgan": "baselines.systems.spmpgan:SYSTEM",
        "ssae": "baselines.systems.ssae:SYSTEM",
    },
}
"""The targets, "package.module:attribute", by kind (as `REGISTRIES` names it) and name."""
