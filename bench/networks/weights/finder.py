"""Finding a network's weights on this machine by what a file holds.

Folders come from the environment variable SIEBENCH_WEIGHTS (several with the path separator), else
it is the user's cache folder. A file counts when it holds the tensors that the metric uses, under
the names, in the shapes and in the single precision of the official file: a trunk saved alone is as
good as the whole file, and a file's name does not matter. Files are read as plain tensors only, never
as code.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core.errors import BadInput, Unavailable
from bench.core.identity import file_hash, tensors_hash
from bench.core.threads import made_once
from bench.core.variables import home_path, variable
from bench.networks.weights.catalogue import Network, network

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "Found",
    "WeightsMissing",
    "find",
    "named_folders",
    "read_tensors",
    "require",
    "target",
    "weight_folders",
]

VARIABLE = "SIEBENCH_WEIGHTS"

_SUFFIXES = frozenset({".pth", ".pt", ".bin", ".ckpt", ".safetensors"})


class WeightsMissing(Unavailable):
    """A network's weights are not on this machine; the message gives address and target path."""


@dataclass(frozen=True)
class Found:
    """A file that holds a network's tensors.

    `official` is True where the file's SHA-256 begins as the official file's name says; False means
    that this is another file or only a part of the official one, which nothing here can tell apart.
    """

    network: Network
    path: Path

    @property
    def official(self) -> bool:
        """Whether the whole file is the official one, as far as its hash is known."""
        return _file_hash(self.path, *_stamp(self.path)).startswith(self.network.sha256_prefix)

    def load(self) -> dict[str, Tensor]:
        """The tensors that the metric uses, by their official names, on the CPU."""
        state = read_tensors(self.path)
        return {name: state[name].contiguous() for name in self.network.tensors()}

    @functools.cached_property
    def identity(self) -> str:
        """SHA-256 over the tensors in use: the same for a trunk alone and for the whole file.

        It stays what it was when it was first asked for: of the network that was loaded, where another
        file has taken this one's place since.
        """
        return _identity(self, *_stamp(self.path))


def weight_folders() -> tuple[Path, ...]:
    """Where weights are looked for, in order; the first is where `fetch` puts them."""
    folders = named_folders()
    if folders:
        return folders
    import platformdirs

    own = Path(platformdirs.user_cache_dir("siebench")) / "weights"
    # What was fetched before the project was renamed.
    former = Path(platformdirs.user_cache_dir("sebench")) / "weights"
    return (own, former) if former.is_dir() else (own,)


def named_folders() -> tuple[Path, ...]:
    """The folders of SIEBENCH_WEIGHTS, which take the place of the user's cache."""
    named = variable(VARIABLE) or ""
    return tuple(home_path(part, VARIABLE) for part in named.split(os.pathsep) if part)


def target(entry: Network, folders: Sequence[Path] | None = None) -> Path:
    """Where the official file of a network belongs."""
    return (weight_folders() if folders is None else folders)[0] / entry.file


def find(name: str, folders: Sequence[Path] | None = None) -> Found | None:
    """The first file that holds the network's tensors, or None.

    A file with the official name is looked at first, then the others by name, folder by folder.

    Raises:
        BadInput: for a name that is not in the catalogue.
    """
    entry = network(name)
    wanted = entry.tensors()
    for folder in weight_folders() if folders is None else folders:
        for path in _candidates(folder, entry.file):
            if _holds(_shapes(path, *_stamp(path)), wanted):
                return Found(entry, path)
    return None


def require(name: str, folders: Sequence[Path] | None = None) -> Found:
    """Like `find`.

    Raises:
        WeightsMissing: where no file holds the network; it names the command and the address.
    """
    found = find(name, folders)
    if found is None:
        entry = network(name)
        raise WeightsMissing(
            f"the weights of {name} are not here: run `siebench weights fetch {name}`, then this again; "
            f"or put {entry.file} ({entry.url}) into a folder of SIEBENCH_WEIGHTS"
        )
    return found


def read_tensors(path: Path, *, on_disk: bool = False) -> dict[str, Tensor]:
    """The tensors of a .safetensors file or a PyTorch checkpoint, read as data, never as code.

    Args:
        path: the file.
        on_disk: whether the numbers stay on disk where they can until somebody looks at them: for names
            and shapes alone, or for one look at each.

    Raises:
        BadInput: where the file holds no plain tensors or is damaged.
    """
    try:
        state = _load(path, on_disk)
    except Exception as error:  # a damaged file makes PyTorch raise nearly anything
        raise BadInput(f"{path}: holds no tensors that can be read safely") from error
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    return _tensors(state)


def _load(path: Path, on_disk: bool) -> Any:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    if on_disk:
        with contextlib.suppress(RuntimeError):  # files of the format before PyTorch 1.6
            return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    return torch.load(path, map_location="cpu", weights_only=True)


def _tensors(state: Any) -> dict[str, Tensor]:
    import torch

    if not isinstance(state, Mapping):
        return {}
    return {
        str(name): value.detach()
        for name, value in state.items()
        if isinstance(value, torch.Tensor)
    }


def _candidates(folder: Path, official: str) -> Iterator[Path]:
    if not folder.is_dir():
        return
    files = [path for path in folder.iterdir() if path.suffix in _SUFFIXES and path.is_file()]
    yield from sorted(files, key=lambda path: (path.name != official, path.name))


def _holds(held: Mapping[str, tuple[int, ...]], wanted: Mapping[str, tuple[int, ...]]) -> bool:
    return all(held.get(name) == shape for name, shape in wanted.items())


def _stamp(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_mtime_ns, state.st_size


@made_once(256)
def _shapes(path: Path, modified: int, size: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a file's float32 tensors, read once a process while the file stays as it is."""
    import torch

    del modified, size
    try:
        tensors = read_tensors(path, on_disk=True)
    except BadInput:
        return {}
    # Weights that somebody has rounded to half precision would move every score.
    single = {name: value for name, value in tensors.items() if value.dtype == torch.float32}
    return {name: tuple(value.shape) for name, value in single.items()}


@made_once(64)
def _identity(found: Found, modified: int, size: int) -> str:
    del modified, size
    state = read_tensors(found.path, on_disk=True)
    return tensors_hash((name, state[name].numpy()) for name in found.network.tensors())


@made_once(64)
def _file_hash(path: Path, modified: int, size: int) -> str:
    del modified, size
    return file_hash(path)
