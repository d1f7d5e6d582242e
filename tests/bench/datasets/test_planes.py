"""Maps hold numbers; every number is a class or void, or the file is named."""

import re

import numpy as np
import pytest
from PIL import Image

from bench.core.errors import BadInput
from bench.datasets.planes import check_labels, plain_labels, read_plane, void_at
from bench.datasets.spaces import numbered_space, read_space

ADE = read_space("ade20k-150")


def saved(tmp_path, values, name="labels.png", **options):
    path = tmp_path / name
    Image.fromarray(np.asarray(values)).save(path, **options)
    return path


def test_a_jpeg_is_no_label_map(tmp_path):
    path = saved(tmp_path, np.eye(16, dtype=np.uint8), "labels.jpg")
    with pytest.raises(BadInput, match=r"labels\.jpg: is a JPEG, which changes numbers"):
        read_plane(path)


@pytest.mark.parametrize(
    ("dtype", "name"), [(np.uint8, "a.png"), (np.uint16, "a.png"), (np.int32, "a.tif")]
)
def test_numbers_of_8_16_and_32_bits_come_out_as_they_are(tmp_path, dtype, name):
    values = np.array([[0, 1], [200, np.iinfo(dtype).max]], dtype=dtype)
    assert np.array_equal(read_plane(saved(tmp_path, values, name)), values)


def test_a_map_that_its_file_turns_is_turned_upright(tmp_path):
    values = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = read_plane(saved(tmp_path, values, exif=exif))
    assert np.array_equal(turned, np.rot90(values, -1))


def test_a_channel_is_one_of_three_colours_and_never_the_transparency(tmp_path):
    numbers, clear = np.full((2, 2), 7, np.uint8), np.full((2, 2), 255, np.uint8)
    three = saved(tmp_path, np.dstack([0 * numbers, numbers, 0 * numbers]))
    assert read_plane(three, channel=1).tolist() == [[7, 7], [7, 7]]
    path = saved(tmp_path, np.dstack([numbers, clear]))
    with pytest.raises(BadInput, match=r"has mode LA, but .*save it without its alpha channel"):
        read_plane(path, channel=1)


def test_a_cut_file_is_named(tmp_path):
    path = saved(tmp_path, np.zeros((64, 64), np.uint8))
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(BadInput, match=r"labels\.png: is not an image that Pillow can read"):
        read_plane(path)


def test_255_and_65535_are_void_unless_they_are_classes(tmp_path):
    raw = np.array([[0, 149, 255, 65535, -1]], dtype=np.int32)
    assert plain_labels(raw, ADE, tmp_path).tolist() == [[0, 149, -1, -1, -1]]
    assert plain_labels(raw, numbered_space(256), tmp_path).tolist() == [[0, 149, 255, -1, -1]]


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (-100, "label -100 at row 1, column 2 is below 0; -100 marks ignored pixels"),
        (150, "label 150 at row 1, column 2 is beyond the 150 classes of ade20k-150"),
        (254, "label 254 at row 1, column 2 is beyond the 150 classes"),
        (65534, "label 65534 at row 1, column 2 is beyond the 150 classes"),
    ],
)
def test_a_number_that_is_no_class_is_named_with_its_place(tmp_path, number, says):
    raw = np.zeros((3, 4), dtype=np.int32)
    raw[1, 2] = number
    with pytest.raises(BadInput, match=re.escape(f"{tmp_path}: {says}")):
        plain_labels(raw, ADE, tmp_path)


def test_the_message_gives_the_number_that_stands_in_the_file(tmp_path):
    raw = np.array([[0, 65535]], dtype=np.int32)
    with pytest.raises(BadInput, match="label 65535 at row 0, column 1"):
        check_labels(void_at(255)(raw), ADE, tmp_path, raw)
    check_labels(void_at(65535)(raw), ADE, tmp_path, raw)
