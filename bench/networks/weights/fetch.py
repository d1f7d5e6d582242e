"""Taking an official file from its official address, whole and verified or not at all."""

from __future__ import annotations

import http.client
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from bench.core.atomic import whole_file
from bench.core.errors import BadInput
from bench.core.identity import file_hash
from bench.networks.weights.catalogue import Network, network
from bench.networks.weights.finder import target

__all__ = ["Progress", "fetch", "fetch_network"]

Progress = Callable[[int, "int | None"], None]
"""Called with the bytes taken so far and the size, which a server may not tell."""

_BLOCK = 1 << 20


def fetch(name: str, progress: Progress | None = None, folder: Path | None = None) -> Path:
    """Downloads a network's official file into the first weights folder; returns its path.

    A file of that name that is there already is left as it is where it verifies, and replaced where not.

    Raises:
        BadInput: unknown name, no connection, a full disk, or a file whose SHA-256 does not begin as
            its name says (nothing is kept then).
    """
    return fetch_network(network(name), progress, folder)


def fetch_network(
    entry: Network, progress: Progress | None = None, folder: Path | None = None
) -> Path:
    """`fetch` for an entry of the catalogue."""
    path = target(entry) if folder is None else folder / entry.file
    if path.is_file() and file_hash(path).startswith(entry.sha256_prefix):
        return path
    with whole_file(path) as temporary:
        _download(entry.url, temporary, progress)
        digest = file_hash(temporary)
        if not digest.startswith(entry.sha256_prefix):
            raise BadInput(
                f"{entry.url}: the SHA-256 begins with {digest[: len(entry.sha256_prefix)]} where "
                f"{entry.sha256_prefix} was expected; nothing was kept, try again later"
            )
    return path


def _download(url: str, path: Path, progress: Progress | None) -> None:
    try:
        answer = urllib.request.urlopen(url, timeout=60)
    except (OSError, http.client.HTTPException) as error:
        raise BadInput(f"{url}: cannot be fetched ({error}); check the connection") from error
    with answer, path.open("wb") as file:
        told = answer.headers.get("Content-Length")
        size = int(told) if told else None
        taken = 0
        while block := _read(answer, url, taken):
            file.write(block)
            taken += len(block)
            if progress is not None:
                progress(taken, size)
    if size is not None and taken != size:
        raise BadInput(f"{url}: the connection broke after {taken} of {size} bytes; try again")


def _read(source: BinaryIO, url: str, taken: int) -> bytes:
    # Apart from writing, so that a broken connection is not taken for a full disk.
    try:
        return source.read(_BLOCK)
    except (OSError, http.client.HTTPException) as error:
        raise BadInput(f"{url}: the connection broke after {taken} bytes; try again") from error
