"""Which class of the diffusers library carries out edits, and what its call takes.

Nothing is known of a single pipeline here but what its signature says, apart from two facts that no
signature tells: which class takes a ControlNet, and how RePaint's differs from all others.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.core.errors import BadInput, Unavailable, unknown

__all__ = ["Kind", "library", "pipeline_kind", "scheduler_class"]

_CONTROLLED = {
    "StableDiffusion": "StableDiffusionControlNetInpaintPipeline",
    "StableDiffusionXL": "StableDiffusionXLControlNetInpaintPipeline",
    "Flux": "FluxControlNetInpaintPipeline",
    "QwenImage": "QwenImageControlNetInpaintPipeline",
}
"""The class that paints with a ControlNet, by the family that a pipeline's own class begins with."""

_OURS = frozenset(
    {
        "image",
        "mask_image",
        "control_image",
        "prompt",
        "negative_prompt",
        "num_inference_steps",
        "guidance_scale",
        "strength",
        "controlnet_conditioning_scale",
        "height",
        "width",
        "generator",
        "output_type",
        "return_dict",
        "num_images_per_prompt",
    }
)
"""Arguments of a pipeline's call that follow from the edit and from options of their own."""


@dataclass(frozen=True)
class Kind:
    """One class of the library.

    Attributes:
        name: the class's.
        takes: the arguments of its call with their defaults.
        parts: the arguments of its constructor.
        known_is_one: whether its mask is 1 where pixels are known; elsewhere 1 is what changes.
        alone: whether it draws from one generator for a whole batch, so that each edit has its own call.
    """

    name: str
    takes: Mapping[str, Any]
    parts: frozenset[str]
    known_is_one: bool = False
    alone: bool = False

    def check_call(self, options: Mapping[str, tuple[str, Any]], more: Mapping[str, Any]) -> None:
        """Refuses what the pipeline's call does not take.

        Args:
            options: by the argument that an option sets, its name and value; None is not set.
            more: the user's `arguments`.

        Raises:
            BadInput: naming the option or argument.
        """
        for argument, (option, value) in options.items():
            if value is not None and argument not in self.takes:
                raise BadInput(
                    f"editor 'diffusers': {option}: {self.name} takes no {argument}; leave it out"
                )
        free = sorted(set(self.takes) - _OURS)
        for name in more:
            if name in _OURS:
                raise BadInput(
                    f"editor 'diffusers': arguments: {name} follows from the edit or has an option of "
                    "its own; take it out"
                )
            if name not in free:
                raise unknown(f"argument of {self.name} under `arguments`:", name, free)


def library() -> Any:
    """The diffusers library.

    Raises:
        Unavailable: where it is not installed.
    """
    try:
        import diffusers
    except ImportError as error:
        raise Unavailable(
            "diffusers is not installed: `pip install 'siebench[diffusers]'`"
        ) from error
    return diffusers


def pipeline_kind(
    where: str,
    named: object,
    parts: Mapping[str, tuple[str, str]],
    *,
    wanted: str | None,
    controlled: bool,
) -> Kind:
    """The class that carries out the edits of a pipeline's folder.

    Args:
        where: the folder or repository, for messages.
        named: the class in its index.
        parts: what `parts_of` gives for it.
        wanted: the user's choice of another class that takes its parts.
        controlled: whether a ControlNet comes with it.

    Raises:
        BadInput: a class or part from outside the library, or one that does no inpainting.
    """
    diffusers = library()
    if not isinstance(named, str):
        raise BadInput(
            f"{where}: its class {named!r} is code of its own, which is not run; use a pipeline of the "
            "diffusers library, or the editor `command`"
        )
    for part, (origin, name) in parts.items():
        if origin not in ("diffusers", "transformers") and not hasattr(diffusers.pipelines, origin):
            raise BadInput(
                f"{where}: its part {part!r} is a {name} from {origin!r}, which is not run; use a "
                "pipeline of the diffusers library, or the editor `command`"
            )
    chosen = wanted or (_controlled(where, named) if controlled else named)
    found = getattr(diffusers, chosen, None)
    if not inspect.isclass(found) or not issubclass(found, diffusers.DiffusionPipeline):
        classes = [n for n in dir(diffusers) if n.endswith("Pipeline") and "Inpaint" in n]
        raise unknown("pipeline of the diffusers library", chosen, classes)
    call = inspect.signature(found.__call__).parameters
    takes = {name: one.default for name, one in call.items() if name not in ("self", "kwargs")}
    if not {"image", "mask_image"} <= set(takes):
        raise BadInput(
            f"{where}: {chosen} is no inpainting pipeline (its call has no image and mask_image); "
            f"{_other(diffusers, chosen)}"
        )
    if controlled and "control_image" not in takes:
        raise BadInput(f"{where}: {chosen} takes no ControlNet; leave `controlnet` out")
    if "control_image" in takes and not controlled:
        raise BadInput(
            f"{where}: {chosen} paints by a ControlNet; name its folder or repository in `controlnet`"
        )
    needed = [n for n, default in takes.items() if default is inspect.Parameter.empty]
    strange = sorted(set(needed) - _OURS)
    if strange:
        raise BadInput(f"{where}: {chosen} needs {', '.join(strange)}, which no edit has")
    parts_taken = frozenset(inspect.signature(found.__init__).parameters) - {"self"}
    repaint = chosen == "RePaintPipeline"
    return Kind(chosen, takes, parts_taken, known_is_one=repaint, alone=repaint)


def scheduler_class(name: str) -> Any:
    """A scheduler of the library by the name of its class.

    Raises:
        BadInput: none of that name.
    """
    diffusers = library()
    found = getattr(diffusers, name, None)
    if not inspect.isclass(found) or not issubclass(found, diffusers.SchedulerMixin):
        known = [n for n in dir(diffusers) if n.endswith("Scheduler")]
        raise unknown("scheduler of the diffusers library", name, known)
    return found


def _controlled(where: str, named: str) -> str:
    """The class that paints with the parts of another one and a ControlNet.

    Raises:
        BadInput: where there is none in the table.
    """
    if "ControlNet" in named:
        return named
    # The longest family first: StableDiffusionXL begins as StableDiffusion does.
    for family in sorted(_CONTROLLED, key=len, reverse=True):
        if named in (f"{family}Pipeline", f"{family}InpaintPipeline", f"{family}FillPipeline"):
            return _CONTROLLED[family]
    raise BadInput(
        f"{where}: no class is known that paints with the parts of a {named} and a ControlNet; name it in "
        "`pipeline`"
    )


def _other(diffusers: Any, name: str) -> str:
    """What to do with a pipeline that does no inpainting."""
    candidates: Sequence[str] = (
        name.replace("Pipeline", "InpaintPipeline"),
        name.replace("Img2ImgPipeline", "InpaintPipeline"),
    )
    other = next((one for one in candidates if one != name and hasattr(diffusers, one)), None)
    if other is None:
        return "choose one whose name has Inpaint or Fill in it"
    return f"`pipeline: {other}` takes its parts"
