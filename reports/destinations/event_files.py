"""TensorBoard's event files, written here: no library is needed, and the same run gives the same bytes.

A file is a row of records (TensorFlow's TFRecord): the length as uint64, its checksum, the bytes, their
checksum; numbers are little-endian, a checksum is CRC-32C (Castagnoli), rotated right by 15 bits
plus 0xa282ead8. The bytes of a record are a protocol buffer `Event`. Of that and of `Summary` only the
fields below are written (tensorboard/compat/proto/event.proto and summary.proto):

| message | field | number |
| --- | --- | --- |
| Event | wall_time (double), step (int64), file_version (string), summary | 1, 2, 3, 5 |
| Summary | value (repeated) | 1 |
| Summary.Value | tag, simple_value (float), image, tensor, metadata | 1, 2, 4, 8, 9 |
| Summary.Image | height, width, colorspace, encoded_image_string | 1, 2, 3, 4 |
| SummaryMetadata | plugin_data (plugin_name = 1) | 1 |
| TensorProto | dtype (7 = string), tensor_shape, string_val | 1, 2, 8 |
"""

from __future__ import annotations

import datetime
import functools
import io
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.atomic import whole_file
from reports.destinations.contents import Kept, gallery
from reports.export.markdown_table import markdown

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["write_events"]

_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5
"""Wire types of protocol buffers."""

_STRING = 7


def write_events(run: Run, methods: list[Kept], folder: Path) -> list[Path]:
    """Writes a folder that `tensorboard --logdir` shows: one file a method, with one step.

    Tags are those of `Kept.numbers`; "gallery/TASK/EDIT" are images, "scores" and "parameters" texts.

    Args:
        run: the run.
        methods: what is written.
        folder: the log folder; each method has a folder in it, by its slug.

    Returns:
        The files.

    Raises:
        BadInput: where a file cannot be written.
    """
    time = _seconds(run.header.finished or run.header.started)
    table = markdown(run)
    written = []
    for one in methods:
        events = [
            _event(time, _field(3, b"brain.Event:2")),
            *(_summary(time, _scalar(tag, value)) for tag, value in one.numbers.items()),
            _summary(time, _text("scores", table)),
            _summary(time, _text("parameters", _listed(one))),
            *(
                _summary(time, _image(f"gallery/{image.key}", image.png))
                for image in gallery(run, one.method)
            ),
        ]
        file = folder / one.method.slug / f"events.out.tfevents.{int(time)}.siebench"
        with whole_file(file) as temporary:
            temporary.write_bytes(b"".join(map(_record, events)))
        written.append(file)
    return written


def _seconds(stamp: str | None) -> float:
    return datetime.datetime.fromisoformat(stamp).timestamp() if stamp else 0.0


def _listed(one: Kept) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in one.parameters.items())


def _event(time: float, content: bytes) -> bytes:
    return _key(1, _DOUBLE) + struct.pack("<d", time) + content


def _summary(time: float, value: bytes) -> bytes:
    return _event(time, _field(5, _field(1, value)))


def _scalar(tag: str, value: float) -> bytes:
    return _field(1, tag.encode()) + _key(2, _FLOAT) + struct.pack("<f", value)


def _text(tag: str, text: str) -> bytes:
    shape = _field(2, _key(1, _VARINT) + _varint(1))
    tensor = _key(1, _VARINT) + _varint(_STRING) + _field(2, shape) + _field(8, text.encode())
    metadata = _field(1, _field(1, b"text"))
    return _field(1, tag.encode()) + _field(8, tensor) + _field(9, metadata)


def _image(tag: str, png: bytes) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        width, height = image.size
    sizes = ((1, height), (2, width), (3, 3))
    content = b"".join(_key(number, _VARINT) + _varint(value) for number, value in sizes)
    return _field(1, tag.encode()) + _field(4, content + _field(4, png))


def _field(number: int, content: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(content)) + content


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + _checksum(length) + content + _checksum(content)


def _checksum(content: bytes) -> bytes:
    crc = 0xFFFFFFFF
    table = _crc_table()
    for byte in content:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


@functools.lru_cache(maxsize=1)
def _crc_table() -> tuple[int, ...]:
    """CRC-32C of every byte, for the reflected polynomial 0x82f63b78."""
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return tuple(table)
