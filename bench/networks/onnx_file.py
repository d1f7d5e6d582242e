"""ONNX files: opened without a word on the screen, and known by all files that hold their tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.core.errors import BadInput, Unavailable
from bench.core.identity import file_hash

__all__ = ["first_line", "open_onnx", "tensor_files"]

_SILENT = 4
"""Of onnxruntime's messages only fatal ones reach the screen; errors come as exceptions."""


def open_onnx(path: Path, *, threads: int | None = None) -> Any:
    """An onnxruntime session on the CPU.

    Args:
        path: the file.
        threads: that one operation computes with; onnxruntime's own choice where None.

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
    options = onnxruntime.SessionOptions()
    if threads is not None:
        options.intra_op_num_threads = threads
    options.log_severity_level = _SILENT
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions have no public base class
        raise BadInput(
            f"{path}: is not an ONNX network that can be run ({first_line(error)})"
        ) from error


def tensor_files(path: Path) -> dict[str, str]:
    """SHA-256 of each file beside an ONNX file in which it keeps tensors, by name; mostly none."""
    content = path.read_bytes()
    if b"location" not in content:  # the key under which ONNX names such a file
        return {}
    others = (one for one in sorted(path.parent.iterdir()) if one.is_file() and one != path)
    named = (one for one in others if one.name.encode(errors="surrogateescape") in content)
    return {one.name: file_hash(one) for one in named}


def first_line(error: Exception) -> str:
    """The first line of what an exception says; its name where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
