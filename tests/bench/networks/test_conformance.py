"""Every registered segmenter and feature network keeps its contract, and the checks find what does not."""

import json

import numpy as np
import pytest

from bench.core.errors import BadInput, PluginFailed, Unavailable
from bench.networks.conformance import check_network, check_segmenter
from bench.networks.feature_network import make_network
from bench.networks.segmenters import Segmenter, make_segmenter
from bench.networks.segmenters.segmenter import own_space
from bench.plugins.kinds import NETWORKS, SEGMENTERS
from siebench.testing import check


@pytest.mark.parametrize("name", NETWORKS.names())
def test_every_registered_feature_network_conforms(name, random_weights, monkeypatch):
    if name.startswith("inception"):
        monkeypatch.setenv("SIEBENCH_WEIGHTS", str(random_weights("inception-fid")))
    try:
        assert NETWORKS.check(NETWORKS.get(name)) == []
    except Unavailable as missing:
        pytest.skip(str(missing))  # small ones of the same kind: test_transformers_features.py


def identity_onnx(folder):
    """A network that hands its input through: the strongest channel is the class."""
    onnx = pytest.importorskip("onnx", reason="onnx, which only tests need, is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    kind, shape = onnx.TensorProto.FLOAT, [1, 3, 8, 16]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["image"], ["logits"])],
        "colours",
        [onnx.helper.make_tensor_value_info("image", kind, shape)],
        [onnx.helper.make_tensor_value_info("logits", kind, shape)],
    )
    opset = [onnx.helper.make_opsetid("", 13)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.save(model, folder / "colours.onnx")
    feed = {"mean": [0.5] * 3, "std": [0.5] * 3, "size": [8, 16], "label_space": "colours"}
    (folder / "colours.json").write_text(json.dumps({**feed, "classes": ["red", "green", "blue"]}))
    return f"onnx:{folder / 'colours.onnx'}"


def tiny_segformer(folder):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    config = transformers.SegformerConfig(
        num_encoder_blocks=2,
        depths=[1, 1],
        sr_ratios=[2, 1],
        hidden_sizes=[8, 8],
        patch_sizes=[3, 3],
        strides=[4, 2],
        num_attention_heads=[1, 1],
        mlp_ratios=[1, 1],
        decoder_hidden_size=8,
        num_labels=3,
    )
    transformers.SegformerForSemanticSegmentation(config).save_pretrained(folder)
    transformers.SegformerImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return f"hf:{folder}"


MADE = {
    "onnx": identity_onnx,
    "hf": tiny_segformer,
    "procedural": lambda folder: "procedural:procedural-rooms",
}


@pytest.mark.parametrize("kind", SEGMENTERS.names())
def test_every_registered_segmenter_conforms(kind, tmp_path):
    if kind == "mmseg":
        pytest.skip("a checkpoint of mmsegmentation is tried in segmenters/test_mmseg.py")
    made = make_segmenter(MADE[kind](tmp_path))
    assert SEGMENTERS.check(made) == []
    assert SEGMENTERS.check(made.plugin) == []


class Brightness(Segmenter):
    """Dark or bright: the smallest segmenter there is."""

    name = "brightness"
    space = own_space("brightness", ("dark", "bright"))

    def __init__(self, argument="", device="cpu", folders=()):
        self.level = int(argument or 128)

    def identity(self):
        return {"segmenter": "brightness", "level": self.level}

    def segment(self, images):
        return (images.mean(axis=3) >= self.level).astype(np.int32)


class Means:
    """The mean colour: the smallest feature network there is."""

    name = "means"

    def __init__(self, device="cpu", folders=None):
        self.device = device

    def identity(self):
        return {"network": "means"}

    def features(self, images):
        return images.mean(axis=(1, 2)).astype(np.float32)


class Shared(Means):
    """Gives the same array each time."""

    def __init__(self):
        self.rows = np.empty((3, 3), np.float32)

    def features(self, images):
        rows = self.rows[: len(images)]
        rows[:] = super().features(images)
        return rows


def test_features_that_are_no_numbers_are_said_once():
    network = changed(Means, features=lambda self, i: np.full((len(i), 2), np.nan, np.float32))
    (problem,) = check_network(network)
    assert problem == "`features` gives numbers that are not finite"


def test_a_segmenter_and_a_feature_network_of_ten_lines_conform():
    check("segmenter", Brightness)
    check("feature network", Means)


def changed(kind, **changes):
    return type("Changed", (kind,), changes)()


@pytest.mark.parametrize(
    ("segmenter", "sentence"),
    [
        (changed(Brightness, segment=lambda self, images: images), "expected (3, 48, 64)"),
        (
            changed(Brightness, segment=lambda self, images: images[..., 0].astype(np.int32)),
            "expected 0 to 1",
        ),
        (
            changed(Brightness, segment=lambda self, images: (images[..., 0] > 9).astype(np.int64)),
            "gives int64; expected int32",
        ),
        (
            changed(
                Brightness,
                segment=lambda self, images: (images[..., 0] > images.mean()).astype(np.int32),
            ),
            "depends on the images beside it",
        ),
        (changed(Brightness, space=None), "`space` must be a siebench.LabelSpace"),
        (changed(Brightness, identity=lambda self: {"at": object()}), "not a JSON-like mapping"),
        (changed(Brightness, segment=lambda self, images: 1 / 0), "raises ZeroDivisionError"),
    ],
)
def test_what_a_segmenter_breaks_is_said(segmenter, sentence):
    problems = check_segmenter(segmenter)
    assert any(sentence in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        (changed(Means, features=lambda self, images: images), "expected [3,D]"),
        (changed(Means, features=lambda self, i: i.mean((1, 2))), "gives float64"),
        (changed(Means, name=""), "`name` is empty"),
        (changed(Means, identity=lambda self: {1: "a"}), "not a JSON-like mapping"),
        (changed(Shared), "writes into an answer that it gave before"),
        (
            changed(Means, features=lambda self, i: np.zeros((len(i), 4), np.float32)),
            "the same features for different images",
        ),
        (
            changed(Means, features=lambda self, i: i[:, :, 0, 0].astype(np.float32)),
            "D depends on the images' size",
        ),
        (
            changed(Means, features=lambda self, i: (i.mean((1, 2)) - i.mean()).astype(np.float32)),
            "depends on the images beside it",
        ),
    ],
)
def test_what_a_feature_network_breaks_is_said(network, sentence):
    problems = check_network(network)
    assert any(sentence in problem for problem in problems), problems


def test_an_object_of_the_python_api_is_found_by_its_name_and_remembers_its_answers():
    seen = []

    class Counting(Brightness):
        def segment(self, images):
            seen.append(len(images))
            return super().segment(images)

    images = np.zeros((2, 8, 8, 3), np.uint8)
    with SEGMENTERS.offering({"counting": Counting()}):
        first, second = make_segmenter("counting"), make_segmenter("counting")
        assert first is second
        assert first.segment(images).shape == second.segment(images).shape == (2, 8, 8)
        with pytest.raises(BadInput, match="takes no argument; leave 'x' out"):
            make_segmenter("counting:x")
    assert seen == [1, 2]  # tried on one image, then asked once for the two


def test_a_feature_network_is_told_the_folders_of_weights(monkeypatch, tmp_path):
    class Told(Means):
        def __init__(self, device, folders):
            told.append(folders)

    told = []
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path))
    with NETWORKS.offering({"told": Told}):
        make_network("told")
    assert check_network(Told) == []
    assert told == [(tmp_path,), (tmp_path,)]


def test_a_feature_networks_tensors_are_hashed_once():
    asked = []

    def identity(self):
        asked.append(self.name)
        return {"network": "means"}

    with NETWORKS.offering({"asked": changed(Means, identity=identity)}):
        network = make_network("asked")
        network.warm_up()
        assert network.identity() == network.identity() == {"network": "means"}
    assert asked == ["means"]


def test_features_of_three_groups_and_their_crops_are_computed_once():
    seen = []

    def features(self, images):
        seen.append(len(images))
        return images.mean(axis=(1, 2)).astype(np.float32)

    with NETWORKS.offering({"counted": changed(Means, features=features)}):
        network = make_network("counted")
        stacks = [np.full((2, 8, 8, 3), k, np.uint8) for k in range(12)]
        for stack in [*stacks, *stacks]:
            network.features(stack)
    assert len(seen) == 12


def test_a_finished_feature_network_takes_no_argument():
    refused = pytest.raises(BadInput, match="takes no argument; leave 'x' out")
    with NETWORKS.offering({"means": Means()}), refused:
        make_network("means:x")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"segment": lambda self, images: images[..., 0]}, "gave uint8 .* expected int32"),
        ({"segment": lambda self, images: None}, "gave NoneType"),
        (
            {"segment": lambda self, images: np.full(images.shape[:3], 2, np.int32)},
            "gave labels from 2 to 2; expected 0 to 1",
        ),
        ({"segment": lambda self, images: 1 / 0}, "raised ZeroDivisionError"),
        ({"space": ("dark", "bright")}, "space: must be a siebench.LabelSpace"),
        (
            {"identity": lambda self: None},
            r"identity\(\) raised TypeError: a NoneType is no mapping",
        ),
        ({"identity": lambda self: {"a": object()}}, r"identity\(\) raised TypeError"),
        ({"identity": lambda self: 1 / 0}, r"identity\(\) raised ZeroDivisionError"),
        ({"__init__": lambda self, *_: 1 / 0}, "its constructor raised ZeroDivisionError"),
    ],
)
def test_a_segmenter_that_can_never_work_is_refused_when_it_is_made(changes, words):
    with (
        SEGMENTERS.offering({"broken": type("Broken", (Brightness,), changes)}),
        pytest.raises(BadInput, match=words),
    ):
        make_segmenter("broken")


def test_a_feature_network_that_raises_is_one_sentence():
    broken = type("Broken", (Means,), {"features": lambda self, images: 1 / 0})
    with (
        NETWORKS.offering({"broken": broken}),
        pytest.raises(PluginFailed, match=r"feature network 'means': features\(\) raised ZeroDiv"),
    ):
        make_network("broken").features(np.zeros((1, 8, 8, 3), np.uint8))


def test_a_module_asks_for_trust_and_takes_its_argument_behind_another_colon():
    name = f"{__name__}:Brightness:40"
    with pytest.raises(BadInput, match="agree with --trust"):
        make_segmenter(name)
    assert make_segmenter(name, trust=True).identity()["level"] == 40


class Thumbnail(Means):
    def __init__(self, device, folders, side="4"):
        self.name = f"thumbnail{side}"


def test_so_does_the_module_of_a_feature_network():
    name = f"{__name__}:Thumbnail:8"
    with pytest.raises(BadInput, match="agree with --trust"):
        make_network(name)
    assert make_network(name, trust=True).name == "thumbnail8"
    assert make_network(f"{__name__}:Thumbnail", trust=True).name == "thumbnail4"


def test_a_module_of_the_working_folder_is_a_segmenter_too(tmp_path, monkeypatch):
    source = "from tests.bench.networks.test_conformance import Brightness as Near"
    (tmp_path / "near_segmenter.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert make_segmenter("near_segmenter:Near:40", trust=True).identity()["level"] == 40
    with pytest.raises(BadInput, match="or module:attribute with --trust"):
        make_segmenter("near_segmenter:Near:40")


def test_an_unknown_kind_of_segmenter_is_told_the_forms_there_are():
    with pytest.raises(BadInput, match=r"'onyx' is no kind of segmenter; write hf:FOLDER"):
        make_segmenter("onyx:net")
    with pytest.raises(BadInput, match=r"say which, as in procedural:DATASET"):
        make_segmenter("procedural")


def test_a_feature_network_that_gives_something_else_is_refused_when_it_is_used():
    with NETWORKS.offering({"wide": changed(Means, name="wide", features=lambda self, i: i)}):
        network = make_network("wide")
    with pytest.raises(BadInput, match=r"feature network 'wide' gave uint8 \[1, 8, 8, 3\]"):
        network.features(np.zeros((1, 8, 8, 3), np.uint8))


def test_a_feature_network_without_its_weights_says_where_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path))
    with pytest.raises(Unavailable, match="siebench weights fetch inception-fid"):
        check_network(NETWORKS.get("inception"))
