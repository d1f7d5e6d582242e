"""The sidecar of an ONNX segmenter: how the network is fed, and what its numbers mean.

{"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "size": [512, 1024],
 "classes": ["road", "sidewalk"], "label_space": "cityscapes"}
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bench.core.documents import read_json
from bench.core.errors import BadInput, first_fault

__all__ = ["OnnxFeed", "read_feed"]

_Mean = Annotated[float, Field(strict=True, ge=0, le=1)]
_Std = Annotated[float, Field(strict=True, gt=0, le=10)]
_Side = Annotated[int, Field(strict=True, ge=1, le=8192)]
_Name = Annotated[str, StringConstraints(min_length=1)]


class OnnxFeed(BaseModel):
    """How an ONNX segmenter wants to be fed, as its .json says.

    The network is given (RGB / 255 - mean) / std. Fields that are not listed here are the author's own.

    Attributes:
        mean: of red, green and blue, each in 0..1.
        std: of red, green and blue, in the same unit, above 0.
        size: [height, width] that an image is scaled to (bilinear). May be left out where the network
            itself has a fixed size; where both are there, they agree.
        classes: the names of its classes, in the order of its numbers.
        label_space: the name of that list of classes.
        channels: the order in which the network wants them, rgb or bgr; `mean` and `std` stay those of
            red, green and blue.
        output: the name of the output that counts; the first where it is left out.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    mean: tuple[_Mean, _Mean, _Mean]
    std: tuple[_Std, _Std, _Std]
    size: tuple[_Side, _Side] | None = None
    classes: tuple[_Name, ...] = Field(min_length=1, max_length=4096)
    label_space: _Name
    channels: Literal["rgb", "bgr"] = "rgb"
    output: _Name | None = None


def read_feed(path: Path) -> OnnxFeed:
    """The sidecar in `path`.

    Raises:
        BadInput: where it is missing or cannot be read, or a field is missing, misspelt or out of range.
    """
    if not path.exists():
        raise BadInput(f"{path}: is missing; it says how to feed the .onnx file beside it")
    found = read_json(path)
    if not isinstance(found, dict):
        raise BadInput(f"{path}: is no mapping; write mean, std, size, classes and label_space")
    _refuse_misspelt(path, found)
    try:
        return OnnxFeed.model_validate(found)
    except ValidationError as error:
        where, why = first_fault(error)
        advice = _IN_255 if _in_grey_levels(error.errors()[0]) else ""
        raise BadInput(f"{path}: {where}: {why}{advice}") from None


_IN_255 = "; mean and std are those of values in 0..1, so divide both by 255"


def _in_grey_levels(problem: Any) -> bool:
    return problem["type"] == "less_than_equal" and problem["loc"][0] in ("mean", "std")


def _refuse_misspelt(path: Path, found: dict[str, Any]) -> None:
    """A field that looks like one of ours would be passed over in silence."""
    for name in found:
        near = difflib.get_close_matches(name.lower(), OnnxFeed.model_fields, n=1, cutoff=0.75)
        if near and name not in OnnxFeed.model_fields and near[0] not in found:
            raise BadInput(f"{path}: there is no field {name!r}; did you mean {near[0]!r}?")
