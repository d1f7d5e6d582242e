"""What a pipeline is told of an edit in words."""

from __future__ import annotations

import string
from collections.abc import Mapping

import torch

from bench.batch import EditBatch
from bench.core.errors import BadInput, EditFailed, unknown
from bench.datasets.spaces import numbered_space
from bench.scene import LabelSpace

__all__ = ["Prompts"]

_FIELDS = ("classes", "region", "operation", "prompt")


class Prompts:
    """Texts made from a template.

    `{classes}` is filled with the target classes of the masked region, those of most pixels first;
    `{region}` with the class of the edited region, or the first of the classes where the edit has none;
    `{operation}` with what the edit asks for; `{prompt}` with the edit's own prompt. An edit that has
    its own prompt takes it in place of the template, unless the template says where it goes.

    Args:
        template: as in "{classes}, photograph".
        names: what a class is called in a prompt, by its name; "" leaves it out.
        most: how many classes at most.

    Raises:
        BadInput: a field that there is not, or braces that are not closed.
    """

    def __init__(self, template: str, names: Mapping[str, str], most: int) -> None:
        where = "editor 'diffusers': prompt"
        try:
            found = [field for _, field, _, _ in string.Formatter().parse(template)]
        except ValueError as error:
            raise BadInput(f"{where}: {template!r}: {error}; write {{{{ for a brace") from None
        self._fields = {field for field in found if field is not None}
        for field in self._fields - set(_FIELDS):
            raise unknown(f"field of {where}:", field, _FIELDS)
        if most < 1:
            raise BadInput(f"editor 'diffusers': most: must be at least 1, but is {most}")
        self._template, self._names, self._most = template, dict(names), most

    def check(self, space: LabelSpace) -> None:
        """Refuses a label space whose classes the template has no words for.

        Raises:
            BadInput: naming the class.
        """
        for name in self._names:
            if name not in space.classes:
                raise unknown(f"labels: {space.name!r} has no class: names:", name, space.classes)
        if not self._fields & {"classes", "region"}:
            return
        numbers = numbered_space(len(space)).classes
        for name, number in zip(space.classes, numbers):
            if (not name.strip() or name == number) and name not in self._names:
                raise BadInput(
                    f"labels: class {name!r} of {space.name!r} has no name for the prompt; name the "
                    "classes in classes.json or under the method's `names`, or write a prompt without "
                    "{classes} and {region}"
                )

    def of(self, batch: EditBatch, i: int) -> str:
        """The prompt of edit i.

        Raises:
            EditFailed: a template that wants the edit's own prompt, of which it has none.
        """
        own = batch.prompts[i]
        if own is not None and "prompt" not in self._fields:
            return own
        if own is None and "prompt" in self._fields:
            raise EditFailed(
                "prompt: the edit has none of its own; give the task `prompts`, or write the method a "
                "prompt without {prompt}"
            )
        classes = self._classes(batch, i)
        region = batch.regions[i]
        said = self._names.get(region, region) if region else next(iter(classes), "")
        return self._template.format(
            classes=", ".join(classes), region=said, operation=batch.operation, prompt=own
        )

    def _classes(self, batch: EditBatch, i: int) -> list[str]:
        """The names of the masked region's target classes; those of equally many pixels in order."""
        labels = batch.labels[i][batch.masked_region[i, 0]]
        found, counts = torch.unique(labels[labels >= 0], return_counts=True)
        pairs = sorted(zip(counts.tolist(), found.tolist()), key=lambda pair: (-pair[0], pair[1]))
        names: list[str] = []
        for _, k in pairs:
            if k < len(batch.space) and k not in batch.space.ignored:
                name = batch.space.classes[k]
                name = self._names.get(name, name)
                if name and name not in names:
                    names.append(name)
        return names[: self._most]
