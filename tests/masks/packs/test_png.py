import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from masks import MaskError
from masks.packs import png

SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=9)


def kept(tmp_path_factory, write, read, array):
    path = tmp_path_factory.mktemp("png") / "a.png"
    write(path, array)
    back = read(path)
    return back.dtype == array.dtype and (back == array).all()


@settings(max_examples=40, deadline=None)
@given(mask=arrays(bool, SHAPES))
def test_masks_come_back_exactly(tmp_path_factory, mask):
    assert kept(tmp_path_factory, png.write_mask, png.read_mask, mask)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), largest=st.sampled_from([3, 254, 255, 65534]))
def test_labels_come_back_exactly(tmp_path_factory, data, largest):
    labels = data.draw(arrays(np.int32, SHAPES, elements=st.integers(-1, largest)))
    assert kept(tmp_path_factory, png.write_labels, png.read_labels, labels)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), largest=st.sampled_from([255, 65535, 65536, 2**31 - 1]))
def test_instances_come_back_exactly(tmp_path_factory, data, largest):
    instances = data.draw(arrays(np.int32, SHAPES, elements=st.integers(0, largest)))
    assert kept(tmp_path_factory, png.write_instances, png.read_instances, instances)


def test_what_is_no_png_or_cut_off_is_refused(tmp_path):
    (tmp_path / "text.png").write_text("not a picture")
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "photo.png", format="JPEG")
    png.write_mask(tmp_path / "cut.png", np.ones((64, 64), bool))
    whole = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    for name in ("text.png", "photo.png", "cut.png", "missing.png"):
        with pytest.raises(MaskError, match=name):
            png.read_mask(tmp_path / name)


def test_values_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(MaskError, match="labels must be"):
        png.write_labels(tmp_path / "a.png", np.array([[-2]], np.int32))
    with pytest.raises(MaskError, match="labels must be"):
        png.write_labels(tmp_path / "a.png", np.array([[65535]], np.int32))
    with pytest.raises(MaskError, match="negative"):
        png.write_instances(tmp_path / "a.png", np.array([[-1]], np.int32))


def test_label_colours_differ():
    assert len({tuple(colour) for colour in png.label_colours().tolist()}) == 256
