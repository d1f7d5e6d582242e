"""SIEDOB's bank: objects of training scenes, whose look erased objects take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from baselines.siedob.network import StyleImages

__all__ = ["ObjectBank"]


@dataclass(frozen=True, eq=False)
class ObjectBank:
    """Style images by label.

    Attributes:
        images: label -> uint8 [N,3,S,S] RGB.
        instances: label -> bool [N,S,S], where the object is.
    """

    images: Mapping[int, Tensor]
    instances: Mapping[int, Tensor]

    @classmethod
    def of_tensors(cls, tensors: Mapping[str, Tensor]) -> ObjectBank:
        """The bank that a weights file keeps: `style_images`, `style_instances`, `style_labels`."""
        labels = tensors.get("style_labels")
        if labels is None:
            return cls({}, {})
        images, instances = tensors["style_images"], tensors["style_instances"]
        known = sorted(set(labels.tolist()))
        return cls(
            {label: images[labels == label] for label in known},
            {label: instances[labels == label] for label in known},
        )

    def draw(self, label: int, count: int, generator: Generator) -> StyleImages | None:
        """Up to `count` different objects of a class as the network sees them, BGR.

        None where the bank has none of it.
        """
        if label not in self.images:
            return None
        order = torch.randperm(len(self.images[label]), generator=generator)[:count]
        images = self.images[label][order].flip(1).float() / 127.5 - 1
        instances = self.instances[label][order]
        return StyleImages(images * instances.unsqueeze(1), instances)
