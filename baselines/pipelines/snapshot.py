"""Where a pipeline's files lie, which of them it reads, and what they hash to.

A pipeline is a folder as the diffusers library saves it, or the name of a repository on its hub. Of a
repository only what is needed is fetched, and only where the user agrees (`--fetch`); what the
library's own cache has is used as it is. Only files in the safetensors format are read, so that nothing
in a folder runs as code.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from bench.core.documents import read_json
from bench.core.errors import BadInput, Unavailable, first_line
from bench.core.identity import file_hash, record_hash
from bench.networks.weights import WeightsMissing

__all__ = [
    "INDEX",
    "Snapshot",
    "check_whole",
    "files_hash",
    "find_snapshot",
    "form_of",
    "part_files",
    "parts_of",
    "read_index",
    "shapes_of",
]

INDEX = "model_index.json"
"""The file that says which parts a pipeline has, and of which class each is."""

_WEIGHTS = ".safetensors"
_BESIDE = (".json", ".txt", ".model")
_CODE = (".bin", ".pt", ".pth", ".ckpt")
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_SHARD = re.compile(r"-\d{5}-of-\d{5}(?=\.|$)")
_LISTING = re.compile(r"\.index(?:\.(?P<variant>[\w-]+))?\.json$")
_FLOATS = frozenset({"F64", "F32", "F16", "BF16"})
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Snapshot:
    """Files that are here.

    Attributes:
        name: as the suite has it.
        folder: where they lie.
        revision: the hub's commit; None for a folder.
    """

    name: str
    folder: Path
    revision: str | None = None


def find_snapshot(
    what: str,
    name: str,
    *,
    revision: str | None,
    variant: str | None,
    index: str,
    without: Collection[str] = (),
    fetch: bool,
) -> Snapshot:
    """The files of a folder or of a hub's repository.

    Args:
        what: the option that names it, as a message begins ("editor 'diffusers': source").
        name: the folder, or OWNER/NAME on the hub.
        revision: a branch, tag or commit of the repository; its main branch where None.
        variant: of the weights ("fp16"); the plain ones where None.
        index: the file that every such folder has.
        without: parts that are not needed, and so not fetched.
        fetch: whether what is missing may be fetched.

    Raises:
        WeightsMissing: a repository that is not here, or only partly, and may not be fetched.
        BadInput: neither a folder nor a hub's name; a revision of a folder.
    """
    folder = Path(name)
    if folder.is_dir():
        if revision is not None:
            raise BadInput(f"{what}: {name} is a folder, which has no revision; leave it out")
        if not (folder / index).is_file():
            raise BadInput(
                f"{what}: {name} has no {index}; name a folder as the diffusers library saves it"
            )
        return Snapshot(name, folder)
    if not _HUB_NAME.fullmatch(name):
        raise BadInput(f"{what}: {name} is neither a folder here nor a hub's OWNER/NAME")
    return _from_hub(what, name, revision, variant, index, without, fetch)


def _from_hub(
    what: str,
    name: str,
    revision: str | None,
    variant: str | None,
    index: str,
    without: Collection[str],
    fetch: bool,
) -> Snapshot:
    try:
        import huggingface_hub
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError as error:
        raise Unavailable(
            "huggingface_hub is not installed: `pip install 'siebench[diffusers]'`"
        ) from error

    def get(wanted: Sequence[str], unwanted: Sequence[str], *, here: bool) -> Snapshot:
        found = huggingface_hub.snapshot_download(
            name,
            revision=revision,
            allow_patterns=list(wanted),
            ignore_patterns=[*unwanted, *(f"{part}/*" for part in without)],
            local_files_only=here,
        )
        return Snapshot(name, Path(found), Path(found).name)

    words = [f"*{end}" for end in _BESIDE]
    plain = (f"*{_WEIGHTS}", *words), (f"*.*{_WEIGHTS}",)
    try:
        snapshot = get(*plain, here=True)
        if not _lacking(snapshot.folder, index, variant, without):
            return snapshot
        missing = "only partly here"
    except FileNotFoundError:  # what the library raises where its cache has nothing of that name
        missing = "not here"
    if not fetch:
        raise WeightsMissing(
            f"{what}: {name} is {missing}; agree with --fetch to get it from the hub, or name a folder"
        )
    try:
        # Of a part in several forms one is fetched: the plain one where it has no other.
        form = words if variant is None else [*words, f"*.{variant}*{_WEIGHTS}"]
        snapshot = get(form, (), here=False)
        bare = _lacking(snapshot.folder, index, variant, without)
        if bare and bare != [index]:
            places = [f"{part}/*{_WEIGHTS}" if part else f"*{_WEIGHTS}" for part in bare]
            snapshot = get(places, plain[1], here=False)
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise WeightsMissing(f"{what}: {name} cannot be fetched ({first_line(error)})") from error
    lacks = _lacking(snapshot.folder, index, variant, without)
    if lacks:
        if lacks == [index]:
            raise BadInput(f"{what}: {name} has no {index}; choose another repository")
        asked = "" if variant is None else f" as {variant}"
        raise BadInput(
            f"{what}: {name} has no {lacks[0] or 'network'} in the safetensors format{asked}; set `variant` "
            "to a form that it has, as fp16, or choose another repository"
        )
    return snapshot


def _lacking(folder: Path, index: str, variant: str | None, without: Collection[str]) -> list[str]:
    """The parts of a snapshot whose weights are not whole; the index alone where there is none."""
    if not (folder / index).is_file():
        return [index]
    places = [part for part in parts_of(folder) if part not in without] if index == INDEX else [""]
    return [part for part in places if any(True for _ in _gaps(folder, part, variant))]


def form_of(folder: Path, part: str, variant: str | None) -> str | None:
    """The form in which the weights of a part are read: the variant, or None for the plain one."""
    chosen = _chosen(_place(folder, part), variant)
    return variant if chosen and _variant_of(chosen[0].name) == variant else None


def _other_form(folder: Path, part: str) -> str | None:
    """A form that a part without plain weights has."""
    place = _place(folder, part)
    names = sorted(path.name for path in place.iterdir()) if place.is_dir() else []
    forms = [_variant_of(name) for name in names if name.endswith(_WEIGHTS)]
    return next((form for form in forms if form), None)


def _gaps(folder: Path, part: str, variant: str | None) -> Iterator[str]:
    """The weights' files that a part of a snapshot should have and has not."""
    place = _place(folder, part)
    config = place / "config.json"
    if not config.is_file():
        return  # a tokenizer or scheduler, which has no weights
    chosen = _chosen(place, variant)
    if not chosen:
        yield "weights"
    for listing in place.glob("*.json"):
        said = _LISTING.search(listing.name)
        if said and chosen and (said["variant"] or "") == _variant_of(chosen[0].name):
            content = read_json(listing)
            shards = content.get("weight_map", {}) if isinstance(content, Mapping) else {}
            yield from (name for name in {*shards.values()} if not (place / name).is_file())


def parts_of(folder: Path) -> dict[str, tuple[str, str]]:
    """The parts that a pipeline's index names: library and class, by the part's name.

    Raises:
        BadInput: an index that cannot be read.
    """
    index = read_json(folder / INDEX)
    if not isinstance(index, Mapping):
        raise BadInput(f"{folder / INDEX}: must be a mapping; save the pipeline anew")
    found = {}
    for name, value in index.items():
        pair = isinstance(value, list) and len(value) == 2
        if not name.startswith("_") and pair and all(isinstance(v, str) for v in value):
            found[str(name)] = (str(value[0]), str(value[1]))
    return found


def part_files(folder: Path, part: str, variant: str | None) -> list[Path]:
    """The files that are read of one part: settings, words, and its weights in one format.

    Args:
        folder: the snapshot's.
        part: its name, which is its folder's; "" for a network of its own.
        variant: of the weights; a part that has no such form is taken in its plain one.

    Raises:
        BadInput: weights that are only there in a format which can hold code.
    """
    place = _place(folder, part)
    chosen = _chosen(place, variant)
    if not chosen and (place / "config.json").is_file():
        only = _other_form(folder, part)
        if only is not None:
            raise BadInput(f"{place}: its weights are there as {only} alone; set `variant: {only}`")
        other = sorted(path.name for path in place.iterdir() if path.suffix in _CODE)
        if other:
            raise BadInput(
                f"{place}: has {other[0]}, which can hold code, and no .safetensors; load and save it "
                "anew with the diffusers library"
            )
        raise BadInput(f"{place}: has no .safetensors; get the part {part!r} again")
    beside = [path for path in place.iterdir() if path.suffix in _BESIDE and path.is_file()]
    kept = [path for path in beside if not _LISTING.search(path.name)]
    return sorted({*kept, *chosen})


def _place(folder: Path, part: str) -> Path:
    # Pipelines of one network may have its files beside the index.
    return folder / part if (folder / part).is_dir() else folder


def _chosen(place: Path, variant: str | None) -> list[Path]:
    """The weights of one form: those of the variant where there are any, else the plain ones."""
    if not place.is_dir():
        return []
    weights = sorted(path for path in place.iterdir() if path.suffix == _WEIGHTS)
    wanted = [path for path in weights if variant is not None and _variant_of(path.name) == variant]
    return wanted or [path for path in weights if _variant_of(path.name) == ""]


def _variant_of(name: str) -> str:
    """As in NAME.fp16-00001-of-00002.safetensors, which is "fp16"; "" of a plain file."""
    stem = _SHARD.sub("", name.removesuffix(_WEIGHTS))
    return stem.partition(".")[2]


def check_whole(files: Iterable[Path]) -> None:
    """Refuses weights that are cut off or no safetensors; reads no tensor.

    Raises:
        BadInput: naming the file.
    """
    for file in files:
        if file.suffix != _WEIGHTS:
            continue
        try:
            with safe_open(file, framework="np") as archive:
                archive.keys()
        except (SafetensorError, OSError, ValueError) as error:
            raise BadInput(
                f"{file}: not a whole safetensors file ({error}); get it again"
            ) from None


def shapes_of(files: Iterable[Path]) -> list[tuple[int, ...]]:
    """The shapes of all weights in files that are whole; reads no tensor."""
    found: list[tuple[int, ...]] = []
    for file in (file for file in files if file.suffix == _WEIGHTS):
        with safe_open(file, framework="np") as archive:
            parts = [archive.get_slice(name) for name in archive.keys()]  # noqa: SIM118
            found += [tuple(one.get_shape()) for one in parts if one.get_dtype() in _FLOATS]
    return found


def files_hash(folder: Path, files: Iterable[Path]) -> str:
    """SHA-256 over the names and bytes of a part's files, wherever they lie."""
    return record_hash({str(file.relative_to(folder)): _hash(file) for file in files})


def _hash(file: Path) -> str:
    """SHA-256 of a file; the hub's cache names a large one by it, so that it need not be read."""
    real = file.resolve()
    if file.is_symlink() and _SHA256.fullmatch(real.name):
        return real.name
    state = real.stat()
    return _read_hash(real, state.st_size, state.st_mtime_ns)


@functools.lru_cache(maxsize=4096)
def _read_hash(file: Path, size: int, changed: int) -> str:
    del size, changed  # they are there to tell a file from what it was before
    return file_hash(file)


def read_index(folder: Path) -> Any:
    """What the index of a pipeline says its class is, as it stands there."""
    index = read_json(folder / INDEX)
    return index.get("_class_name") if isinstance(index, Mapping) else None
