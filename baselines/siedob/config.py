"""What SIEDOB is built from (docs/protocol/rivals.md, A)."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["VARIANTS", "ObjectClass", "SIEDOBConfig", "siedob_config"]

VARIANTS: dict[str, dict[str, Any]] = {
    "cityscapes": {
        "classes": 34,
        "objects": (
            {"name": "car", "label": 26, "cover": 0.6},
            {"name": "person", "label": 24, "cover": 0.35},
        ),
        "things": tuple(range(24, 34)),
        "unlabelled": 0,
    },
    "labels": {},
}
"""The released form, and a plain one for other label spaces."""


class ObjectClass(BaseModel):
    """A class whose objects the object networks paint.

    Attributes:
        name: of the class, as the label space has it.
        label: its number there.
        cover: an object is painted where it covers more than this share of its box.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: int = Field(ge=0)
    cover: float = Field(default=0.35, ge=0, lt=1)


class SIEDOBConfig(BaseModel):
    """What SIEDOB is built from; the defaults are the published values.

    Attributes:
        classes: one-hot label channels.
        objects: the classes of the object networks, in the order of their class-map channels.
        things: labels whose style the background does not propagate; the objects' where None.
        unlabelled: a label that the last channel stands for, as void does then; None = void stands
            nowhere (released: 0 becomes 33).
        background: width of the background generator's first layer.
        propagation: length of its style codes.
        hidden: width inside every SPADE.
        inpainting: width of the object inpainting's first layer.
        style: width of the object generator's first layer.
        style_length: length of an object's style code.
        style_encoder: width of the style encoders' first layer.
        fusion: width of the fusion's first layer.
        ndf: width of a discriminator's first layer.
        object_size: side of an object's crop in pixels.
        margin: pixels around an object's box.
        most: objects of a class that are painted in an image.
        style_pictures: style pictures of a class that an image draws.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: int = Field(ge=1)
    objects: tuple[ObjectClass, ...] = ()
    things: tuple[int, ...] | None = None
    unlabelled: int | None = Field(default=None, ge=0)
    background: int = Field(default=32, ge=1)
    propagation: int = Field(default=64, ge=1)
    hidden: int = Field(default=128, ge=1)
    inpainting: int = Field(default=64, ge=1)
    style: int = Field(default=32, ge=1)
    style_length: int = Field(default=128, ge=1)
    style_encoder: int = Field(default=32, ge=1)
    fusion: int = Field(default=32, ge=1)
    ndf: int = Field(default=64, ge=1)
    object_size: int = Field(default=64, ge=32, le=512, multiple_of=16)
    margin: int = Field(default=2, ge=0)
    most: int = Field(default=180, ge=1)
    style_pictures: int = Field(default=4, ge=1)

    divisor: ClassVar[int] = 16
    """What an image's sides must be divisible by."""

    @model_validator(mode="after")
    def _labels_exist(self) -> SIEDOBConfig:
        for one in self.objects:
            if one.label >= self.classes:
                raise ValueError(
                    f"objects: {one.name!r} has label {one.label}, but there are {self.classes} "
                    "classes"
                )
        labels = [one.label for one in self.objects]
        if len(set(labels)) < len(labels):
            raise ValueError("objects: two of them have the same label")
        return self

    @property
    def class_channels(self) -> int:
        """Channels of a class map: one for each object class, at least the published three."""
        return max(3, len(self.objects))

    @property
    def unpropagated(self) -> tuple[int, ...]:
        """Labels whose style code stays zero."""
        if self.things is None:
            return tuple(one.label for one in self.objects)
        return self.things


def siedob_config(variant: str = "cityscapes", **fields: Any) -> SIEDOBConfig:
    """The configuration of a variant; `fields` replace its values.

    Raises:
        KeyError: no such variant.
        pydantic.ValidationError: a field is out of its range.
    """
    return SIEDOBConfig(**{**VARIANTS[variant], **fields})
