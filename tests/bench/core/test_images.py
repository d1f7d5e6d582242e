"""Every kind of image file has one defined answer, or an error that names the file."""

import os
import struct
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.core.errors import BadInput
from bench.core.images import (
    image_files,
    image_tree,
    orientation,
    read_image,
    read_mask,
    read_stored,
)


def rgb(height=5, width=7, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def saved(tmp_path, image, name="image.png", **options):
    path = tmp_path / name
    image.save(path, **options)
    return path


def test_an_rgb_png_comes_back_byte_for_byte(tmp_path):
    pixels = rgb()
    assert np.array_equal(read_image(saved(tmp_path, Image.fromarray(pixels))), pixels)


def test_grey_fills_three_channels(tmp_path):
    grey = rgb()[:, :, 0]
    read = read_image(saved(tmp_path, Image.fromarray(grey)))
    assert read.shape == (5, 7, 3)
    assert all(np.array_equal(read[:, :, channel], grey) for channel in range(3))


def test_one_bit_becomes_black_and_white(tmp_path):
    bits = rgb()[:, :, 0] > 127
    read = read_image(saved(tmp_path, Image.fromarray(bits)))
    assert np.array_equal(read[:, :, 1], np.where(bits, 255, 0))


def test_transparency_is_dropped_and_colours_stay(tmp_path):
    pixels = np.dstack([rgb(), np.zeros((5, 7), np.uint8)])
    read = read_image(saved(tmp_path, Image.fromarray(pixels, "RGBA")))
    assert np.array_equal(read, pixels[:, :, :3])


def test_a_palette_gives_its_colours(tmp_path):
    image = Image.fromarray(np.array([[0, 1], [1, 0]], np.uint8), "P")
    image.putpalette([10, 20, 30, 200, 210, 220] + [0] * 762)
    read = read_image(saved(tmp_path, image))
    assert read.tolist() == [[[10, 20, 30], [200, 210, 220]], [[200, 210, 220], [10, 20, 30]]]


def test_a_palette_with_transparency_gives_its_colours(tmp_path):
    image = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    image.putpalette([10, 20, 30, 200, 210, 220] + [0] * 762)
    read = read_image(saved(tmp_path, image, transparency=0))
    assert read.tolist() == [[[10, 20, 30], [200, 210, 220]]]


def test_what_a_palette_makes_transparent_is_told_without_a_warning(tmp_path, recwarn):
    image = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    image.putpalette([10, 20, 30, 200, 210, 220] + [0] * 762)
    for opacity, transparent in ((b"\xff\x80", True), (b"\xff\xff\x00", False)):
        read = read_stored(saved(tmp_path, image, transparency=opacity))
        assert read.pixels.tolist() == [[[10, 20, 30], [200, 210, 220]]]
        assert read.transparent == transparent
    assert not recwarn.list


def test_sixteen_bit_grey_gives_the_high_byte(tmp_path):
    deep = np.array([[0, 255, 256], [32768, 65280, 65535]], np.uint16)
    read = read_image(saved(tmp_path, Image.fromarray(deep)))
    assert read[:, :, 2].tolist() == [[0, 0, 1], [128, 255, 255]]


def test_sixteen_bit_grey_of_a_ppm_gives_the_high_byte(tmp_path):
    path = tmp_path / "deep.ppm"
    path.write_bytes(b"P5 3 1 65535\n" + np.array([0, 256, 65535], ">u2").tobytes())
    assert read_image(path)[0, :, 0].tolist() == [0, 1, 255]


def test_sixteen_bit_colour_gives_the_high_byte(tmp_path):
    path = tmp_path / "deep.png"
    cv2 = pytest.importorskip("cv2", reason="OpenCV writes 16-bit colour, which Pillow cannot")
    deep = np.array([[[0, 255, 256], [32768, 65280, 65535]]], np.uint16)
    cv2.imwrite(str(path), deep[..., ::-1])
    assert read_image(path).tolist() == [[[0, 0, 1], [128, 255, 255]]]


def test_exif_turns_the_image_upright(tmp_path):
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to see it upright
    path = saved(tmp_path, Image.fromarray(pixels), "turned.jpg", quality=95, exif=exif)
    read = read_image(path)
    assert read.shape == (16, 8, 3)
    assert read[:6].mean() > 250
    assert read[10:].mean() < 5


@pytest.mark.parametrize("name", ["cut.png", "cut.jpg"])
def test_a_truncated_file_is_named(tmp_path, name):
    path = saved(tmp_path, Image.fromarray(rgb(64, 64)), name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadInput, match=name):
        read_image(path)


def test_a_text_file_is_named(tmp_path):
    path = tmp_path / "notes.png"
    path.write_text("no image")
    with pytest.raises(BadInput, match=r"notes\.png: is not an image"):
        read_image(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"gone\.png: there is no such image"):
        read_image(tmp_path / "gone.png")


def test_floats_have_no_known_range(tmp_path):
    path = saved(tmp_path, Image.fromarray(np.ones((2, 2), np.float32)), "depth.tif")
    with pytest.raises(BadInput, match=r"depth\.tif: holds 32-bit values"):
        read_image(path)


def test_a_mask_is_what_its_colours_say(tmp_path):
    mask = np.array([[True, False, False], [False, True, True]])
    image = Image.frombytes("P", (3, 2), (~mask).astype(np.uint8).tobytes())  # index 0 is white
    image.putpalette([255] * 3 + [0] * 3)
    assert (read_mask(saved(tmp_path, image)) == mask).all()
    three = Image.fromarray(np.dstack([mask.astype(np.uint8) * 255] * 3))
    assert (read_mask(saved(tmp_path, three, "three.tif")) == mask).all()


def test_a_mask_that_leaves_doubt_is_named(tmp_path):
    path = saved(tmp_path, Image.fromarray(np.array([[0, 90]], np.uint8)), "soft.png")
    with pytest.raises(BadInput, match=r"soft\.png: holds 2 grey values, 90 among them"):
        read_mask(path)
    with pytest.raises(BadInput, match=r"gone\.png: there is no such image"):
        read_mask(tmp_path / "gone.png")


def test_a_folder_lists_its_images_by_stem(tmp_path):
    for name in ("b.png", "a.jpg"):
        saved(tmp_path, Image.fromarray(rgb()), name)
    (tmp_path / "notes.txt").write_text("not an image")
    assert list(image_files(tmp_path)) == ["a", "b"]


@pytest.mark.parametrize("name", [b"caf\xe9.png", b"two\nlines.png"])
def test_a_name_that_no_record_can_hold_is_refused(tmp_path, name):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"")
    with pytest.raises(BadInput, match="rename that file") as caught:
        image_files(tmp_path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["gone", "n" * 5000, "a\0b"])
def test_a_folder_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(BadInput, match="there is no such folder"):
        image_files(tmp_path / name)


@pytest.mark.parametrize("listed", [image_files, image_tree])
def test_a_file_in_place_of_a_folder_is_told_from_one_that_is_not_there(tmp_path, listed):
    (tmp_path / "a.png").touch()
    with pytest.raises(BadInput, match=r"a\.png: is a file; give its folder"):
        listed(tmp_path / "a.png")


@pytest.mark.parametrize("listed", [image_files, image_tree])
def test_a_folder_that_may_not_be_read_is_one_sentence(tmp_path, monkeypatch, listed):
    def closed(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", closed)
    with pytest.raises(BadInput, match=r"cannot be read \(Permission denied\)"):
        listed(tmp_path)


def test_two_images_of_one_stem_are_refused(tmp_path):
    for name in ("a.png", "a.jpg"):
        saved(tmp_path, Image.fromarray(rgb()), name)
    with pytest.raises(BadInput, match="same stem"):
        image_files(tmp_path)


def test_a_tree_lists_images_of_subfolders_by_relative_path(tmp_path):
    for name in ("day/b.JPG", "a.PNG", "day/deep/c.tiff", "x.y.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        saved(tmp_path, Image.fromarray(rgb()), name)
    for name in ("._a.png", ".hidden/d.png", "day/._b.jpg", "day/notes.txt", "closed/e.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("no image")
    (tmp_path / "day" / "round").symlink_to(tmp_path, target_is_directory=True)
    images, others = image_tree(tmp_path, without=[tmp_path / "closed"])
    assert list(images) == ["a", "day/b", "day/deep/c", "x.y"]
    assert images["day/b"] == tmp_path / "day" / "b.JPG"
    assert others == (tmp_path / "day" / "notes.txt",)


def test_a_tree_has_one_form_of_a_unicode_name(tmp_path):
    saved(tmp_path, Image.fromarray(rgb()), "cafe\u0301.png")
    assert list(image_tree(tmp_path)[0]) == ["caf\u00e9"]
    saved(tmp_path, Image.fromarray(rgb()), "caf\u00e9.jpg")
    with pytest.raises(BadInput, match="same stem"):
        image_tree(tmp_path)


def test_what_a_broken_file_makes_pillow_raise_is_one_sentence(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    Image.new("P", (4, 4)).save(path)
    for error in (IndexError("list index"), struct.error("unpack"), MemoryError(), TypeError()):
        monkeypatch.setattr("PIL.ImageFile.ImageFile.load", raising(error))
        with pytest.raises(BadInput, match=r"a\.png: cannot be decoded"):
            read_image(path)


def raising(error):
    def load(self):
        raise error

    return load


def test_a_file_that_a_program_would_draw_is_no_image(tmp_path):
    path = tmp_path / "a.png"
    path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 24 24\n%%EndComments\nshowpage\n")
    with pytest.raises(BadInput, match="is not an image"):
        read_image(path)


def test_an_image_beyond_all_bounds_has_no_orientation(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 8)
    path = saved(tmp_path, Image.new("1", (8, 8)))
    with pytest.raises(BadInput, match=r"image\.png: cannot be decoded \(Image size"):
        orientation(path)


def test_names_that_a_system_stores_decomposed_are_found_composed(tmp_path):
    composed, decomposed = (unicodedata.normalize(form, "Zo\u00eb") for form in ("NFC", "NFD"))
    Image.new("RGB", (4, 4)).save(tmp_path / f"{decomposed}.png")
    assert list(image_files(tmp_path)) == [composed]
    Image.new("RGB", (4, 4)).save(tmp_path / f"{composed}.jpg")
    with pytest.raises(BadInput, match="has the same stem"):
        image_files(tmp_path)
