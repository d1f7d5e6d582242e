"""Segmenters as ONNX files with a JSON sidecar that says how to feed them.

The sidecar has the same stem and ends in .json; `OnnxFeed` lists its fields. The network takes one
image, float [B,3,H,W], and gives either

- logits [B,K,h,w], which are scaled bilinearly to the image's size before the largest wins, or
- class numbers [B,h,w] (or [B,1,h,w]) where argmax is inside, which are scaled to the nearest.

Which of the two is seen when it is tried, once, before anything is measured. Batch, height and width may
be fixed in the file: a batch is filled with the same image, so that no image's labels depend on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from bench.core.errors import BadInput, first_line
from bench.core.identity import Record, file_hash
from bench.core.variables import home_path
from bench.networks.onnx_file import open_onnx, tensor_files
from bench.networks.segmenters.onnx_feed import OnnxFeed, read_feed
from bench.networks.segmenters.segmenter import Segmenter, own_space
from bench.networks.weights import WeightsMissing
from bench.scene import Int32, UInt8

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["OnnxSegmenter", "onnx"]

_INPUTS: dict[str, type[np.floating[Any]]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
}


class OnnxSegmenter(Segmenter):
    """An ONNX file that gives logits or class numbers; opened and tried on one grey image at once.

    Args:
        path: the .onnx file, with its sidecar beside it.

    Raises:
        BadInput: where the sidecar is missing or wrong, or the network is not one that it describes.
        Unavailable: where onnxruntime is not there.
        WeightsMissing: where the file is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        if not path.is_file():
            raise WeightsMissing(f"{path}: there is no such segmenter; put the .onnx file there")
        feed = read_feed(path.with_suffix(".json"))
        self.space = own_space(feed.label_space, feed.classes)
        self._session = open_onnx(path)
        self._input, self._type, self._batch, size = _input_of(self._session, path, feed)
        self.sidecar = feed.model_copy(update={"size": size})
        self.size = size
        self._output = _output_of(self._session, path, feed)
        grey = np.full((*size, 3), 128, np.uint8)
        tried = self._run(grey)
        self._gives: Literal["logits", "labels"] = self._kind(tried)
        self._labels(tried, size)

    def identity(self) -> Record:
        """The file's hash, its feed and how it is resized."""
        back = "logits bilinear back" if self._gives == "logits" else "labels nearest back"
        beside = tensor_files(self.path)
        return {
            "segmenter": "onnx",
            "file": file_hash(self.path),
            **({"tensors": beside} if beside else {}),
            "feed": self.sidecar.model_dump(mode="json", exclude_defaults=True),
            "resize": f"bilinear to size, {back}",
        }

    def segment(self, images: UInt8) -> Int32:
        """int32 [B,H,W] of uint8 [B,H,W,3] RGB."""
        height, width = images.shape[1:3]
        return np.stack([self._labels(self._run(image), (height, width)) for image in images])

    def _run(self, image: UInt8) -> NDArray[Any]:
        """What the network gives for one image, [B,...]."""
        feed = self.sidecar
        given = _scaled_input(image, self.size, feed.mean, feed.std).numpy()
        if feed.channels == "bgr":
            given = given[:, ::-1]
        batch = np.repeat(given, self._batch, axis=0).astype(self._type)
        try:
            (found,) = self._session.run([self._output], {self._input: batch})
        except Exception as error:  # onnxruntime's own exceptions have no public base class
            raise BadInput(f"{self.path}: cannot be run ({first_line(error)})") from error
        if not isinstance(found, np.ndarray):
            raise BadInput(
                f"{self.path}: output {self._output!r} is a {type(found).__name__}, not one array; "
                "name another `output` in its .json"
            )
        return found

    def _kind(self, found: NDArray[Any]) -> Literal["logits", "labels"]:
        """Whether an output holds logits or class numbers.

        Raises:
            BadInput: where it is neither.
        """
        count, shape = len(self.sidecar.classes), found.shape
        numbers = found.dtype.kind in "iuf"
        several = count > 1 or found.dtype.kind == "f"
        if numbers and found.ndim == 4 and shape[:2] == (self._batch, count) and several:
            return "logits"
        one_plane = found.ndim == 4 and shape[:2] == (self._batch, 1)
        if numbers and (one_plane or (found.ndim == 3 and shape[0] == self._batch)):
            return "labels"
        last = found.ndim == 4 and shape[3] == count
        advice = (
            "export it with its channels first" if last else "correct `classes` or `output` there"
        )
        raise BadInput(
            f"{self.path}: gives {found.dtype} {list(shape)} where its .json has {count} classes; "
            f"expected logits [{self._batch},{count},h,w] or class numbers [{self._batch},h,w]; {advice}"
        )

    def _labels(self, found: NDArray[Any], size: tuple[int, int]) -> Int32:
        """int32 [*size] of what the network gave."""
        import torch

        # Half precision overflows, and the largest of such logits says nothing; nor does one that lies
        # between an infinite one and another.
        if not np.isfinite(found[:1]).all():
            raise BadInput(
                f"{self.path}: gives values that are infinite or no numbers (NaN); export it in single "
                "precision, with finite logits"
            )
        if self._gives == "logits":
            return _best_class(torch.from_numpy(found[:1].astype(np.float32, copy=False)), size)
        plane = found[0].reshape(found.shape[-2:])
        labels = plane.astype(np.int32)
        beyond = (labels < 0) | (labels >= len(self.sidecar.classes)) | (labels != plane)
        if beyond.any():
            raise BadInput(
                f"{self.path}: gives the class number {plane[beyond][0]}; expected whole numbers from "
                f"0 to {len(self.sidecar.classes) - 1}, as its .json has classes"
            )
        return _nearest(labels, size)


def _input_of(
    session: Any, path: Path, feed: OnnxFeed
) -> tuple[str, type[np.floating[Any]], int, tuple[int, int]]:
    """The input's name and type, the batch and the (height, width) that it is given.

    Raises:
        BadInput: where the network does not take what a segmenter is given.
    """
    inputs = session.get_inputs()
    if len(inputs) != 1:
        names = ", ".join(repr(one.name) for one in inputs) or "none"
        raise BadInput(
            f"{path}: has {len(inputs)} inputs ({names}); a segmenter takes one, float [1,3,H,W]: "
            "export it so"
        )
    (taken,) = inputs
    shape = [side if isinstance(side, int) else None for side in taken.shape] or [None] * 4
    if taken.type not in _INPUTS:
        raise BadInput(f"{path}: takes {taken.type}; export it with a float input [1,3,H,W]")
    if len(shape) != 4 or shape[1] not in (None, 3):
        last = len(shape) == 4 and shape[3] == 3
        advice = "export it with its channels first" if last else "export it so"
        raise BadInput(
            f"{path}: takes {_written(taken.shape)} where [1,3,H,W] is expected; {advice}"
        )
    said = feed.size or (None, None)
    size = tuple(_side(i, path, feed, taken.shape, shape[2 + i], said[i]) for i in range(2))
    return taken.name, _INPUTS[taken.type], shape[0] or 1, (size[0], size[1])


def _side(
    i: int, path: Path, feed: OnnxFeed, shape: Sequence[Any], own: int | None, said: int | None
) -> int:
    """Height (i = 0) or width (1) of what the network is given: its own, or what the sidecar says."""
    name, sidecar = ("height", "width")[i], path.with_suffix(".json")
    if own is not None and said is not None and own != said:
        raise BadInput(
            f"{sidecar}: size: is {list(feed.size or ())}, but the network takes {_written(shape)}; its "
            f"{name} is {own}"
        )
    side = said if own is None else own
    if side is None:
        raise BadInput(
            f"{sidecar}: size: is missing, and the network takes any {name}; write [height, width]"
        )
    return side


def _output_of(session: Any, path: Path, feed: OnnxFeed) -> str:
    """The name of the output that counts."""
    names = [str(one.name) for one in session.get_outputs()]
    if feed.output is None:
        return names[0]
    if feed.output not in names:
        raise BadInput(
            f"{path.with_suffix('.json')}: output: the network has no {feed.output!r}; it has "
            f"{', '.join(map(repr, names))}"
        )
    return feed.output


def _written(shape: Sequence[Any]) -> str:
    return f"[{','.join('?' if side is None else str(side) for side in shape)}]"


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


def _nearest(labels: Int32, size: tuple[int, int]) -> Int32:
    """int32 [*size]: each pixel has the label under its centre, int32 [h,w]."""
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(np.int64)
        for old, new in zip(labels.shape, size)
    )
    return np.ascontiguousarray(labels[rows[:, None], columns])


def onnx(argument: str, device: str, folders: Sequence[Path]) -> OnnxSegmenter:
    """An ONNX file by its path, or by its bare name among the weights; it runs on the CPU.

    Raises:
        WeightsMissing: where the file is not there.
    """
    del device
    file = argument if argument.endswith(".onnx") else f"{argument}.onnx"
    for path in (home_path(file, "segmenter"), *(folder / file for folder in folders)):
        if path.is_file():
            return OnnxSegmenter(path)
    raise WeightsMissing(
        f"the segmenter {argument} is not here: put {Path(file).name} and its .json into "
        f"{folders[0]}"
    )
