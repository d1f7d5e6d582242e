"""ONNX segmenters: fed as the sidecar says, with clear errors."""

import json

import numpy as np
import pytest
import torch

from bench.core.errors import BadInput
from bench.networks.onnx_file import open_onnx
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


def saved(path, nodes=(("Identity", {}),), *, given=(1, 3, 8, 16), gives=None, inputs=1, **fields):
    """An ONNX file and its sidecar: nodes one after the other, each from the last one's output."""
    kind = onnx.TensorProto.FLOAT
    names = ["image", *(f"step{i}" for i in range(1, len(nodes))), "logits"]
    graph = onnx.helper.make_graph(
        [
            onnx.helper.make_node(node, [one], [two], **how)
            for (node, how), one, two in zip(nodes, names, names[1:])
        ],
        "colours",
        [onnx.helper.make_tensor_value_info("image", kind, given)]
        + [onnx.helper.make_tensor_value_info(f"more{i}", kind, [1]) for i in range(inputs - 1)],
        [onnx.helper.make_tensor_value_info("logits", gives or kind, None)],
    )
    opset = [onnx.helper.make_opsetid("", 13)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    sidecar = {**SIDECAR, **fields}
    path.with_suffix(".json").write_text(
        json.dumps({name: value for name, value in sidecar.items() if value is not None})
    )
    return path


@pytest.fixture
def colours(tmp_path):
    """A network that hands its input through: the strongest channel is the class."""
    return saved(tmp_path / "colours.onnx")


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


INTS = onnx.TensorProto.INT64


@pytest.mark.parametrize("keepdims", [0, 1])
def test_a_network_with_argmax_inside_names_the_same_pixels(tmp_path, keepdims):
    inside = saved(tmp_path / "a.onnx", [("ArgMax", {"axis": 1, "keepdims": keepdims})], gives=INTS)
    labels = OnnxSegmenter(inside).segment(stripes(24, 48)[None])
    assert labels.dtype == np.int32
    assert labels.shape == (1, 24, 48)
    # Every pixel has the label of the network's own pixel that its centre lies in.
    assert labels[0, 0].tolist() == [0] * 15 + [1] * 18 + [2] * 15


def test_class_numbers_may_come_as_floats(tmp_path):
    nodes = [("ArgMax", {"axis": 1, "keepdims": 0}), ("Cast", {"to": onnx.TensorProto.FLOAT})]
    labels = OnnxSegmenter(saved(tmp_path / "a.onnx", nodes)).segment(stripes(8, 16)[None])
    assert sorted(np.unique(labels)) == [0, 1, 2]


def test_a_fixed_batch_is_filled_and_images_do_not_touch_each_other(tmp_path, colours):
    fixed = OnnxSegmenter(saved(tmp_path / "four.onnx", given=(4, 3, 8, 16)))
    images = np.stack([stripes(24, 48), stripes(24, 48)[:, ::-1]])
    assert np.array_equal(fixed.segment(images), OnnxSegmenter(colours).segment(images))


def test_a_network_of_any_size_is_given_the_sidecars(tmp_path):
    free = saved(tmp_path / "free.onnx", given=("batch", 3, "height", "width"), size=[4, 6])
    assert OnnxSegmenter(free).segment(stripes(24, 48)[None]).shape == (1, 24, 48)


def test_a_network_of_a_fixed_size_needs_no_size_in_its_sidecar(tmp_path, colours):
    before = OnnxSegmenter(colours).identity()
    assert OnnxSegmenter(saved(colours, size=None)).identity() == before


def test_channels_may_be_wanted_the_other_way_round(tmp_path):
    segmenter = OnnxSegmenter(saved(tmp_path / "bgr.onnx", channels="bgr"))
    assert segmenter.segment(stripes(8, 15)[None])[0, 0, 2] == 2


def test_a_file_computes_on_as_many_threads_as_pytorch(colours):
    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    try:
        options = open_onnx(colours).get_session_options()
    finally:
        torch.set_num_threads(before)
    assert options.intra_op_num_threads == before + 1


def test_the_identity_of_a_plain_sidecar_has_the_fields_that_it_always_had(colours):
    record = OnnxSegmenter(colours).identity()
    assert record["feed"] == SIDECAR
    assert record["resize"] == "bilinear to size, logits bilinear back"
    assert set(record) == {"segmenter", "file", "feed", "resize"}


@pytest.mark.parametrize("place", ["big.data", "tensors/big.data"])
def test_tensors_in_a_file_of_their_own_are_part_of_its_identity(tmp_path, place):
    weights = onnx.helper.make_tensor(
        "weights", onnx.TensorProto.FLOAT, [1, 3, 1, 1], np.ones(3, "<f4").tobytes(), raw=True
    )
    kind = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Mul", ["image", "weights"], ["logits"])],
        "colours",
        [onnx.helper.make_tensor_value_info("image", kind, [1, 3, 8, 16])],
        [onnx.helper.make_tensor_value_info("logits", kind, None)],
        [weights],
    )
    opset = [onnx.helper.make_opsetid("", 13)]
    path, tensors = tmp_path / "outside.onnx", tmp_path / place
    tensors.parent.mkdir(exist_ok=True)
    made = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.save(made, path, save_as_external_data=True, location=place, size_threshold=0)
    path.with_suffix(".json").write_text(json.dumps(SIDECAR))
    before = OnnxSegmenter(path).identity()
    assert list(before["tensors"]) == [place]
    tensors.write_bytes(np.arange(3, dtype="<f4").tobytes())
    assert OnnxSegmenter(path).identity() != before


def test_a_file_that_only_lies_beside_the_network_is_no_part_of_its_identity(tmp_path, colours):
    before = OnnxSegmenter(colours).identity()
    (tmp_path / "image").write_text("named like the network's input")
    assert OnnxSegmenter(colours).identity() == before


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ({"classes": ["red", "green"]}, r"expected logits \[1,2,h,w\] or class numbers \[1,h,w\]"),
        ({"inputs": 2}, r"has 2 inputs \('image', 'more0'\); a segmenter takes one"),
        ({"size": [9, 16]}, r"size: is \[9, 16\], but the network takes \[1,3,8,16\]"),
        ({"given": (1, 8, 16, 3)}, r"takes \[1,8,16,3\].*channels first"),
        ({"given": (1, 3, "h", "w"), "size": None}, r"size: is missing, and the network takes any"),
        ({"output": "aux"}, r"output: the network has no 'aux'; it has 'logits'"),
        (
            {"nodes": [("Transpose", {"perm": [0, 2, 3, 1]})]},
            r"gives float32 \[1, 8, 16, 3\].*channels first",
        ),
        (
            {"nodes": [("ReduceMean", {"axes": [1]})]},
            r"class number -?0\.\d+; expected whole numbers",
        ),
    ],
)
def test_a_network_that_its_sidecar_does_not_describe_is_refused_at_once(tmp_path, network, words):
    path = saved(tmp_path / "colours.onnx", **network)
    with pytest.raises(BadInput, match=words):
        OnnxSegmenter(path).segment(stripes(8, 16)[None])


def test_logits_that_are_no_numbers_name_no_class(tmp_path):
    # Of the normalised input the root: grey has one, black has none.
    segmenter = OnnxSegmenter(saved(tmp_path / "n.onnx", [("Sqrt", {})], mean=[0.4] * 3))
    with pytest.raises(BadInput, match=r"n\.onnx: gives values that are infinite or no numbers"):
        segmenter.segment(np.zeros((1, 8, 16, 3), np.uint8))


def test_infinite_logits_name_no_class(tmp_path):
    # The logarithm of black; scaled up, infinity times nothing would win everywhere.
    segmenter = OnnxSegmenter(saved(tmp_path / "n.onnx", [("Log", {})], mean=[0.0] * 3))
    with pytest.raises(BadInput, match=r"n\.onnx: gives values that are infinite"):
        segmenter.segment(np.zeros((1, 24, 48, 3), np.uint8))


def test_a_class_number_beyond_the_classes_is_refused(tmp_path):
    path = saved(
        tmp_path / "a.onnx", [("ArgMax", {"axis": 1})], gives=INTS, classes=["red", "green"]
    )
    with pytest.raises(BadInput, match=r"gives the class number 2; expected whole .* from 0 to 1"):
        OnnxSegmenter(path).segment(stripes(8, 16)[None])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"mean": [NaN, 0, 0]}', "NaN is not a finite number"),
        (json.dumps({**SIDECAR, "mean": [123.7, 116.3, 103.5]}), r"mean\.0: .*divide both by 255"),
        (json.dumps({**SIDECAR, "std": [0, 1, 1]}), r"std\.0: .*greater than 0"),
        (json.dumps({**SIDECAR, "size": [0, 16]}), r"size\.0: .*greater than or equal to 1"),
        (json.dumps({**SIDECAR, "size": [8]}), r"size\.1: Field required"),
        (json.dumps({**SIDECAR, "classes": []}), r"classes: "),
        (json.dumps({**SIDECAR, "mean": ["0.5", 0.5, 0.5]}), r"mean\.0: "),
        (json.dumps({**SIDECAR, "chanels": "bgr"}), "no field 'chanels'; did you mean 'channels'"),
        ("[1, 2]", "is no mapping"),
        ("", "is no JSON"),
    ],
)
def test_a_sidecar_that_can_never_work_is_refused_at_once(colours, text, words):
    colours.with_suffix(".json").write_text(text)
    with pytest.raises(BadInput, match=words):
        OnnxSegmenter(colours)


def test_a_sidecar_that_is_not_utf_8_is_refused(colours):
    colours.with_suffix(".json").write_bytes(json.dumps(SIDECAR).encode("utf-16"))
    with pytest.raises(BadInput, match=r"colours\.json, line 1: is not UTF-8"):
        OnnxSegmenter(colours)


def test_a_damaged_network_is_named_and_onnxruntime_says_nothing_itself(colours, capfd):
    colours.write_bytes(b"not a network")
    with pytest.raises(BadInput, match=r"colours\.onnx: is not an ONNX network"):
        OnnxSegmenter(colours)
    assert capfd.readouterr() == ("", "")


def test_a_missing_network_names_where_it_belongs(tmp_path):
    with pytest.raises(WeightsMissing, match=r"put streets\.onnx and its \.json"):
        make_segmenter("streets", folders=(tmp_path,))


def test_an_unknown_kind_is_refused():
    with pytest.raises(BadInput, match="'torch' is no kind of segmenter"):
        make_segmenter("torch:network")
