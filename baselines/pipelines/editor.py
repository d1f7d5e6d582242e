"""Any inpainting pipeline of the diffusers library as an editor.

Methods:
      - editor: diffusers
        options:
          source: stable-diffusion-v1-5/stable-diffusion-inpainting
          prompt: "{classes}, photograph"
          steps: 50
          guidance: 7.5

The pipeline is a folder or a hub's repository (`baselines.pipelines.snapshot`); its class is taken from
its index, and everything that its call does not take is refused. Each edit draws its noise from a
generator of its own, so that its image is the same in any batch on one device. What the pipeline's
latents do to known pixels is the harness's to mend: it composites.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from baselines.adapters.fitting import Fit, laid_out, rounded_up
from baselines.adapters.options import Precision
from baselines.pipelines.colours import ColourMap, colour_table, coloured
from baselines.pipelines.kinds import Kind, library, pipeline_kind, scheduler_class
from baselines.pipelines.memory import Loading, held, let_go
from baselines.pipelines.prompts import Prompts
from baselines.pipelines.snapshot import (
    INDEX,
    Snapshot,
    check_whole,
    files_hash,
    find_snapshot,
    form_of,
    part_files,
    parts_of,
    read_index,
    shapes_of,
)
from bench.batch import EditBatch
from bench.core.documents import read_json
from bench.core.errors import BadInput, EditFailed
from bench.plugins.editors import TaskFacts

__all__ = ["Diffusers"]

_WHERE = "editor 'diffusers'"
_CONFIG = "config.json"
_CHECKER = "safety_checker"


class Diffusers:
    """An inpainting pipeline of the diffusers library, by folder or hub name.

    Args:
        source: a folder as the library saves it, or OWNER/NAME on the hub.
        revision: a branch, tag or commit of the repository.
        variant: of the weights' files ("fp16"); a part without it is taken in its plain form.
        pipeline: another class of the library than the index names, which takes its parts.
        scheduler: another scheduler of the library than the pipeline's own, with the settings of that.
        controlnet: the folder or repository of a ControlNet, for pipelines with one.
        controlnet_revision: as `revision`.
        condition: what the ControlNet sees: the target labels in colours, or the image with -1 inside the
            mask.
        condition_scale: how much its answer counts; the pipeline's default where None.
        colours: the colours of labels: those of ADE20K, of Cityscapes, or the dataset's own.
        same: classes of the colour map that stand for classes of the dataset, by name.
        prompt: a template. {classes} are the target classes of the masked region, those of most pixels
            first; {region} is the edited region's class, {operation} what is asked for, {prompt} the
            edit's own prompt, which else goes before the template.
        negative_prompt: what shall not be there.
        names: what classes are called in prompts; "" leaves one out.
        most: how many classes a prompt has at most.
        steps: of denoising; the pipeline's default where None.
        guidance: how much the prompt counts; the pipeline's default where None.
        strength: below 1 the noise lets something of the grey in the masked region through; the pipeline's
            default where None.
        arguments: of the pipeline's call beside these, by name.
        size: pixels a side, or [height, width]. Where None it is the pipeline's own, and with "pad" the
            edit's, rounded up to what the pipeline takes.
        fit: how an edit is brought to the size: "resize" scales each side by its own factor, "pad" evenly,
            with the rest filled up and cut off again.
        dtype: of weights and arithmetic.
        safety_checker: run the pipeline's own, which blackens images; an image that it refuses is a
            failed edit.
        fetch: agreement to fetch what is not here.

    Raises:
        Unavailable: the library, or files, are not here.
        BadInput: files that are no inpainting pipeline, or an option that it does not take.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    places: ClassVar[tuple[str, ...]] = ("source", "controlnet")
    anywhere: ClassVar[tuple[str, ...]] = ("source", "controlnet")

    def __init__(
        self,
        source: str,
        *,
        revision: str | None = None,
        variant: str | None = None,
        pipeline: str | None = None,
        scheduler: str | None = None,
        controlnet: str | None = None,
        controlnet_revision: str | None = None,
        condition: Literal["labels", "masked"] = "labels",
        condition_scale: float | None = None,
        colours: ColourMap = "ade20k",
        same: dict[str, str] | None = None,
        prompt: str = "{classes}, photograph",
        negative_prompt: str | None = None,
        names: dict[str, str] | None = None,
        most: int = 8,
        steps: int | None = None,
        guidance: float | None = None,
        strength: float | None = None,
        arguments: dict[str, Any] | None = None,
        size: int | tuple[int, int] | None = None,
        fit: Fit = "resize",
        dtype: Precision = "float32",
        safety_checker: bool = False,
        fetch: bool = False,
    ) -> None:
        self._prompts = Prompts(prompt, names or {}, most)
        self._condition, self._colours, self._same = condition, colours, dict(same or {})
        # YAML gives a list.
        sides = (size, size) if isinstance(size, int) else size
        self._size = None if sides is None else (sides[0], sides[1])
        self._fit, self._negative = fit, negative_prompt
        for name, number, least in (("steps", steps, 1), ("size", min(self._size or (8,)), 8)):
            if number is not None and number < least:
                raise BadInput(f"{_WHERE}: {name}: must be at least {least}, but is {number}")
        if strength is not None and not 0 < strength <= 1:
            raise BadInput(f"{_WHERE}: strength: must be above 0 and at most 1, but is {strength}")
        if controlnet is None and controlnet_revision is not None:
            raise BadInput(f"{_WHERE}: controlnet_revision: there is no `controlnet`; leave it out")
        library()
        if scheduler is not None:
            scheduler_class(scheduler)
        off = () if safety_checker else (_CHECKER,)
        found = find_snapshot(
            f"{_WHERE}: source",
            source,
            revision=revision,
            variant=variant,
            index=INDEX,
            without=off,
            fetch=fetch,
        )
        control = _control(controlnet, controlnet_revision, variant, fetch)
        parts = {name: one for name, one in parts_of(found.folder).items() if name not in off}
        self.kind = pipeline_kind(
            found.name, read_index(found.folder), parts, wanted=pipeline, controlled=bool(control)
        )
        settings = {
            "negative_prompt": ("negative_prompt", negative_prompt),
            "num_inference_steps": ("steps", steps),
            "guidance_scale": ("guidance", guidance),
            "strength": ("strength", strength),
            "controlnet_conditioning_scale": ("condition_scale", condition_scale),
        }
        more = dict(arguments or {})
        self.kind.check_call(settings, more)
        chosen = {name: value for name, (_, value) in settings.items() if value is not None}
        self._call = {**_defaults(self.kind, settings), **chosen, **more}
        self._call.pop("negative_prompt", None)
        self.loading = Loading(
            folder=found.folder,
            kind=self.kind.name,
            dtype=dtype,
            # The library refuses a form that no part has.
            variant=next((f for p in parts if (f := form_of(found.folder, p, variant))), None),
            controlnet=None if control is None else control.folder,
            controlnet_class="" if control is None else _network_class(control),
            controlnet_variant=None if control is None else form_of(control.folder, "", variant),
            scheduler=scheduler,
            off=tuple(name for name in off if name in self.kind.parts),
            device="cpu",
        )
        read = _Read.of(found, parts, variant)
        beside = {} if control is None else {"controlnet": _Read.of(control, ("",), variant)}
        self._files = [file for one in (read, *beside.values()) for file in one.files]
        self.identity: dict[str, Any] = {
            "pipeline": self.kind.name,
            "call": self._call,
            "off": list(self.loading.off),
            **read.record,
            **{name: one.record for name, one in beside.items()},
        }

    @cached_property
    def network(self) -> nn.Module:
        """The shapes of all its weights, without their values: what is counted of it."""
        shapes = shapes_of(self._files)
        empty = (torch.empty(shape, device="meta") for shape in shapes)
        return nn.ParameterList(nn.Parameter(one, requires_grad=False) for one in empty)

    def to(self, device: str) -> Diffusers:
        """Names the device on which it will be loaded."""
        self.loading = replace(self.loading, device=device)
        return self

    def check(self, task: TaskFacts) -> None:
        """Refuses a task whose classes have no words or no colours.

        Raises:
            BadInput: naming the class.
        """
        if "prompt" in self.kind.takes:
            self._prompts.check(task.space)
        if self.loading.controlnet is not None and self._condition == "labels":
            colour_table(task.space, self._colours, self._same)

    def edit(self, batch: EditBatch) -> Tensor:
        """The pipeline's images, float32 [B,3,H,W] RGB in [-1,1].

        Raises:
            EditFailed: a size that it does not take, or an image that its safety checker refuses.
        """
        pipeline = held(self.loading)
        size = self._pixels(pipeline, batch)
        wide, back = laid_out(batch, size, self._fit, scaled=self._size is not None)
        groups = [[i] for i in range(len(batch))] if self.kind.alone else [[*range(len(batch))]]
        images = [self._images(pipeline, wide.take(group), size) for group in groups]
        return _brought_back(torch.cat(images), back).to(batch.masked.device)

    def close(self) -> None:
        """Lets go of the pipeline; the next edit loads it again."""
        let_go(self.loading)

    def _images(self, pipeline: Any, batch: EditBatch, size: tuple[int, int]) -> Tensor:
        """float32 [B,3,h,w] in [0,1] of edits at the pipeline's size."""
        takes, count = self.kind.takes, len(batch)
        image = batch.masked if self.kind.known_is_one else (batch.masked + 1) / 2
        given: dict[str, Any] = {
            "image": image,
            "mask_image": 1 - batch.mask if self.kind.known_is_one else batch.mask,
            "generator": [batch.generator(i) for i in range(count)],
            "height": size[0],
            "width": size[1],
            "output_type": "pt",
            **self._call,
        }
        if "prompt" in takes:
            given["prompt"] = [self._prompts.of(batch, i) for i in range(count)]
        if self._negative is not None:
            given["negative_prompt"] = [self._negative] * count
        if "control_image" in takes:
            given["control_image"] = self._seen(batch)
        done = pipeline(**{name: value for name, value in given.items() if name in takes})
        if any(getattr(done, "nsfw_content_detected", None) or ()):
            raise EditFailed("the pipeline's safety checker refused the image")
        return _tensor(done.images)

    def _seen(self, batch: EditBatch) -> Tensor:
        """What the ControlNet sees, [B,3,h,w]: colours in [0,1], or the image with -1 inside the mask."""
        if self._condition == "masked":
            return torch.where(batch.masked_region, -1.0, (batch.masked + 1) / 2)
        table = colour_table(batch.space, self._colours, self._same)
        return coloured(batch.labels, table)

    def _pixels(self, pipeline: Any, batch: EditBatch) -> tuple[int, int]:
        """(height, width) at which the pipeline works on a batch.

        Raises:
            EditFailed: where the user's size is no multiple of what it takes.
        """
        multiple = _multiple(pipeline)
        if self._size is not None:
            if any(side % multiple for side in self._size):
                raise EditFailed(
                    f"size: {self._size[1]}x{self._size[0]} pixels, but {self.kind.name} takes sides that "
                    f"are multiples of {multiple}; set the method's `size`"
                )
            return self._size
        given = (int(batch.labels.shape[1]), int(batch.labels.shape[2]))
        own = _own_side(pipeline)
        if own is None or self._fit == "pad":
            return rounded_up(given, multiple)
        return own, own


def _control(
    name: str | None, revision: str | None, variant: str | None, fetch: bool
) -> Snapshot | None:
    if name is None:
        return None
    return find_snapshot(
        f"{_WHERE}: controlnet",
        name,
        revision=revision,
        variant=variant,
        index=_CONFIG,
        fetch=fetch,
    )


def _network_class(control: Snapshot) -> str:
    """The ControlNet's class, as its settings name it.

    Raises:
        BadInput: a network that is no ControlNet of the library.
    """
    config = read_json(control.folder / _CONFIG)
    name = config.get("_class_name") if isinstance(config, Mapping) else None
    if not isinstance(name, str) or "ControlNet" not in name or not hasattr(library(), name):
        raise BadInput(
            f"{_WHERE}: controlnet: {control.name} is a {name}; name a ControlNet of the diffusers library"
        )
    return name


def _defaults(kind: Kind, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the pipeline's call does where an option is left out, so that a record says it."""
    known = {name: kind.takes[name] for name in settings if name in kind.takes}
    return {n: v for n, v in known.items() if v is not None and v is not inspect.Parameter.empty}


@dataclass(frozen=True)
class _Read:
    """What is read of a snapshot: its files, and its part of the method's record."""

    files: tuple[Path, ...]
    record: dict[str, Any]

    @classmethod
    def of(cls, found: Snapshot, parts: Iterable[str], variant: str | None) -> _Read:
        """The files of some parts, each of which is read once for its hash.

        Raises:
            BadInput: weights that are cut off or in another format.
        """
        files = {part: part_files(found.folder, part, variant) for part in parts}
        check_whole(file for part in files.values() for file in part)
        hashes = {part or "network": files_hash(found.folder, one) for part, one in files.items()}
        revision = {} if found.revision is None else {"revision": found.revision}
        return cls(
            tuple(file for part in files.values() for file in part), {"files": hashes, **revision}
        )


def _multiple(pipeline: Any) -> int:
    """Of what the sides of a pipeline's images must be multiples."""
    processor = getattr(pipeline, "image_processor", None)
    if processor is not None:
        return int(processor.config.vae_scale_factor)
    blocks = getattr(pipeline.unet.config, "block_out_channels", (0, 0, 0, 0))
    return int(2 ** (len(blocks) - 1))


def _own_side(pipeline: Any) -> int | None:
    """The side that a pipeline was trained at; None where it does not say."""
    factor = getattr(pipeline, "vae_scale_factor", 1)
    side = getattr(pipeline, "default_sample_size", None)
    if side is None:
        network = getattr(pipeline, "unet", None) or getattr(pipeline, "transformer", None)
        side = getattr(getattr(network, "config", None), "sample_size", None)
    return int(side) * int(factor) if isinstance(side, int) else None


def _tensor(images: Any) -> Tensor:
    """float32 [B,3,h,w] in [0,1] of what pipelines give: a tensor, an array, or Pillow's images."""
    if isinstance(images, Tensor):
        return images.float()
    if isinstance(images, Sequence):
        images = np.stack([np.asarray(one.convert("RGB"), np.float32) / 255 for one in images])
    return torch.from_numpy(np.asarray(images, np.float32)).permute(0, 3, 1, 2)


def _brought_back(images: Tensor, back: Callable[[Tensor], Tensor]) -> Tensor:
    return back(images * 2 - 1).clamp(-1, 1)
