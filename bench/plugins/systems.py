"""Published systems: configuration, network, importer, editor and trainer of each in one object.

    system = SYSTEMS.get("spade")
    network = system.build(system.configure("ade20k"))

`siebench models list`, `show` and `import`, and `siebench train` work with what is registered here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bench.core.errors import BadInput, first_fault, first_line, unknown

if TYPE_CHECKING:
    from pydantic import BaseModel
    from torch import Tensor, nn

    from bench.plugins.editors import Editor

__all__ = ["PARTS", "Importer", "Part", "System", "Trainer", "Watch", "train"]

Part = Literal["importer", "editor", "trainer"]

_LARGEST = 65_536
"""What a number of a configuration may be."""

PARTS: tuple[Part, ...] = ("importer", "editor", "trainer")
"""What a system may lack."""

Watch = Callable[[int, int, "dict[str, float]"], None]
"""Called after every step with the steps done, the steps of the whole run, and the losses."""


class Importer(Protocol):
    """Checks an official checkpoint and writes it as a weights file."""

    def __call__(
        self,
        system: System,
        file: Path,
        out: Path,
        *,
        variant: str | None = None,
        label_space: str | None = None,
        style_codes: Path | None = None,
        key: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> BaseModel:
        """Makes `out` of the official file, or nothing at all.

        Args:
            system: whose file it is.
            file: the official file; nothing in it is run.
            out: the weights file to write.
            variant: the system's form; the first of its variants where None.
            label_space: the label space that the network counts in; the released one where None.
            style_codes: style codes that come in files of their own.
            key: where the tensors lie in the file, where that is not where they are published:
                dictionaries' keys with dots between them.
            options: fields of the configuration that differ from the variant's.

        Returns:
            The card of what was written.

        Raises:
            BadInput: one sentence, where the file is not what it should be.
        """
        ...


class Trainer(Protocol):
    """Trains a system."""

    @property
    def presets(self) -> Sequence[str]:
        """Names of the configurations that come with it, the published one first."""
        ...

    def check(self, config: str) -> None:
        """Reads a configuration, and trains nothing.

        Raises:
            BadInput: one sentence, where it cannot be read.
        """
        ...

    def __call__(
        self,
        config: str,
        out: Path,
        *,
        device: str = "auto",
        steps: int | None = None,
        resume: bool = False,
        watch: Watch | None = None,
    ) -> Path:
        """Trains what a configuration says; arguments, result and errors are those of `train`."""
        ...


@dataclass(frozen=True)
class System:
    """A published system.

    Attributes:
        name: as cards, configurations and commands name it.
        about: what it is, one line.
        paper: authors, title and venue.
        variants: its forms in the paper's words, each with the configuration's fields that it sets;
            the first is the default.
        configuration: called with (variant, **fields), gives the configuration; raises a
            `pydantic.ValidationError` for a field that is unknown, missing or out of range.
        network: called with (configuration, training=False), gives the network; with `training` in
            the form that is trained (with spectral norm, say).
        small: fields that make the first variant's network small, for checks.
        probe: one pass of made-up inputs through a network of `small`'s size, to its output.
        protocol: the page and section with the facts that it is built from.
        importer: official checkpoints into weights files.
        editor: a class or function called with a suite's options, that gives an `Editor`.
        trainer: trains it from a configuration.
        lacks: why a part that is None is not there, one sentence a part.
    """

    name: str
    about: str
    paper: str
    variants: Mapping[str, Mapping[str, Any]]
    configuration: Callable[..., BaseModel]
    network: Callable[..., nn.Module]
    small: Mapping[str, Any]
    probe: Callable[[Any], Tensor]
    protocol: str | None = None
    importer: Importer | None = None
    editor: Callable[..., Editor] | None = None
    trainer: Trainer | None = None
    lacks: Mapping[Part, str] = field(default_factory=dict)

    @property
    def default(self) -> str:
        """The variant that is meant where none is named."""
        return next(iter(self.variants))

    def configure(self, variant: str | None = None, /, **fields: Any) -> BaseModel:
        """The configuration of a variant, the default one where None; `fields` replace its values.

        Raises:
            BadInput: an unknown variant, or a field that is unknown, missing or out of its range.
        """
        from pydantic import ValidationError

        variant = self.default if variant is None else variant
        if variant not in self.variants:
            raise unknown(f"variant of {self.name}", variant, self.variants)
        where = f"{self.name} {variant!r}"
        if "variant" in fields:
            raise BadInput(f"{where}: variant: is no field of a configuration; give --variant")
        for name, value in fields.items():
            # Widths and counts of layers: building a network of billions would never end.
            if isinstance(value, (int, float)) and abs(value) > _LARGEST:
                raise BadInput(f"{where}: {name}: {value!r} is out of range; at most {_LARGEST}")
        try:
            return self.configuration(variant, **fields)
        except ValidationError as error:
            field, why = first_fault(error)
            # A field at fault is named first; a rule between fields names them itself.
            place = f"{field}: " if field else ""
            raise BadInput(f"{where}: {place}{why}") from None

    def build(self, config: BaseModel, *, training: bool = False) -> nn.Module:
        """The network of a configuration; with `training` in the form that is trained."""
        return self.network(config, training=training)

    def skeleton(self, config: BaseModel, *, training: bool = False) -> nn.Module:
        """The network without memory for its tensors (on torch's meta device).

        Raises:
            BadInput: a configuration whose tensors would be larger than any machine's memory.
        """
        import torch

        try:
            with torch.device("meta"):
                return self.build(config, training=training)
        except (RuntimeError, OverflowError) as error:
            raise BadInput(
                f"{self.name}: no network can be made of this configuration ({first_line(error)})"
            ) from error

    def alike(self, variant: str, config: BaseModel) -> tuple[str, ...]:
        """The other variants whose networks have the same tensors but another configuration.

        A file of tensors cannot tell them apart.

        Args:
            variant: one of `variants`.
            config: its configuration.
        """
        own, kept = self.variants.get(variant, {}), config.model_dump()
        needed = {name for name, one in type(config).model_fields.items() if one.is_required()}
        shapes = _shapes(self.skeleton(config))
        found = []
        for other, sets in self.variants.items():
            fields = {
                name: value
                for name, value in kept.items()
                if name not in sets and (name not in own or name in needed)
            }
            try:
                another = self.configure(other, **fields)
                same = another != config and _shapes(self.skeleton(another)) == shapes
            except BadInput:  # a network of this size has no such form
                continue
            if same:
                found.append(other)
        return tuple(found)

    def import_weights(
        self,
        file: Path,
        out: Path,
        *,
        variant: str | None = None,
        label_space: str | None = None,
        style_codes: Path | None = None,
        key: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> BaseModel:
        """Makes a weights file of an official checkpoint; see `Importer`.

        Raises:
            BadInput: a file that is not what it should be, or a system without an importer.
        """
        if self.importer is None:
            raise self._lacking("importer")
        return self.importer(
            self,
            file,
            out,
            variant=variant,
            label_space=label_space,
            style_codes=style_codes,
            key=key,
            options=options,
        )

    def train(
        self,
        config: str,
        out: Path,
        *,
        device: str = "auto",
        steps: int | None = None,
        resume: bool = False,
        watch: Watch | None = None,
    ) -> Path:
        """Trains what a configuration says; see `Trainer`.

        Raises:
            BadInput: where it cannot begin or go on, or a system without a trainer.
        """
        if self.trainer is None:
            raise self._lacking("trainer")
        if steps is not None and steps < 1:
            raise BadInput(f"--steps {steps}: must be a whole number from 1")
        return self.trainer(config, out, device=device, steps=steps, resume=resume, watch=watch)

    def _lacking(self, part: Part) -> BadInput:
        return BadInput(
            f"system {self.name!r} has no {part}: {self.lacks.get(part, 'none is known')}"
        )


def _shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def train(
    config: str,
    out: Path,
    *,
    device: str = "auto",
    steps: int | None = None,
    resume: bool = False,
    watch: Watch | None = None,
) -> Path:
    """Trains the system that a configuration names.

    Args:
        config: a YAML file with the field `system`, or the name of a configuration that comes with
            a trainer ("spade", "small-spade", ...).
        out: the run's folder.
        device: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1", or "cuda:0,1" for two.
        steps: in place of the configuration's length.
        resume: go on from the folder's checkpoint.
        watch: told of every step: steps done, steps of the run, losses.

    Returns:
        The weights file.

    Raises:
        BadInput: one sentence, where it cannot begin or go on.
    """
    system = _system_of(config)
    return system.train(config, out, device=device, steps=steps, resume=resume, watch=watch)


def _system_of(config: str) -> System:
    """The system of a configuration file, or of a preset."""
    from bench.core.documents import read_yaml
    from bench.plugins.kinds import SYSTEMS

    path = Path(config)
    if not path.suffix and len(path.parts) == 1:
        return _system_with_preset(config)
    content = read_yaml(path)
    name = content.get("system") if isinstance(content, dict) else None
    if not isinstance(name, str):
        raise BadInput(
            f"{path}: names no system; write `system: NAME` with one that can be trained"
        )
    found: System = SYSTEMS.get(name)
    return found


def _system_with_preset(name: str) -> System:
    from bench.plugins.kinds import SYSTEMS

    presets: dict[str, System] = {}
    for plugin in SYSTEMS.plugins():
        trainer = None if plugin.value is None else plugin.value.trainer
        if trainer is not None:
            presets.update(dict.fromkeys(trainer.presets, plugin.value))
    if name not in presets:
        raise unknown("training configuration", name, presets)
    return presets[name]
