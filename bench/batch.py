"""What an editor is given: a batch of edits as tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from bench.core.errors import EditFailed
from masks.streams import Stream

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from bench.scene import LabelSpace

__all__ = ["EditBatch", "Reference"]


@dataclass(frozen=True, eq=False)
class Reference:
    """A labelled image whose style an editor may take.

    `image` float32 [3,H,W] in [-1,1] RGB, `labels` int64 [H,W] (-1 = void), `instances` int64 [H,W]
    or None (0 = no object).
    """

    id: str
    image: Tensor
    labels: Tensor
    instances: Tensor | None


@dataclass(frozen=True, eq=False)
class EditBatch:
    """B edits of one size [H,W], on one device.

    Attributes:
        masked: float32 [B,3,H,W], RGB in [-1,1], 0 inside the mask.
        mask: float32 [B,1,H,W], 1 = edit.
        labels: int64 [B,H,W], target labels for the whole image, -1 = void.
        instances: int64 [B,H,W], target instances (0 = no object), or None where the dataset has
            none.
        space: the label space (class names).
        operation: what all edits of the batch ask for ("inpaint", "add", "remove", ...).
        regions: B class names of the edited regions, None where an edit has no name for it.
        ids: B edit ids.
        scenes: B scene ids.
        samples: B sample indices.
        seeds: B keys, each a tuple of words that name the edit's own random stream.
        original: float32 [B,3,H,W] in [-1,1], the image before the edit; None unless the editor
            declares that it needs it.
        references: B tuples of reference images; None unless the editor declares the need.
        prompts: B texts that say what the edits ask for, None where an edit has none; the tuple is
            made of B None where it is left out.
        task: the name of the task that the edits belong to; empty outside a run.
        dataset: the suite's name of their dataset; empty outside a run.
        protocol: the key of the protocol that drew them ("freeform@1"); empty outside a run.
    """

    masked: Tensor
    mask: Tensor
    labels: Tensor
    instances: Tensor | None
    space: LabelSpace
    operation: str
    regions: tuple[str | None, ...]
    ids: tuple[str, ...]
    scenes: tuple[str, ...]
    samples: tuple[int, ...]
    seeds: tuple[tuple[str | int, ...], ...]
    original: Tensor | None = None
    references: tuple[tuple[Reference, ...], ...] | None = None
    prompts: tuple[str | None, ...] = ()
    task: str = ""
    dataset: str = ""
    protocol: str = ""

    def __post_init__(self) -> None:
        if not self.prompts:
            object.__setattr__(self, "prompts", (None,) * len(self.ids))

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def masked_region(self) -> Tensor:
        """Bool [B,1,H,W], True = edit."""
        return self.mask > 0.5

    def one_hot(self, channels: int | None = None) -> Tensor:
        """float32 [B,K,H,W], one channel a class; void pixels are 0 in every channel.

        Args:
            channels: K, the label space's class count where None.

        Raises:
            EditFailed: a label beyond the channels.
        """
        import torch

        count = len(self.space) if channels is None else channels
        highest = int(self.labels.max())
        if highest >= count:
            raise EditFailed(
                f"label {highest} of space {self.space.name!r} is beyond the {count} classes that "
                "the model knows; use a model for this label space"
            )
        planes = torch.zeros(
            (len(self), count + 1, *self.labels.shape[1:]), device=self.labels.device
        )
        # Void goes into a spare last channel, which is cut off.
        index = torch.where(self.labels < 0, count, self.labels).unsqueeze(1)
        return planes.scatter_(1, index, 1.0)[:, :count]

    def edges(self, of: Literal["regions", "labels", "instances"] = "regions") -> Tensor:
        """float32 [B,1,H,W], 1 where one of the 4 neighbours belongs to something else.

        Both sides of a border are marked (docs/protocol/editing.md, A.3).

        Args:
            of: "instances" or "labels" look at one map; "regions" marks where either differs. A
                batch without instances has the edges of its labels.
        """
        import torch

        if of == "labels" or self.instances is None:
            maps = [self.labels]
        elif of == "instances":
            maps = [self.instances]
        else:
            maps = [self.labels, self.instances]
        edge = torch.zeros_like(self.labels, dtype=torch.bool)
        for plane in maps:
            across = plane[:, :, 1:] != plane[:, :, :-1]
            down = plane[:, 1:, :] != plane[:, :-1, :]
            for side in (edge[:, :, 1:], edge[:, :, :-1]):
                side.logical_or_(across)
            for side in (edge[:, 1:, :], edge[:, :-1, :]):
                side.logical_or_(down)
        return edge.unsqueeze(1).float()

    def generator(self, i: int) -> Generator:
        """The own CPU random generator of edit i: the same draws in any batch, order or process."""
        import torch

        word = int(Stream(*self.seeds[i]).words(1)[0])
        return torch.Generator().manual_seed(word >> 1)

    def take(self, indices: Sequence[int]) -> EditBatch:
        """The batch of the edits at `indices`, in that order; an index may come twice (padding)."""
        import torch

        index = torch.as_tensor(indices, device=self.labels.device)
        return EditBatch(
            masked=self.masked[index],
            mask=self.mask[index],
            labels=self.labels[index],
            instances=None if self.instances is None else self.instances[index],
            space=self.space,
            operation=self.operation,
            regions=tuple(self.regions[i] for i in indices),
            ids=tuple(self.ids[i] for i in indices),
            scenes=tuple(self.scenes[i] for i in indices),
            samples=tuple(self.samples[i] for i in indices),
            seeds=tuple(self.seeds[i] for i in indices),
            original=None if self.original is None else self.original[index],
            references=None
            if self.references is None
            else tuple(self.references[i] for i in indices),
            prompts=tuple(self.prompts[i] for i in indices),
            task=self.task,
            dataset=self.dataset,
            protocol=self.protocol,
        )
