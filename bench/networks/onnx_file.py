"""ONNX files: opened without a word on the screen, and known by all files that hold their tensors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from bench.core.errors import BadInput, Unavailable, first_line
from bench.core.identity import file_hash

__all__ = ["open_onnx", "tensor_files"]

_SILENT = 4
"""Of onnxruntime's messages only fatal ones reach the screen; errors come as exceptions."""


def open_onnx(path: Path) -> Any:
    """An onnxruntime session on the CPU, with as many threads as PyTorch has.

    Args:
        path: the file.

    Raises:
        BadInput: where the file is no network that can be run.
        Unavailable: where onnxruntime is not there.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise Unavailable(
            f"{path}: onnxruntime is not installed: run `pip install onnxruntime`"
        ) from error
    import torch

    options = onnxruntime.SessionOptions()
    # Workers share the cores, and each has its share as PyTorch's number of threads; more would only fight.
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = _SILENT
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions have no public base class
        raise BadInput(
            f"{path}: is not an ONNX network that can be run ({first_line(error)})"
        ) from error


def tensor_files(path: Path) -> dict[str, str]:
    """SHA-256 of each file in which an ONNX file keeps tensors, by its path from there; mostly none."""
    names = {PurePosixPath(name).as_posix() for name in _locations(path.read_bytes())}
    files = {name: path.parent / name for name in sorted(names)}
    return {name: file_hash(file) for name, file in files.items() if file.is_file()}


_LOCATION = re.compile(rb"\n\x08location\x12([\x80-\xff]?[\x00-\x7f])")
"""How ONNX begins the entry that names such a file (`external_data`): its key, and its value's length in
protobuf's spelling, which has 7 bits a byte."""


def _locations(content: bytes) -> Iterator[str]:
    for found in _LOCATION.finditer(content):
        first, *more = found[1]
        size = (first & 0x7F) + (more[0] << 7 if more else 0)
        yield content[found.end() : found.end() + size].decode(errors="surrogateescape")
