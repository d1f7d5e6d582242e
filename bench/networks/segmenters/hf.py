"""Segmenters of the transformers library: a folder saved by it, or a hub name it has cached.

Nothing is fetched and no code of a repository is run. The library's own image processor feeds the
network and brings its labels back to the image's size, so the preprocessing is the checkpoint's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.core.identity import Record, tensors_hash
from bench.networks.batches import exactly
from bench.networks.hub_models import hub_source, load_hub_model, whole_model
from bench.networks.segmenters.segmenter import Segmenter, own_space
from bench.scene import Int32, UInt8

__all__ = ["HfSegmenter", "hf"]

_FEED = ("do_resize", "do_rescale", "do_normalize", "do_center_crop", "do_pad")
_FEED_WITH = ("size", "crop_size", "size_divisor", "resample", "image_mean", "image_std")


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
        self._processor, self._network = _load(source)
        self._network.eval().requires_grad_(False).to(device)
        names = self._network.config.id2label
        classes = tuple(str(names[k]) for k in sorted(names))
        self.space = own_space(f"hf:{source}", classes)

    def identity(self) -> Record:
        """Tensors, preprocessing and classes."""
        state = self._network.state_dict()
        settings = self._processor.to_dict()
        feed = {key: _plain(settings.get(key)) for key in (*_FEED, *_FEED_WITH)}
        factor = settings.get("rescale_factor")
        # Left out where it is the usual one, as in the first records.
        if factor is not None and not math.isclose(factor, 1 / 255, rel_tol=1e-6):
            feed["rescale_factor"] = factor
        return {
            "segmenter": "hf",
            "network": type(self._network).__name__,
            "tensors": tensors_hash((name, value.cpu().numpy()) for name, value in state.items()),
            "feed": feed,
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


def _load(source: str) -> tuple[Any, Any]:
    def load(transformers: Any) -> tuple[Any, Any]:
        config = transformers.AutoConfig.from_pretrained(source, local_files_only=True)
        processor = transformers.AutoImageProcessor.from_pretrained(source, local_files_only=True)
        universal = any("Universal" in name for name in config.architectures or ())
        auto = (
            transformers.AutoModelForUniversalSegmentation
            if universal
            else transformers.AutoModelForSemanticSegmentation
        )
        return processor, whole_model(auto, source)

    files = "config.json, weights and preprocessor_config.json"
    return load_hub_model(f"the segmenter hf:{source}", files, "segmentation model", load)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    return value if value is None or isinstance(value, bool | int | float) else str(value)
