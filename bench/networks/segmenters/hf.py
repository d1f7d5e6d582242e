"""Segmenters of the transformers library: a folder saved by it, or a hub name it has cached.

Nothing is fetched and no code of a repository is run. The library's own image processor feeds the
network and brings its labels back to the image's size, so the preprocessing is the checkpoint's.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from bench.core.identity import Record, tensors_hash
from bench.networks.batches import exactly
from bench.networks.hub_models import (
    hub_source,
    load_hub_model,
    model_hash,
    stored_config,
    whole_model,
)
from bench.networks.segmenters.segmenter import Segmenter, own_space
from bench.scene import Int32, UInt8

__all__ = ["HfSegmenter", "hf"]

_FED_NOTHING = frozenset(
    (
        # Label maps, which it is never given.
        "do_convert_annotations", "do_reduce_labels", "format", "ignore_index", "num_labels",
        "reduce_labels",
        # How `size` was read, the kind of the answer, where and in which groups images are prepared.
        "data_format", "default_to_square", "device", "disable_grouping", "return_tensors",
        # Its own name, in the spelling of the version that wrote the file.
        "auto_map", "feature_extractor_type", "image_processor_type", "processor_class",
    )
)  # fmt: skip
"""Settings of an image processor that change nothing of what the network is given."""


class HfSegmenter(Segmenter):
    """A semantic or universal segmentation model of transformers (SegFormer, UPerNet, Mask2Former).

    Args:
        source: a folder with config.json, weights and preprocessor_config.json, or a hub name whose
            files the library already has.
        device: where the network runs.

    Raises:
        Unavailable: where the library is not there.
        WeightsMissing: where the files are not there.
        BadInput: where the files are no segmentation model, or damaged.
    """

    def __init__(self, source: str, device: str = "cpu") -> None:
        self.name = source
        self.device = device
        self._processor, self._network, self._config = _load(source)
        self._network.eval().requires_grad_(False).to(device)
        names = self._network.config.id2label
        classes = tuple(str(names[k]) for k in sorted(names))
        self.space = own_space(f"hf:{source}", classes)

    def identity(self) -> Record:
        """Tensors, the model around them, preprocessing and classes."""
        state = self._network.state_dict()
        return {
            "segmenter": "hf",
            "network": type(self._network).__name__,
            "model": model_hash(self._config),
            "tensors": tensors_hash((name, value.cpu().numpy()) for name, value in state.items()),
            "feed": _feed(self._processor),
            "classes": list(self.space.classes),
        }

    def segment(self, images: UInt8) -> Int32:
        """int32 [B,H,W] of uint8 [B,H,W,3] RGB."""
        return np.stack([self._one(image) for image in images])

    def _one(self, image: UInt8) -> Int32:
        with exactly():
            given = self._processor(images=image, return_tensors="pt").to(self.device)
            answer = self._network(**given)
            labels = self._processor.post_process_semantic_segmentation(
                answer, target_sizes=[image.shape[:2]]
            )[0]
        return np.asarray(labels.cpu().numpy(), dtype=np.int32)


def hf(argument: str, device: str, folders: Sequence[Path]) -> HfSegmenter:
    """A segmentation model of transformers: a folder, or a hub name whose files are in its cache."""
    del folders
    return HfSegmenter(hub_source(argument, "segmenter hf"), device)


def _load(source: str) -> tuple[Any, Any, dict[str, Any]]:
    """The image processor, the network, and the config as the checkpoint has it."""

    def load(transformers: Any) -> tuple[Any, Any, dict[str, Any]]:
        config = stored_config(transformers, source)
        processor = transformers.AutoImageProcessor.from_pretrained(source, local_files_only=True)
        universal = any("Universal" in name for name in config.get("architectures") or ())
        auto = (
            transformers.AutoModelForUniversalSegmentation
            if universal
            else transformers.AutoModelForSemanticSegmentation
        )
        return processor, whole_model(auto, source), config

    files = "config.json, weights and preprocessor_config.json"
    return load_hub_model(f"the segmenter hf:{source}", files, "segmentation model", load)


def _feed(processor: Any) -> dict[str, Any]:
    """What decides the network's input: who prepares an image, and each setting that is on.

    Pillow and torchvision do not resize to the same pixels, and which of the two a class stands for is
    another matter in each version of the library.
    """
    name = type(processor).__name__
    settings = {
        key: _plain(value)
        for key, value in processor.to_dict().items()
        if not (key.startswith("_") or key in _FED_NOTHING or value is None or value is False)
    }
    # Before version 5 a class said its backend by its name alone.
    former = "torchvision" if name.endswith("Fast") else "pil"
    return {
        **settings,
        "processor": name.removesuffix("Fast").removesuffix("Pil"),
        "backend": getattr(processor, "backend", former),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, Enum):
        return _plain(value.value)
    return value if value is None or isinstance(value, bool | int | float) else str(value)
