"""Official checkpoints of systems whose networks come in files of their own -> one file with a card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from torch import Tensor

from baselines.checkpoints.card import Card
from baselines.checkpoints.checking import Shapes, shapes_of
from baselines.checkpoints.importing import checked_state, read_codes
from baselines.checkpoints.reading import read_entries, read_state
from baselines.checkpoints.writing import state_hash, write_weights
from baselines.layers.spectral import hook_form
from bench.core.errors import BadInput
from bench.core.identity import file_hash, record_hash
from bench.plugins.systems import System

__all__ = ["OfficialPart", "OfficialParts"]


@dataclass(frozen=True)
class OfficialPart:
    """One of the files.

    Attributes:
        about: what it is, for messages ("the feature encoder").
        files: where it lies in the folder; the first that is there counts.
        prefix: stands before its tensors' names in our network ("E.").
        inside: the key under which the file keeps the state dict, or None = it is one.
        entries: whether the file keeps one state dict an entry, under `inside`.
        drop: the beginning of its tensors' names that our network does not have.
    """

    about: str
    files: tuple[str, ...]
    prefix: str
    inside: str | None = None
    entries: bool = False
    drop: str = ""

    def find(self, folder: Path) -> Path | None:
        """Its file in a folder, or None."""
        return next((folder / f for f in self.files if (folder / f).is_file()), None)

    def read(self, file: Path, key: str | None) -> dict[str, Tensor]:
        """Its tensors under our network's names.

        Raises:
            BadInput: see `read_state`.
        """
        if self.entries and key is None:
            assert self.inside is not None
            state = read_entries(file, self.inside)
        else:
            state = read_state(file, self.inside, key)
        named = hook_form(state)
        return {self.prefix + name.removeprefix(self.drop): v for name, v in named.items()}


@dataclass(frozen=True)
class OfficialParts:
    """What official checkpoints in several files hold; called, it is the `Importer` of its system.

    Given a folder, it takes each part from its published place there. Given a file, that is the first
    part, and the others are looked for beside it. Parts that the variant lacks are not read.

    Attributes:
        licence: of the official weights.
        parts: the files.
        classes: called with the shapes of what was read and the known fields of the configuration,
            gives the class count, or None where they do not tell.
        spaces: variant -> the label space that its official weights count in.
        codes: reads style codes that come in files of their own, or None = there are none.
    """

    licence: str
    parts: tuple[OfficialPart, ...]
    classes: Callable[[Shapes, Mapping[str, Any]], int | None]
    spaces: Mapping[str, str] = field(default_factory=dict)
    codes: Callable[[Path, BaseModel], dict[str, Tensor]] | None = None

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
    ) -> Card:
        """Checks official files name by name and writes them as `out`; see `Importer`.

        Raises:
            BadInput: a part that is missing, cannot be read, carries code, or is of another variant
                or label count; the sentence says what differs.
        """
        form = system.default if variant is None else variant
        fields = dict(options or {})
        needed = self._needed(system, form, fields)
        files = self._files(system, form, file, needed)
        given: dict[str, Tensor] = {}
        for part, path in zip(needed, files, strict=True):
            given |= part.read(path, key if path == file else None)
        own = system.variants.get(form, {})
        counted = self.classes(shapes_of(given), {**own, **fields})
        if counted is not None and "classes" not in own:
            fields.setdefault("classes", counted)
        config = system.configure(form, **fields)
        state = checked_state(system, form, config, given, file)
        extras = read_codes(system, self.codes, style_codes, config)
        hashes = {path.name: file_hash(path) for path in files}
        if len(files) > 1:  # files of one name lie in folders of their own
            base = file if file.is_dir() else file.parent
            hashes = {path.relative_to(base).as_posix(): file_hash(path) for path in files}
        card = Card(
            system=system.name,
            variant=form,
            config=config.model_dump(mode="json"),
            label_space=label_space or self.spaces.get(form),
            source=" + ".join(hashes),
            source_sha256=record_hash(hashes) if len(hashes) > 1 else file_hash(files[0]),
            tensors_sha256=state_hash(state),
            licence=self.licence,
        )
        write_weights(out, state, card, extras)
        return card

    def _needed(
        self, system: System, form: str, fields: Mapping[str, Any]
    ) -> tuple[OfficialPart, ...]:
        """The parts that a variant's network has."""
        # As many as there may be: which parts there are does not depend on it.
        shape = {"classes": 1024, **system.variants.get(form, {}), **fields}
        names = system.skeleton(system.configure(form, **shape)).state_dict()
        return tuple(p for p in self.parts if any(name.startswith(p.prefix) for name in names))

    def _files(
        self, system: System, form: str, file: Path, needed: tuple[OfficialPart, ...]
    ) -> list[Path]:
        folder = file if file.is_dir() else file.parent
        if not file.exists():
            raise BadInput(f"{file}: no such file or folder")
        found = [part.find(folder) for part in needed]
        if not file.is_dir():
            found[0] = file
        missing = [
            f"{part.about} ({' or '.join(part.files)})"
            for part, path in zip(needed, found, strict=True)
            if path is None
        ]
        if missing:
            raise BadInput(
                f"{folder}: {system.name} {form!r} is missing {' and '.join(missing)}; put its files "
                "into one folder, or choose another of its variants (`siebench models show "
                f"{system.name}` lists them)"
            )
        return [path for path in found if path is not None]
