"""What is masked in an image file: the colours say it, never a palette's indices, and doubt is said."""

import numpy as np
import pytest
from PIL import Image

from masks import MaskError
from masks.mask_image import mask_of
from masks.packs.png import read_mask

MASK = np.array([[True, False, False], [False, True, True]])
GREY = MASK.astype(np.uint8) * 255


def palette_mask(white: int) -> Image.Image:
    """MASK with a palette in which `white` is the index of white and the other one is black."""
    image = Image.fromarray(np.where(MASK, white, 1 - white).astype(np.uint8)).convert("L")
    image = Image.frombytes("P", image.size, image.tobytes())
    image.putpalette([255 * (white == 0)] * 3 + [255 * (white == 1)] * 3)
    return image


def with_alpha(alpha: int) -> Image.Image:
    return Image.merge("LA", [Image.fromarray(GREY), Image.new("L", (3, 2), alpha)])


GOOD = {
    "grey": Image.fromarray(GREY),
    "grey of 0 and 1": Image.fromarray(MASK.astype(np.uint8)),
    "one bit": Image.fromarray(MASK),
    "palette, white = 1": palette_mask(1),
    "palette, white = 0": palette_mask(0),
    "three equal channels": Image.fromarray(np.dstack([GREY] * 3)),
    "opaque alpha": with_alpha(255),
    "opaque RGBA": Image.fromarray(np.dstack([GREY] * 3 + [np.full_like(GREY, 255)])),
}


@pytest.mark.parametrize("kind", GOOD)
def test_every_clear_way_to_keep_a_mask_gives_the_same_mask(tmp_path, kind):
    GOOD[kind].save(tmp_path / "a.png")
    assert (read_mask(tmp_path / "a.png") == MASK).all()


def test_a_palette_whose_indices_are_0_and_255_is_still_read_by_its_colours(tmp_path):
    image = Image.frombytes("P", (3, 2), GREY.tobytes())
    image.putpalette([255] * 3 + [128] * (254 * 3) + [0] * 3)
    image.save(tmp_path / "a.png")
    assert (read_mask(tmp_path / "a.png") == ~MASK).all()


def test_an_image_that_lies_on_its_side_is_masked_as_it_is_seen(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(GREY).save(tmp_path / "a.png", exif=exif)
    assert (read_mask(tmp_path / "a.png") == np.rot90(MASK, -1)).all()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (np.array([[0, 128, 255]], np.uint8), "holds 3 grey values, 128 among them"),
        (np.array([[1, 255]], np.uint8), "holds 2 grey values, 1 among them"),
        (np.array([[7, 7]], np.uint8), "holds grey value 7,"),
        (np.array([[[0, 0, 0], [255, 0, 0]]], np.uint8), r"is in colour, \(255, 0, 0\) in places"),
        (np.zeros((2, 2), np.uint16), "16 or more bits"),
    ],
)
def test_what_is_not_black_and_white_is_refused_with_what_it_holds(tmp_path, values, sentence):
    Image.fromarray(values).save(tmp_path / "a.png")
    with pytest.raises(MaskError, match=rf"a\.png: .*{sentence}.* 255 = masked"):
        read_mask(tmp_path / "a.png")


def test_transparency_is_named(tmp_path):
    with_alpha(100).save(tmp_path / "a.png")
    with pytest.raises(MaskError, match="transparent in places"):
        read_mask(tmp_path / "a.png")
    palette_mask(1).save(tmp_path / "a.png", transparency=0)
    with pytest.raises(MaskError, match="transparent in places"):
        read_mask(tmp_path / "a.png")


def test_coloured_and_grey_palettes_are_no_masks(tmp_path):
    image = palette_mask(1)
    image.putpalette([0, 0, 0, 128, 0, 0])
    image.save(tmp_path / "a.png")
    with pytest.raises(MaskError, match=r"in colour, \(128, 0, 0\)"):
        read_mask(tmp_path / "a.png")
    image.putpalette([0, 0, 0, 1, 1, 1])
    image.save(tmp_path / "a.png")
    with pytest.raises(MaskError, match="2 palette colours, 1 among them"):
        read_mask(tmp_path / "a.png")


def test_a_mask_whose_exif_data_is_damaged_is_refused_in_one_sentence(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "a.png", exif=b"Exif\0\0no TIFF header")
    with pytest.raises(MaskError, match=r"a\.png: its EXIF data cannot be read .* 255 = masked"):
        read_mask(tmp_path / "a.png")


def test_a_jpeg_that_blurs_its_border_says_so(tmp_path):
    blurred = np.kron(GREY, np.ones((5, 5), np.uint8))
    Image.fromarray(blurred).save(tmp_path / "a.jpg", quality=70)
    with Image.open(tmp_path / "a.jpg") as image, pytest.raises(MaskError, match="JPEG blurs"):
        mask_of(image, "a.jpg")
