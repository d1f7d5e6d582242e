"""Reading official downloads where they lie: zip, tar, or the folder that one was unpacked into.

Nothing is extracted: members are read into memory by name. An archive is refused as a whole when a
name in it leaves the folder it would be unpacked into, when it holds a link or a device, or the
same name twice, since then nobody can say what was read.
"""

from __future__ import annotations

import abc
import stat
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from bench.core.errors import BadInput

__all__ = ["Archive", "Sources", "open_sources"]

_LARGEST = 1 << 28
"""Bytes that a single image, map or list may have."""


class Archive(abc.ABC):
    """One download: its members' names, and their bytes."""

    def __init__(self, path: Path, names: Iterable[str]) -> None:
        self.path = path
        self.names = frozenset(_safe(path, names))

    @abc.abstractmethod
    def read(self, name: str) -> bytes:
        """A member's bytes.

        Raises:
            BadInput: where the archive is damaged there, or the member is unreasonably large.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Closes the file."""


class _Zip(Archive):
    def __init__(self, path: Path) -> None:
        self._file = zipfile.ZipFile(path)
        for info in self._file.infolist():
            if stat.S_ISLNK(info.external_attr >> 16):
                raise _refused(path, f"{info.filename!r} is a link")
        super().__init__(path, (i.filename for i in self._file.infolist() if not i.is_dir()))

    def read(self, name: str) -> bytes:
        try:
            _check_size(self.path, name, self._file.getinfo(name).file_size)
            return self._file.read(name)
        except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, ValueError) as error:
            raise _damaged(self.path, name, error) from error

    def close(self) -> None:
        self._file.close()


class _Tar(Archive):
    def __init__(self, path: Path) -> None:
        self._file = tarfile.open(path)  # noqa: SIM115 - closed by close()
        self._members: dict[str, tarfile.TarInfo] = {}
        names = []
        for member in self._file.getmembers():
            if not (member.isreg() or member.isdir()):
                raise _refused(path, f"{member.name!r} is a link or a device")
            if member.isreg():
                names.append(member.name)
                self._members[member.name] = member
        super().__init__(path, names)

    def read(self, name: str) -> bytes:
        try:
            _check_size(self.path, name, self._members[name].size)
            file = self._file.extractfile(self._members[name])
            assert file is not None
            return file.read()
        except (tarfile.TarError, OSError, EOFError) as error:
            raise _damaged(self.path, name, error) from error

    def close(self) -> None:
        self._file.close()


class _Folder(Archive):
    def __init__(self, path: Path) -> None:
        root = path.resolve()
        names = []
        for file in sorted(path.rglob("*")):
            if file.is_file():
                if not file.resolve().is_relative_to(root):
                    raise _refused(path, f"{file} is a link that leaves the folder")
                names.append(file.relative_to(path).as_posix())
        super().__init__(path, names)

    def read(self, name: str) -> bytes:
        file = self.path / name
        try:
            _check_size(self.path, name, file.stat().st_size)
            return file.read_bytes()
        except OSError as error:
            raise _damaged(self.path, name, error) from error

    def close(self) -> None:
        return None


class Sources:
    """Several downloads read as one: every name once, whichever archive holds it."""

    def __init__(self, archives: Sequence[Archive]) -> None:
        self._archives = archives
        self._holder = {name: archive for archive in archives for name in archive.names}
        self.names = tuple(sorted(self._holder))
        if len(self.names) != sum(len(archive.names) for archive in archives):
            raise BadInput(
                f"{', '.join(str(a.path) for a in archives)}: two of them hold files of the same "
                "name; give each download once"
            )

    def read(self, name: str) -> bytes:
        """A member's bytes, or BadInput."""
        return self._holder[name].read(name)

    def describe(self) -> list[dict[str, object]]:
        """Name, file count and (for a file) size of every download, for the manifest."""
        return [
            {
                "name": archive.path.name,
                "files": len(archive.names),
                "bytes": archive.path.stat().st_size if archive.path.is_file() else None,
            }
            for archive in self._archives
        ]


@contextmanager
def open_sources(paths: Sequence[Path]) -> Iterator[Sources]:
    """Opens downloads for the time of the block.

    Raises:
        BadInput: a path that is not there, no archive, or one that is refused.
    """
    archives: list[Archive] = []
    try:
        archives.extend(map(_open, paths))
        yield Sources(archives)
    finally:
        for archive in archives:
            archive.close()


def _open(path: Path) -> Archive:
    if path.is_dir():
        return _Folder(path)
    if not path.is_file():
        raise BadInput(f"{path}: there is no such archive or folder")
    try:
        if zipfile.is_zipfile(path):
            return _Zip(path)
        if tarfile.is_tarfile(path):
            return _Tar(path)
    except (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError) as error:
        raise BadInput(f"{path}: cannot be opened ({error}); download it again") from error
    raise BadInput(f"{path}: neither zip nor tar; give the download or its unpacked folder")


def _safe(path: Path, names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        parts = PurePosixPath(name).parts
        drive = len(parts) > 0 and ":" in parts[0]
        if not parts or name.startswith("/") or ".." in parts or "\\" in name or drive:
            raise _refused(path, f"the name {name!r} leaves the folder")
        if name in seen:
            raise _refused(path, f"it holds {name!r} twice")
        seen.add(name)
        yield name


def _check_size(path: Path, name: str, size: int) -> None:
    if size > _LARGEST:
        raise _refused(path, f"{name!r} has {size} bytes, far more than an image or a map")


def _refused(path: Path, why: str) -> BadInput:
    return BadInput(f"{path}: refused, because {why}; download it from the official address")


def _damaged(path: Path, name: str, error: Exception) -> BadInput:
    return BadInput(f"{path}: {name!r} cannot be read ({error}); download the archive again")
