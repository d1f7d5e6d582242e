"""Segmenters as ONNX files with a JSON sidecar that says how to feed them.

The sidecar (same stem, .json) holds `mean` and `std` (of RGB in 0..1), `size` ([height, width] that
the network wants), `classes` and `label_space` (a name). Images are scaled bilinearly to `size`,
the logits are scaled bilinearly back, and the largest wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bench.core.documents import read_json
from bench.core.errors import BadInput, Unavailable
from bench.core.identity import Record, file_hash
from bench.networks.segmenters.segmenter import Segmenter, own_space
from bench.networks.weights import WeightsMissing
from bench.scene import Int32, UInt8

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["OnnxFeed", "OnnxSegmenter", "onnx"]


class OnnxFeed(BaseModel):
    """How an ONNX segmenter wants to be fed, as its .json says."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    size: tuple[int, int]
    classes: tuple[str, ...] = Field(min_length=1)
    label_space: str


class OnnxSegmenter(Segmenter):
    """An ONNX file with logits [1,K,h,w] for an input [1,3,H,W].

    Args:
        path: the .onnx file, with its sidecar beside it.

    Raises:
        BadInput: where the sidecar is missing or wrong.
        WeightsMissing: where the file or onnxruntime is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        if not path.is_file():
            raise WeightsMissing(f"{path}: there is no such segmenter; put the .onnx file there")
        self.sidecar = _read_sidecar(path.with_suffix(".json"))
        self.space = own_space(self.sidecar.label_space, self.sidecar.classes)
        self._session: Any = None

    def identity(self) -> Record:
        """The file's hash, its feed and how it is resized."""
        return {
            "segmenter": "onnx",
            "file": file_hash(self.path),
            "feed": self.sidecar.model_dump(mode="json"),
            "resize": "bilinear to size, logits bilinear back",
        }

    def segment(self, images: UInt8) -> Int32:
        """int32 [B,H,W] of uint8 [B,H,W,3] RGB."""
        height, width = images.shape[1:3]
        labels = [_best_class(self._logits(image), (height, width)) for image in images]
        return np.stack(labels)

    def _logits(self, image: UInt8) -> Tensor:
        import torch

        given = _scaled_input(image, self.sidecar.size, self.sidecar.mean, self.sidecar.std)
        session = self._opened()
        (logits,) = session.run(None, {session.get_inputs()[0].name: given.numpy()})[:1]
        if logits.ndim != 4 or logits.shape[1] != len(self.sidecar.classes):
            raise BadInput(
                f"{self.path}: gives {list(logits.shape)} where [1,{len(self.sidecar.classes)},h,w] "
                "was expected; correct the classes in its .json"
            )
        return torch.from_numpy(logits)

    def _opened(self) -> Any:
        if self._session is None:
            self._session = _session(self.path)
        return self._session


def _session(path: Path) -> Any:
    import torch

    try:
        import onnxruntime
    except ImportError as error:
        raise Unavailable("onnxruntime is not installed: `pip install onnxruntime`") from error
    options = onnxruntime.SessionOptions()
    # The harness sets the number of threads once, for PyTorch; more would only fight with it.
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions have no public base class
        raise BadInput(f"{path}: is not an ONNX network that can be run ({error})") from error


def _read_sidecar(path: Path) -> OnnxFeed:
    if not path.is_file():
        raise BadInput(f"{path}: is missing; it says how to feed the .onnx file beside it")
    try:
        return OnnxFeed.model_validate(read_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadInput(f"{path}: {where}: {first['msg']}") from error


def _scaled_input(
    image: UInt8, size: tuple[int, int], mean: Sequence[float], std: Sequence[float]
) -> Tensor:
    """float32 [1,3,*size] of uint8 [H,W,3]: (RGB / 255 - mean) / std."""
    import torch
    from torch.nn import functional as F

    planes = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None].float()
    if planes.shape[2:] != tuple(size):
        planes = F.interpolate(planes, size=tuple(size), mode="bilinear", align_corners=False)
    centre = torch.tensor(mean).view(1, 3, 1, 1)
    spread = torch.tensor(std).view(1, 3, 1, 1)
    return (planes / 255 - centre) / spread


def _best_class(logits: Tensor, size: tuple[int, int]) -> Int32:
    """int32 [*size]: the class of the largest logit, float32 [1,K,h,w] scaled up bilinearly."""
    import torch
    from torch.nn import functional as F

    with torch.inference_mode():
        if logits.shape[2:] != tuple(size):
            logits = F.interpolate(
                logits.float(), size=tuple(size), mode="bilinear", align_corners=False
            )
        labels: Int32 = logits[0].argmax(dim=0).cpu().numpy().astype(np.int32)
    return labels


def onnx(argument: str, device: str, folders: Sequence[Path]) -> OnnxSegmenter:
    """An ONNX file by its path, or by its bare name among the weights; it runs on the CPU.

    Raises:
        WeightsMissing: where the file is not there.
    """
    del device
    file = argument if argument.endswith(".onnx") else f"{argument}.onnx"
    for path in (Path(file).expanduser(), *(folder / file for folder in folders)):
        if path.is_file():
            return OnnxSegmenter(path)
    raise WeightsMissing(
        f"the segmenter {argument} is not here: put {Path(file).name} and its .json into "
        f"{folders[0]}"
    )
