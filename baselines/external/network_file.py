"""A network in one file as an editor: TorchScript, torch-export or ONNX, with a small sidecar.

Beside MODEL.onnx (.pt2, .pt) lies MODEL.json, which says what the network is given:

    {"inputs": ["masked", "mask", "one_hot"], "classes": 34, "size": [256, 256]}

See `NetworkSidecar` for its fields. Each name in `inputs` is one argument, in that order; with
`"join": true` they are one argument, concatenated over channels. Sidecars of networks that many use come
with siebench (`baselines/external/sidecars`) and are named in the option `sidecar`.
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
from baselines.adapters.fitting import laid_out, rounded_up
from baselines.external import demand_trust
from bench.batch import EditBatch
from bench.core.documents import read_json
from bench.core.errors import (
    BadInput,
    EditFailed,
    Unavailable,
    first_fault,
    first_line,
    unknown,
)
from bench.core.identity import file_hash
from bench.networks.onnx_file import open_onnx, tensor_files
from bench.networks.weights import weight_folders
from bench.plugins.editors import TaskFacts

__all__ = ["NetworkFile", "NetworkSidecar"]

_SIDECARS = Path(__file__).parent / "sidecars"

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
        mask: what is 1 in its mask: the pixels to change, or the known ones.
        hidden: what hidden pixels are in `masked`, between the ends of `range`; None = the middle.
        output: what black and white are in the images that it gives; None = as in `range`.
        multiple: sides that are none of it are filled up with the last row and column, which are cut off
            again.
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
    mask: Literal["edit", "known"] = "edit"
    hidden: float | None = None
    output: tuple[float, float] | None = None
    multiple: Annotated[int, Field(ge=1, le=4096)] = 1

    @model_validator(mode="after")
    def _fields_agree(self) -> NetworkSidecar:
        for name, ends in (("range", self.range), ("output", self.output)):
            if ends is not None and ends[0] == ends[1]:
                raise ValueError(f"{name}: black and white are one number")
        if self.size is not None and any(side % self.multiple for side in self.size):
            raise ValueError("size: its sides are no multiples of `multiple`")
        return self

    @property
    def identity(self) -> dict[str, Any]:
        """Its part of a method's record, which names later fields only where they are set."""
        later = {"mask": "edit", "hidden": None, "output": None, "multiple": 1}
        plain = self.model_dump(mode="json")
        return {n: v for n, v in plain.items() if n not in later or v != later[n]}


class NetworkFile:
    """A TorchScript (.pt), torch-export (.pt2) or ONNX (.onnx) file with its sidecar.

    Args:
        path: the network's file, also by its name in a folder of SIEBENCH_WEIGHTS.
        sidecar: one that comes with siebench by its name ("big-lama"), or a JSON file; where None, the
            file beside the network of the same name that ends in .json.
        trust: agreement to load a format that can carry code (.pt and .pt2; ONNX cannot).

    Raises:
        Unavailable: a missing file; a suite then has a row with this reason.
        BadInput: a sidecar that is missing or does not fit, another format, or no agreement.
    """

    needs: frozenset[str] = frozenset()
    places: ClassVar[tuple[str, ...]] = ("path", "sidecar")
    anywhere: ClassVar[tuple[str, ...]] = ("path", "sidecar")

    def __init__(self, path: str, sidecar: str | None = None, trust: bool = False) -> None:
        file = _located(Path(path))
        self.path = path
        self._tried: set[tuple[tuple[int, int], int]] = set()
        self._device = "cpu"
        self.sidecar = read_sidecar(_sidecar_file(file, sidecar))
        self._module, self._run = _load(file, trust)
        self.needs = frozenset({"original"}) & frozenset(self.sidecar.inputs)
        self.identity: dict[str, Any] = {
            "file": file_hash(file),
            "sidecar": self.sidecar.identity,
        }
        beside = tensor_files(file) if file.suffix == ".onnx" else {}
        if beside:
            self.identity["tensors"] = beside
        self.demands = Demands(self.sidecar.classes, first_label=self.sidecar.first_label)

    def to(self, device: str) -> NetworkFile:
        """Moves the network to `device`; an ONNX file is carried out on the processor."""
        if self._module is not None:
            self._module.to(device)
        self._device = device
        return self

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
            self.edit(_made_up(task, size, self._device))
        except EditFailed as error:
            raise BadInput(f"path: {self.path}: tried on a made-up batch, {error}") from error
        self._tried.add((size, task.batch_size))

    def edit(self, batch: EditBatch) -> Tensor:
        """The network's images, float32 [B,3,H,W] RGB in [-1,1].

        Raises:
            EditFailed: labels beyond its classes, or the network itself fails.
        """
        card, given = self.sidecar, (int(batch.labels.shape[1]), int(batch.labels.shape[2]))
        self.demands.check_batch(batch)
        if card.size is not None:
            fitted, back = laid_out(batch, card.size, "resize")
        else:
            fitted, back = laid_out(batch, rounded_up(given, card.multiple), "pad", scaled=False)
        inputs = [self._input(fitted, name) for name in card.inputs]
        if card.join:
            inputs = [torch.cat(inputs, dim=1)]
        try:
            with torch.inference_mode():
                raw = self._run(inputs)
        except Exception as error:  # whatever a foreign network raises is its own failure
            raise EditFailed(f"the network failed: {first_line(error)}") from error
        if not isinstance(raw, Tensor) or raw.ndim != 4 or raw.shape[:2] != (len(batch), 3):
            got = list(raw.shape) if isinstance(raw, Tensor) else type(raw).__name__
            raise EditFailed(f"the network gave {got}; expected images [{len(batch)},3,H,W]")
        low, high = card.output or card.range
        image = (raw.float().to(batch.masked.device) - low) / (high - low) * 2 - 1
        return back(self._ordered(image))

    def _input(self, batch: EditBatch, name: Input) -> Tensor:
        inside = batch.mask if self.sidecar.inside_only else torch.ones_like(batch.mask)
        if name == "mask":
            return batch.mask if self.sidecar.mask == "edit" else 1 - batch.mask
        if name == "edges":
            return batch.edges() * inside
        if name in ("masked", "original"):
            image = batch.masked if name == "masked" else batch.original
            assert image is not None
            low, high = self.sidecar.range
            scaled = (image + 1) / 2 * (high - low) + low
            if name == "masked" and self.sidecar.hidden is not None:
                scaled = torch.where(batch.masked_region, self.sidecar.hidden, scaled)
            return self._ordered(scaled)
        labels = batch.labels + self.sidecar.first_label
        if name == "labels":
            return torch.where(inside[:, 0] > 0, labels, -1)
        assert self.sidecar.classes is not None
        channels = torch.arange(self.sidecar.classes, device=labels.device).view(1, -1, 1, 1)
        return (labels.unsqueeze(1) == channels).float() * inside

    def _ordered(self, image: Tensor) -> Tensor:
        return image.flip(1) if self.sidecar.channels == "bgr" else image


def _made_up(task: TaskFacts, size: tuple[int, int], device: str) -> EditBatch:
    """A batch of a task's size in which everything is masked and of the first class."""
    count = task.batch_size
    names = tuple(f"made-up-{i}" for i in range(count))
    return EditBatch(
        masked=torch.zeros(count, 3, *size, device=device),
        mask=torch.ones(count, 1, *size, device=device),
        labels=torch.zeros(count, *size, dtype=torch.long, device=device),
        instances=torch.zeros(count, *size, dtype=torch.long, device=device),
        space=task.space,
        operation="inpaint",
        regions=(None,) * count,
        ids=names,
        scenes=names,
        samples=(0,) * count,
        seeds=(("made-up", 0),) * count,
        original=torch.zeros(count, 3, *size, device=device),
    )


def _located(file: Path) -> Path:
    """The file as it was given, or of that name in the folders of SIEBENCH_WEIGHTS.

    Raises:
        Unavailable: where there is none.
    """
    folders = weight_folders()
    for place in (file, *(folder / file for folder in folders)):
        if place.is_file():
            return place
    raise Unavailable(f"editor 'network-file': path: {file}: no such file, nor in {folders[0]}")


def _sidecar_file(file: Path, named: str | None) -> Path:
    """Where the sidecar of a network's file lies.

    Raises:
        BadInput: a name that is neither of a file nor of a sidecar that comes with siebench.
    """
    if named is None:
        return file.with_suffix(".json")
    if Path(named).suffix == ".json":
        return Path(named)
    known = {path.stem: path for path in _SIDECARS.glob("*.json")}
    # A suite finds its files beside it: a folder that lies there under a sidecar's name is none.
    name = Path(named).name if Path(named).is_dir() else named
    if name not in known:
        raise unknown("sidecar of editor 'network-file':", name, known)
    return known[name]


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
        where, why = first_fault(error)
        raise BadInput(f"{path}: {where}: {why}") from None
    if sidecar.classes is None and {"one_hot", "labels"} & set(sidecar.inputs):
        raise BadInput(f"{path}: classes: say how many label channels the network has")
    return sidecar


def _load(file: Path, trust: bool) -> tuple[nn.Module | None, Callable[[list[Tensor]], Tensor]]:
    """The network where PyTorch carries it out, and what gives its images."""
    if file.suffix == ".onnx":
        return None, _load_onnx(file)
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
    return module, lambda inputs: module(*inputs)


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
