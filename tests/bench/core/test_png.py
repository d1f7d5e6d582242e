"""A plain PNG has the pixels that Pillow gives it; what is not plain is left to Pillow."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bench.core.errors import BadInput
from bench.core.images import png_mark, read_image
from bench.core.png import decode_plain


def noise(height=37, width=53, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def smooth(side=64):
    coarse = Image.fromarray(noise(8, 8))
    return np.array(coarse.resize((side, side), Image.Resampling.BICUBIC))


def stored(pixels, **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", **options)
    return file.getvalue()


def by_pillow(content):
    with Image.open(io.BytesIO(content)) as image:
        return np.array(image)


def chunk(kind, inside, check=None):
    check = zlib.crc32(kind + inside) if check is None else check
    return struct.pack(">I", len(inside)) + kind + inside + struct.pack(">I", check)


def chunks(content):
    """[(kind, inside)] of a PNG."""
    found, at = [], 8
    while at < len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        found.append((kind, content[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def joined(parts):
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def with_chunk(content, kind, inside):
    """The chunk put behind the header."""
    parts = chunks(content)
    return joined([parts[0], (kind, inside), *parts[1:]])


def filtered(pixels, method):
    """A PNG whose rows all have one of the five filters, written by its specification."""
    height, width, _ = pixels.shape
    rows = pixels.reshape(height, -1).astype(np.int16)
    left = np.pad(rows, ((0, 0), (3, 0)))[:, :-3]
    up = np.pad(rows, ((1, 0), (0, 0)))[:-1]
    corner = np.pad(rows, ((1, 0), (3, 0)))[:-1, :-3]
    guess = left + up - corner
    apart = np.abs(np.stack([guess - left, guess - up, guess - corner]))
    nearest = np.take_along_axis(np.stack([left, up, corner]), apart.argmin(0)[None], 0)[0]
    predicted = [0 * rows, left, up, (left + up) // 2, nearest][method]
    coded = ((rows - predicted) % 256).astype(np.uint8)
    lines = np.column_stack([np.full(height, method, np.uint8), coded])
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return joined([(b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes())), (b"IEND", b"")])


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (37, 53), (256, 256), (255, 1023)])
def test_the_pixels_are_the_stored_ones(shape):
    pixels = noise(*shape)
    found = decode_plain(stored(pixels))
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous
    assert np.array_equal(found, pixels)


@pytest.mark.parametrize("options", [{"compress_level": n} for n in (0, 1, 9)] + [{"optimize": 1}])
def test_compression_changes_nothing(options):
    content = stored(smooth(), **options)
    assert np.array_equal(decode_plain(content), smooth())


@pytest.mark.parametrize("method", range(5))
def test_every_filter_is_undone(method):
    content = filtered(smooth(), method)
    assert np.array_equal(by_pillow(content), smooth())
    assert np.array_equal(decode_plain(content), smooth())


@pytest.mark.parametrize("length", [1, 7, 1000])
def test_numbers_may_lie_in_any_count_of_chunks(length):
    head, (_, data), end = chunks(stored(noise(20, 20)))
    pieces = [(b"IDAT", data[at : at + length]) for at in range(0, len(data), length)]
    found = decode_plain(joined([head, *pieces, end]))
    assert np.array_equal(found, noise(20, 20))


def test_chunks_that_change_no_pixel_are_passed_over():
    text = PngInfo()
    text.add_text("Title", "a garden")
    for content in (
        stored(noise(), pnginfo=png_mark()),
        stored(noise(), pnginfo=text),
        stored(noise(), dpi=(72, 72)),
        with_chunk(stored(noise()), b"gAMA", struct.pack(">I", 10_000)),
        with_chunk(stored(noise()), b"sRGB", b"\0"),
        with_chunk(stored(noise()), b"bKGD", b"\0\1\0\2\0\3"),
        with_chunk(stored(noise()), b"cHRM", struct.pack(">8I", *range(8))),
        stored(noise()) + b"behind the end",
    ):
        assert np.array_equal(decode_plain(content), by_pillow(content))


def others():
    """Files that are no plain PNG, by what they are."""
    grey = noise()[..., 0]
    exif = Image.Exif()
    exif[0x0112] = 6
    profile, packet = PngInfo(), PngInfo()
    profile.add_text("Raw profile type exif", "\nexif\n 0\n")
    packet.add_text("XML:com.adobe.xmp", "<x/>")
    whole = stored(noise())
    head, data, end = chunks(whole)
    (width, height), kind = struct.unpack(">II", head[1][:8]), head[1][8:]
    return {
        "grey": stored(grey),
        "one bit": stored(grey > 127),
        "16 bits": stored(grey.astype(np.uint16) * 257),
        "transparent": stored(np.dstack([noise(), grey])),
        "grey and transparent": stored(np.dstack([grey, grey])),
        "one colour is transparent": stored(noise(), transparency=(1, 2, 3)),
        "turned": stored(noise(), exif=exif),
        "turned in a text": stored(noise(), pnginfo=profile),
        "turned in a packet": stored(noise(), pnginfo=packet),
        "with a profile": stored(noise(), icc_profile=b"a profile"),
        "interlaced": joined([(b"IHDR", head[1][:-1] + b"\1"), data, end]),
        "no PNG": b"BM" + whole,
        "empty": b"",
        "only a signature": whole[:8],
        "no header": joined([data, end]),
        "two headers": joined([head, head, data, end]),
        "a short header": joined([(b"IHDR", head[1][:-1]), data, end]),
        "no end": joined([head, data]),
        "cut": whole[:-30],
        "cut in a length": whole[:-10],
        "a wrong check": joined([(*head, 1), data, end]),
        "a wrong check of a text": joined([head, (b"tEXt", b"a\0b", 1), data, end]),
        "numbers in two places": joined([head, data, (b"tIME", bytes(7)), data, end]),
        "an unknown chunk": with_chunk(whole, b"acTL", bytes(8)),
        "no pixels": joined([(b"IHDR", struct.pack(">II", 0, height) + kind), data, end]),
        "too many pixels": joined(
            [(b"IHDR", struct.pack(">II", width << 14, height << 9) + kind), data, end]
        ),
        "no numbers": joined([head, end]),
    }


@pytest.mark.parametrize("what", others())
def test_what_is_not_plain_is_left_to_pillow(what):
    assert decode_plain(others()[what]) is None


def others_inside():
    """Plain PNGs whose numbers are not as they should be."""
    head, (_, data), end = chunks(stored(noise()))
    sum_is_wrong = data[:-1] + bytes([data[-1] ^ 1])
    insides = [zlib.compress(bytes(100)), b"", b"nothing", data[:90], data[:-4], sum_is_wrong]
    return [joined([head, (b"IDAT", inside), end]) for inside in insides]


def test_a_plain_png_whose_numbers_are_broken_is_left_to_pillow():
    assert [decode_plain(content) for content in others_inside()[:4]] == [None] * 4


def answer_to(path):
    """The pixels of an image file, or the sentence that refuses it."""
    try:
        return read_image(path).tolist()
    except BadInput as error:
        return str(error)


def test_files_of_every_kind_are_read_as_without_the_decoder(tmp_path, monkeypatch):
    """Also with one bit of them, anywhere, turned over."""
    draw = np.random.default_rng(1)
    whole = stored(smooth(24), pnginfo=png_mark())
    contents = [*others().values(), *others_inside(), whole]
    for at in [*range(60), *draw.integers(60, len(whole), 60).tolist()]:
        damaged = bytearray(whole)
        damaged[at] ^= 1 << int(draw.integers(8))
        contents.append(bytes(damaged))
    path = tmp_path / "a.png"
    answers = []
    for _ in range(2):
        answers.append([])
        for content in contents:
            path.write_bytes(content)
            answers[-1].append(answer_to(path))
        monkeypatch.setattr("bench.core.images.decode_plain", lambda content: None)
    assert answers[0] == answers[1]
