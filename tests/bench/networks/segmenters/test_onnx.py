"""ONNX segmenters: fed as the sidecar says, with clear errors."""

import json

import numpy as np
import pytest

from bench.core.errors import BadInput
from bench.networks.segmenters import make_segmenter
from bench.networks.segmenters.onnx import OnnxSegmenter
from bench.networks.weights import WeightsMissing

onnx = pytest.importorskip("onnx", reason="onnx, which only tests need, is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

SIDECAR = {
    "mean": [0.5, 0.5, 0.5],
    "std": [0.5, 0.5, 0.5],
    "size": [8, 16],
    "classes": ["red", "green", "blue"],
    "label_space": "colours",
}


@pytest.fixture
def colours(tmp_path):
    """A network that hands its input through: the strongest channel is the class."""
    kind = onnx.TensorProto.FLOAT
    shape = [1, 3, 8, 16]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["image"], ["logits"])],
        "colours",
        [onnx.helper.make_tensor_value_info("image", kind, shape)],
        [onnx.helper.make_tensor_value_info("logits", kind, shape)],
    )
    opset = [onnx.helper.make_opsetid("", 13)]
    onnx.save(
        onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "colours.onnx"
    )
    (tmp_path / "colours.json").write_text(json.dumps(SIDECAR))
    return tmp_path / "colours.onnx"


def stripes(height, width):
    image = np.zeros((height, width, 3), np.uint8)
    for k in range(3):
        image[:, k * width // 3 : (k + 1) * width // 3, k] = 255
    return image


def test_every_pixel_is_named_at_the_images_own_size(colours):
    labels = OnnxSegmenter(colours).segment(stripes(24, 48)[None])
    assert labels.shape == (1, 24, 48)
    assert labels.dtype == np.int32
    assert (labels[0, :, 4] == 0).all()
    assert (labels[0, :, 24] == 1).all()
    assert (labels[0, :, 44] == 2).all()


def test_it_is_found_by_its_bare_name_among_the_weights(colours):
    segmenter = make_segmenter("colours", folders=(colours.parent,))
    assert segmenter.space.classes == ("red", "green", "blue")
    assert segmenter is make_segmenter("colours", folders=(colours.parent,))


def test_its_identity_changes_with_how_it_is_fed(colours):
    before = OnnxSegmenter(colours).identity()
    colours.with_suffix(".json").write_text(json.dumps({**SIDECAR, "mean": [0.4, 0.5, 0.5]}))
    assert OnnxSegmenter(colours).identity() != before


def test_a_missing_sidecar_is_named(colours):
    colours.with_suffix(".json").unlink()
    with pytest.raises(BadInput, match=r"colours\.json: is missing"):
        OnnxSegmenter(colours)


def test_a_wrong_sidecar_names_the_field(colours):
    colours.with_suffix(".json").write_text(json.dumps({**SIDECAR, "size": "large"}))
    with pytest.raises(BadInput, match=r"colours\.json: size"):
        OnnxSegmenter(colours)


def test_classes_that_do_not_fit_the_network_are_refused(colours):
    colours.with_suffix(".json").write_text(json.dumps({**SIDECAR, "classes": ["red", "green"]}))
    with pytest.raises(BadInput, match=r"\[1,2,h,w\] was expected"):
        OnnxSegmenter(colours).segment(stripes(8, 16)[None])


def test_a_damaged_network_is_named(colours):
    colours.write_bytes(b"not a network")
    with pytest.raises(BadInput, match=r"colours\.onnx: is not an ONNX network"):
        OnnxSegmenter(colours).segment(stripes(8, 16)[None])


def test_a_missing_network_names_where_it_belongs(tmp_path):
    with pytest.raises(WeightsMissing, match=r"put streets\.onnx and its \.json"):
        make_segmenter("streets", folders=(tmp_path,))


def test_an_unknown_kind_is_refused():
    with pytest.raises(BadInput, match="'torch' is no kind of segmenter"):
        make_segmenter("torch:network")
