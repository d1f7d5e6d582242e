"""A network in one file as an editor: TorchScript, torch-export or ONNX, with a small sidecar.

Beside MODEL.onnx (.pt2, .pt) lies MODEL.json, which says what the network is given:

    {"inputs": ["masked", "mask", "one_hot"], "classes": 34, "size": [256, 256]}

See `NetworkSidecar` for its fields. Each name in `inputs` is one argument, in that order; with
`"join": true` they are one argument, concatenated over channels.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor, nn

from baselines.adapters.demands import Demands
from baselines.adapters.fitting import fit_batch, fit_images
from baselines.external import demand_trust
from bench.batch import EditBatch
from bench.core.documents import read_json
from bench.core.errors import BadInput, EditFailed
from bench.core.identity import file_hash
from bench.networks.onnx_file import open_onnx, tensor_files
from bench.plugins.editors import TaskFacts

__all__ = ["NetworkFile", "NetworkSidecar"]

_Side = Annotated[int, Field(ge=1, le=8192)]

Input = Literal["masked", "mask", "one_hot", "labels", "edges", "original"]


class NetworkSidecar(BaseModel):
    """What a network's file does not say itself.

    Attributes:
        inputs: what it is given: float32 `masked` and `original` [B,3,H,W], `mask` and `edges`
            [B,1,H,W], `one_hot` [B,classes,H,W]; int64 `labels` [B,H,W] (-1 = void).
        join: concatenate the inputs over channels into one argument.
        classes: the network's label channels; needed for `one_hot` and `labels`.
        first_label: its number of the label space's class 0; with 1, void is 0.
        inside_only: labels and edges are zero outside the mask.
        channels: the order of the image's channels.
        range: what black and white are for the network, in and out.
        size: (height, width) that it takes, or None = any.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs: tuple[Input, ...] = Field(min_length=1)
    join: bool = False
    classes: int | None = Field(default=None, ge=1, le=4096)
    first_label: int = Field(default=0, ge=0, le=4096)
    inside_only: bool = False
    channels: Literal["rgb", "bgr"] = "rgb"
    range: tuple[float, float] = (-1.0, 1.0)
    size: tuple[_Side, _Side] | None = None

    @model_validator(mode="after")
    def _black_is_not_white(self) -> NetworkSidecar:
        if self.range[0] == self.range[1]:
            raise ValueError("range: black and white are one number")
        return self


class NetworkFile:
    """A TorchScript (.pt), torch-export (.pt2) or ONNX (.onnx) file with its sidecar.

    Args:
        path: the network's file; the sidecar has the same name and ends in .json.
        trust: agreement to load a format that can carry code (.pt and .pt2; ONNX cannot).

    Raises:
        BadInput: a missing file, a sidecar that does not fit, another format, or no agreement.
    """

    needs: frozenset[str] = frozenset()
    places: ClassVar[tuple[str, ...]] = ("path",)

    def __init__(self, path: str, trust: bool = False) -> None:
        file = Path(path)
        if not file.is_file():
            raise BadInput(f"editor 'network-file': path: {file}: no such file")
        self.path = path
        self._tried: set[tuple[tuple[int, int], int]] = set()
        self.sidecar = read_sidecar(file.with_suffix(".json"))
        self._run = _load(file, trust)
        self.needs = frozenset({"original"}) & frozenset(self.sidecar.inputs)
        self.identity: dict[str, Any] = {
            "file": file_hash(file),
            "sidecar": self.sidecar.model_dump(mode="json"),
        }
        beside = tensor_files(file) if file.suffix == ".onnx" else {}
        if beside:
            self.identity["tensors"] = beside
        self.demands = Demands(self.sidecar.classes, first_label=self.sidecar.first_label)

    def check(self, task: TaskFacts) -> None:
        """Refuses a task with more classes than the network has, or that it fails on when it is tried.

        Raises:
            BadInput: with both counts, or with what the network said of a made-up batch.
        """
        self.demands.check_task(task)
        size = task.size or self.sidecar.size
        if size is None or (size, task.batch_size) in self._tried:
            return
        try:
            self.edit(_made_up(task, size))
        except EditFailed as error:
            raise BadInput(f"path: {self.path}: tried on a made-up batch, {error}") from error
        self._tried.add((size, task.batch_size))

    def edit(self, batch: EditBatch) -> Tensor:
        """The network's images, float32 [B,3,H,W] RGB in [-1,1].

        Raises:
            EditFailed: labels beyond its classes, or the network itself fails.
        """
        card, given = self.sidecar, (batch.labels.shape[1], batch.labels.shape[2])
        self.demands.check_batch(batch)
        fitted = batch if card.size is None else fit_batch(batch, card.size)
        inputs = [self._input(fitted, name) for name in card.inputs]
        if card.join:
            inputs = [torch.cat(inputs, dim=1)]
        try:
            with torch.inference_mode():
                raw = self._run(inputs)
        except Exception as error:  # whatever a foreign network raises is its own failure
            first = str(error).strip().splitlines() or [type(error).__name__]
            raise EditFailed(f"the network failed: {first[0]}") from error
        if not isinstance(raw, Tensor) or raw.ndim != 4 or raw.shape[:2] != (len(batch), 3):
            got = list(raw.shape) if isinstance(raw, Tensor) else type(raw).__name__
            raise EditFailed(f"the network gave {got}; expected images [{len(batch)},3,H,W]")
        low, high = card.range
        image = (raw.float() - low) / (high - low) * 2 - 1
        return fit_images(self._ordered(image), given)

    def _input(self, batch: EditBatch, name: Input) -> Tensor:
        inside = batch.mask if self.sidecar.inside_only else torch.ones_like(batch.mask)
        if name == "mask":
            return batch.mask
        if name == "edges":
            return batch.edges() * inside
        if name in ("masked", "original"):
            image = batch.masked if name == "masked" else batch.original
            assert image is not None
            low, high = self.sidecar.range
            return self._ordered((image + 1) / 2 * (high - low) + low)
        labels = batch.labels + self.sidecar.first_label
        if name == "labels":
            return torch.where(inside[:, 0] > 0, labels, -1)
        assert self.sidecar.classes is not None
        channels = torch.arange(self.sidecar.classes, device=labels.device).view(1, -1, 1, 1)
        return (labels.unsqueeze(1) == channels).float() * inside

    def _ordered(self, image: Tensor) -> Tensor:
        return image.flip(1) if self.sidecar.channels == "bgr" else image


def _made_up(task: TaskFacts, size: tuple[int, int]) -> EditBatch:
    """A batch of a task's size in which everything is masked and of the first class."""
    count = task.batch_size
    names = tuple(f"made-up-{i}" for i in range(count))
    return EditBatch(
        masked=torch.zeros(count, 3, *size),
        mask=torch.ones(count, 1, *size),
        labels=torch.zeros(count, *size, dtype=torch.long),
        instances=torch.zeros(count, *size, dtype=torch.long),
        space=task.space,
        operation="inpaint",
        regions=(None,) * count,
        ids=names,
        scenes=names,
        samples=(0,) * count,
        seeds=(("made-up", 0),) * count,
        original=torch.zeros(count, 3, *size),
    )


def read_sidecar(path: Path) -> NetworkSidecar:
    """The sidecar in `path`.

    Raises:
        BadInput: with the file, the field and what is wrong with it.
    """
    if not path.exists():
        raise BadInput(f"{path}: no sidecar; say there what the network is given")
    try:
        sidecar = NetworkSidecar.model_validate(read_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{path}: {where}: {first['msg']}") from None
    if sidecar.classes is None and {"one_hot", "labels"} & set(sidecar.inputs):
        raise BadInput(f"{path}: classes: say how many label channels the network has")
    return sidecar


def _load(file: Path, trust: bool) -> Callable[[list[Tensor]], Tensor]:
    if file.suffix == ".onnx":
        return _load_onnx(file)
    if file.suffix not in (".pt", ".pt2"):
        raise BadInput(f"{file}: ends in none of .pt (TorchScript), .pt2 (torch-export), .onnx")
    kind = "TorchScript" if file.suffix == ".pt" else "torch-export"
    what = f"what the {kind} file {file} holds (sha256 {file_hash(file)[:16]}...)"
    demand_trust(trust, "network-file", what)
    try:
        if file.suffix == ".pt":
            load: Callable[..., nn.Module] = torch.jit.load
            module = load(file, map_location="cpu").eval()
        else:
            module = torch.export.load(file).module()
    except Exception as error:  # the loaders raise what they like on a damaged file
        raise BadInput(f"{file}: not a whole {kind} file ({type(error).__name__})") from error
    return lambda inputs: module(*inputs)


def _load_onnx(file: Path) -> Callable[[list[Tensor]], Tensor]:
    session = open_onnx(file)
    names = [entry.name for entry in session.get_inputs()]
    fixed = [entry.shape[0] for entry in session.get_inputs() if entry.shape]
    count = next((side for side in fixed if isinstance(side, int)), None)

    def run(inputs: list[Tensor]) -> Tensor:
        if len(inputs) != len(names):
            raise ValueError(
                f"it has {len(names)} inputs ({', '.join(names)}), and the sidecar gives "
                f"{len(inputs)}"
            )
        arrays = [tensor.cpu().numpy() for tensor in inputs]
        if count is None:
            return torch.from_numpy(session.run(None, dict(zip(names, arrays)))[0])
        # A network of a fixed batch is given the batch in parts, the last one filled up.
        found = []
        for start in range(0, len(arrays[0]), count):
            part = [_filled(array[start : start + count], count) for array in arrays]
            found.append(session.run(None, dict(zip(names, part)))[0])
        return torch.from_numpy(np.concatenate(found)[: len(arrays[0])])

    return run


def _filled(array: NDArray[Any], count: int) -> NDArray[Any]:
    """The array with its last row repeated until it has `count`."""
    return np.concatenate([array, *[array[-1:]] * (count - len(array))])
