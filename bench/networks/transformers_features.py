"""Vision transformers as feature networks: DINOv2 for FD-DINOv2, CLIP for CMMD.

| name | features | input |
| --- | --- | --- |
| dinov2 | class token behind the last norm (Stein et al. 2023) | 224 x 224, ImageNet's mean, deviation |
| clip | embedding of length 1 (Jayasumana et al. 2024) | the model's side, CLIP's mean, deviation |

Images are stretched to the input's square by Pillow's bicubic filter. `dinov2:FOLDER` and `clip:FOLDER`
take a folder as the transformers library saves it, or the name of a repository whose files are in its
cache; without one it is the published model. Nothing is fetched.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.core.device import upload
from bench.core.identity import Record, tensors_hash
from bench.networks.batches import run_in_batches
from bench.networks.hub_models import (
    hub_source,
    load_hub_model,
    model_hash,
    stored_config,
    whole_model,
)
from bench.networks.preprocessing import each_resized
from bench.scene import UInt8

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["CLIP", "DINOv2", "clip", "dinov2"]

Float32 = NDArray[np.float32]

_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_OPENAI = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
_SIZES = {384: "s", 768: "b", 1024: "l", 1280: "h", 1536: "g"}


class _Transformer(abc.ABC):
    """What both share: a model of the library, images in its square, one vector each.

    Args:
        source: a folder or the name of a repository.
        published: the repository whose weights the network's name stands for.
        device: where it runs.
    """

    def __init__(self, source: str, published: str, device: str) -> None:
        self.device = device
        self.official = source == published
        name = type(self).__name__
        source = hub_source(source, f"feature network {name.lower()}")
        model, self._config = load_hub_model(
            f"the feature network {name.lower()}:{source}",
            "config.json and weights as transformers saves them",
            f"{name} model",
            lambda transformers: self._read(transformers, source),
        )
        self._model = model.eval().requires_grad_(False).to(device)

    def _read(self, transformers: Any, source: str) -> tuple[Any, dict[str, Any]]:
        config = stored_config(transformers, source)
        if config.get("model_type") not in self._kinds:
            raise ValueError(f"it is of the kind {config.get('model_type')!r}")
        return whole_model(getattr(transformers, self._loaded_as), source), self._counting(config)

    def identity(self) -> Record:
        """Tensors, the model around them, preprocessing and layer."""
        side, (mean, deviation) = self._side, self._scale
        return {
            "network": type(self._model).__name__,
            "model": model_hash(self._config),
            "tensors": _hash(self._model),
            "front": {
                "resize": f"Pillow bicubic to {side} x {side}",
                "mean": list(mean),
                "deviation": list(deviation),
            },
            "layer": self._layer,
        }

    def features(self, images: UInt8) -> Float32:
        """float32 [B,D] of uint8 [B,H,W,3] RGB."""
        rows: list[Float32] = run_in_batches(images, self.device, self._look)
        return np.stack(rows)

    def _look(self, batch: UInt8) -> Tensor:
        import torch

        mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in self._scale)
        stretched = each_resized(batch, lambda image: _stretched(image, self._side))
        resized = torch.from_numpy(stretched)
        given = (resized.permute(0, 3, 1, 2).float() / 255 - mean) / deviation
        return self._vectors(upload(given, self.device)).float()

    _kinds: tuple[str, ...]
    _loaded_as: str
    _side: int
    _layer: str
    _scale: tuple[tuple[float, float, float], tuple[float, float, float]]

    @abc.abstractmethod
    def _vectors(self, given: Tensor) -> Tensor:
        """One vector [B,D] for each prepared image [B,3,side,side]."""

    def _counting(self, config: dict[str, Any]) -> dict[str, Any]:
        """What of the stored config tells of the network."""
        return config


class DINOv2(_Transformer):
    """DINOv2 (Oquab et al. 2023), with or without registers, of any size.

    Args:
        source: a folder or the name of a repository; Stein et al. use ViT-L/14.
        device: where it runs.

    Raises:
        Unavailable: where the library or the files are not here.
        BadInput: where the files are of another model.
    """

    _kinds = ("dinov2", "dinov2_with_registers")
    _loaded_as = "AutoModel"
    _side = 224
    _layer = "class token behind the last norm"
    _scale = _IMAGENET

    def __init__(self, source: str = "facebook/dinov2-large", device: str = "cpu") -> None:
        super().__init__(source, "facebook/dinov2-large", device)
        config = self._model.config
        registers = "reg" if config.model_type == "dinov2_with_registers" else ""
        self.name = f"dinov2{registers}-{_size(config)}"
        self.title = f"DINOv2 {_size(config)}"

    def _vectors(self, given: Tensor) -> Tensor:
        found: Tensor = self._model(pixel_values=given).last_hidden_state[:, 0]
        return found


class CLIP(_Transformer):
    """CLIP's image tower with its projection (Radford et al. 2021).

    Args:
        source: a folder or the name of a repository; Jayasumana et al. use ViT-L/14 at 336 pixels.
        device: where it runs.

    Raises:
        Unavailable: where the library or the files are not here.
        BadInput: where the files are of another model.
    """

    _kinds = ("clip", "clip_vision_model")
    _loaded_as = "CLIPVisionModelWithProjection"
    _layer = "projected embedding, divided by its length"
    _scale = _OPENAI

    def __init__(
        self, source: str = "openai/clip-vit-large-patch14-336", device: str = "cpu"
    ) -> None:
        super().__init__(source, "openai/clip-vit-large-patch14-336", device)
        config = self._model.config
        self._side = int(config.image_size)
        self.name = f"clip-{_size(config)}-{self._side}"
        self.title = f"CLIP {_size(config)}, {self._side} pixels"

    def _vectors(self, given: Tensor) -> Tensor:
        found: Tensor = self._model(pixel_values=given).image_embeds
        length: Tensor = found.norm(dim=1, keepdim=True)
        return found / length

    def _counting(self, config: dict[str, Any]) -> dict[str, Any]:
        if config["model_type"] != "clip":
            return config
        # The text tower is not here. Files of old versions have the image tower twice: the latter counts.
        towers = (config.get(name) or {} for name in ("vision_config", "vision_config_dict"))
        return {name: value for tower in towers for name, value in tower.items()}


def dinov2(device: str = "cpu", folders: Sequence[Path] | None = None, source: str = "") -> DINOv2:
    """DINOv2's class token; `source` is what stands behind `dinov2:`."""
    del folders
    return DINOv2(source or "facebook/dinov2-large", device)


def clip(device: str = "cpu", folders: Sequence[Path] | None = None, source: str = "") -> CLIP:
    """CLIP's image embedding; `source` is what stands behind `clip:`."""
    del folders
    return CLIP(source or "openai/clip-vit-large-patch14-336", device)


def _hash(model: Any) -> str:
    state = model.state_dict()
    return tensors_hash((name, value.cpu().numpy()) for name, value in state.items())


def _size(config: Any) -> str:
    """As papers spell it: "vitl14"; a width that has no letter is spelt out ("vit16-14")."""
    width, patch = int(config.hidden_size), int(config.patch_size)
    return f"vit{_SIZES[width]}{patch}" if width in _SIZES else f"vit{width}-{patch}"


def _stretched(image: UInt8, side: int) -> UInt8:
    from PIL import Image

    resized = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(resized)
