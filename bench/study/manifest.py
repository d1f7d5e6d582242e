"""The two files of a study: the manifest that is hosted, and the key that is not.

The manifest says what a rater's page needs: texts, screens and their order. No name of a method, of an edit
or of a control is in it; screens and images have random names. The key says what each screen is. The
manifest holds the key's hash, so that nobody can change afterwards which image was whose, and the study's
id is the manifest's hash, so that answers belong to one study only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bench.core.atomic import write_json
from bench.core.documents import read_json
from bench.core.errors import BadInput, first_fault
from bench.core.identity import record_hash
from bench.study.form import Form, Question, choices

__all__ = [
    "ITEM_NAME",
    "MANIFEST",
    "Key",
    "KeyItem",
    "Manifest",
    "Screen",
    "StudyMethod",
    "default_answers",
    "default_key",
    "read_key",
    "read_manifest",
    "write_key",
    "write_manifest",
]

MANIFEST = "manifest.json"
"""The manifest's name in the folder to host."""

ITEM_NAME = r"^[a-z2-7]{8,26}$"
"""Names of screens and images: random, in base 32."""

Name = Annotated[str, StringConstraints(pattern=ITEM_NAME)]
Text = Annotated[str, StringConstraints(max_length=4000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Screen(_Part):
    """What one screen shows, by the names of files in images/.

    Attributes:
        images: from left to right.
        region: an overlay that shows the masked region, or None.
        before: the image before the edit, or None.
    """

    images: Annotated[tuple[Name, ...], Field(min_length=1, max_length=8)]
    region: Name | None = None
    before: Name | None = None


class Manifest(_Part):
    """`manifest.json`.

    Attributes:
        format: of the file.
        form: of every screen.
        ties: whether a pair may be a tie.
        seconds: how long a timed image is shown; 0 = until the answer.
        texts: of the page, by key.
        screens: by name.
        sheets: the order of screens, one sheet a rater.
        key: the hash of the key.
    """

    format: Literal[1] = 1
    form: Form
    ties: bool
    seconds: Annotated[float, Field(ge=0, le=600)]
    texts: dict[str, Text]
    screens: dict[Name, Screen]
    sheets: Annotated[tuple[tuple[Name, ...], ...], Field(min_length=1)]
    key: str

    @property
    def study(self) -> str:
        """The study's id: the hash of everything here."""
        return record_hash(self.model_dump(mode="json"))[:32]

    def choices(self, screen: str) -> tuple[str, ...]:
        """The answers that a screen takes."""
        return choices(self.form, len(self.screens[screen].images), ties=self.ties)

    def images(self) -> set[str]:
        """The names of every image."""
        return {
            name
            for screen in self.screens.values()
            for name in (*screen.images, screen.region, screen.before)
            if name is not None
        }


class StudyMethod(_Part):
    """A method as the run knows it."""

    name: str
    title: str


class KeyItem(_Part):
    """What a screen is.

    Attributes:
        task, scene, edit: as the run has them.
        methods: in the order of its images; `form.REAL` and `form.SPOILT` for those of no method.
        right: of a control the answers that are right, else empty.
    """

    task: str
    scene: str
    edit: str
    methods: tuple[str, ...]
    right: tuple[str, ...] = ()


class Key(_Part):
    """The key.

    Attributes:
        format: of the file.
        form, question: of the study.
        secret: random, so that the hash in the manifest tells nothing.
        seed: of pairs, sides, order.
        run: its title.
        shown: the hash of the results that are shown; see `bench.study.make.shown_hash`.
        run_folder: where it lay.
        methods: those compared.
        items: what each screen is, by name.
    """

    format: Literal[1] = 1
    secret: str
    form: Form
    question: Question
    seed: int
    run: str
    shown: str
    run_folder: str
    methods: tuple[StudyMethod, ...]
    items: dict[Name, KeyItem]

    @property
    def hash(self) -> str:
        """What the manifest says of it."""
        return record_hash(self.model_dump(mode="json"))

    def same_question(self, screen: str) -> tuple[Any, ...]:
        """Equal for screens that ask the same of the same images, whatever their sides."""
        item = self.items[screen]
        return (item.task, item.edit, tuple(sorted(item.methods)))


def default_answers(folder: Path) -> Path:
    """Where the server's answers go unless told otherwise: beside the folder, never in it."""
    return folder.resolve().with_name(f"{folder.resolve().name}.answers")


def default_key(folder: Path) -> Path:
    """Where a study's key lies unless told otherwise: beside the folder, never in it."""
    return folder.resolve().with_name(f"{folder.resolve().name}.key.json")


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes `manifest.json` whole or not at all, the study's id first."""
    write_json(folder / MANIFEST, {"study": manifest.study, **manifest.model_dump(mode="json")})


def write_key(file: Path, key: Key) -> None:
    """Writes the key whole or not at all."""
    write_json(file, key.model_dump(mode="json"))


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a study's folder.

    Raises:
        BadInput: where there is none, it is damaged, or a sheet names a screen that there is not.
    """
    file = folder / MANIFEST
    if not file.is_file():
        raise BadInput(f"{folder}: no study (there is no {MANIFEST}); see `siebench study make`")
    content = read_json(file)
    named = content.pop("study", None) if isinstance(content, dict) else None
    manifest = _checked(file, Manifest, content)
    if manifest.study != named:
        raise BadInput(f"{file}: was changed after it was made; make the study again")
    for sheet in manifest.sheets:
        for screen in sheet:
            if screen not in manifest.screens:
                raise BadInput(f"{file}: a sheet names the screen {screen!r}, which there is not")
    return manifest


def read_key(file: Path, manifest: Manifest) -> Key:
    """The key of a study.

    Raises:
        BadInput: where there is none, it is damaged, or belongs to another manifest.
    """
    if not file.is_file():
        raise BadInput(
            f"{file}: there is no such key; give the one of `siebench study make` as --key"
        )
    key = _checked(file, Key, read_json(file))
    if key.hash != manifest.key or key.items.keys() != manifest.screens.keys():
        raise BadInput(f"{file}: is the key of another study, or was changed; give the right one")
    return key


_Model = TypeVar("_Model", bound=BaseModel)


def _checked(file: Path, model: type[_Model], content: Any) -> _Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        field, why = first_fault(error)
        raise BadInput(f"{file}: field {field}: {why}; make the study again") from error
