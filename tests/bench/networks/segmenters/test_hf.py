"""A tiny transformers segmenter with local weights runs, and equals the library's own answer."""

import json
import shutil
import sys

import numpy as np
import pytest

from bench.core.errors import BadInput, Unavailable
from bench.core.identity import differences
from bench.networks.hub_models import load_hub_model
from bench.networks.segmenters import make_segmenter
from bench.networks.segmenters.hf import HfSegmenter
from bench.networks.weights import WeightsMissing

transformers = pytest.importorskip("transformers", reason="transformers is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import torch

    torch.manual_seed(0)
    config = transformers.SegformerConfig(
        hidden_sizes=[8, 8, 16, 16],
        depths=[1, 1, 1, 1],
        num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=16,
        id2label=dict(enumerate(("wall", "floor", "bed"))),
        label2id={"wall": 0, "floor": 1, "bed": 2},
    )
    path = tmp_path_factory.mktemp("segformer")
    transformers.SegformerForSemanticSegmentation(config).save_pretrained(path)
    size = {"height": 64, "width": 96}
    transformers.SegformerImageProcessor(size=size).save_pretrained(path)
    return path


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (2, 40, 56, 3), dtype=np.uint8)


def test_it_names_pixels_as_the_library_does(folder, images):
    import torch
    from torch.nn import functional as F

    labels = make_segmenter(f"hf:{folder}").segment(images)
    network = transformers.SegformerForSemanticSegmentation.from_pretrained(folder).eval()
    processor = transformers.SegformerImageProcessor.from_pretrained(folder)
    with torch.no_grad():
        logits = network(**processor(images=list(images), return_tensors="pt")).logits
    theirs = F.interpolate(logits, size=(40, 56), mode="bilinear", align_corners=False).argmax(1)
    assert (labels == theirs.numpy()).mean() > 0.999  # batches differ in the last bits
    assert labels.dtype == np.int32


def test_its_classes_are_the_checkpoints(folder):
    assert make_segmenter(f"hf:{folder}").space.classes == ("wall", "floor", "bed")


def test_its_identity_is_its_tensors_and_how_it_is_fed(folder):
    identity = make_segmenter(f"hf:{folder}").identity()
    assert len(identity["tensors"]) == 64
    assert identity["feed"]["size"] == {"height": 64, "width": 96}


def test_a_folder_may_lie_in_the_users_home(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert make_segmenter(f"hf:~/{folder.name}").space.classes == ("wall", "floor", "bed")


def copied(folder, path, file, **fields):
    """A segmenter of the same tensors, with other fields in one of its files."""
    shutil.copytree(folder, path)
    written = json.loads((path / file).read_text())
    (path / file).write_text(json.dumps({**written, **fields}))
    return HfSegmenter(str(path))


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        ("Segformer", "rescale_factor", 0.05),
        ("Segformer", "image_mean", [0.5, 0.5, 0.5]),
        ("DPT", "keep_aspect_ratio", True),
        ("DPT", "ensure_multiple_of", 48),
        ("MobileViT", "do_flip_channel_order", False),
    ],
)
def test_a_setting_that_changes_the_networks_input_is_another_identity(
    folder, tmp_path, images, name, setting, value
):
    kind = {"image_processor_type": f"{name}ImageProcessor"}
    before, after = (
        copied(folder, tmp_path / part, "preprocessor_config.json", **kind, **fields)
        for part, fields in (("before", {}), ("after", {setting: value}))
    )
    fed = [np.asarray(each._processor(images[0])["pixel_values"][0]) for each in (before, after)]
    assert not np.array_equal(*fed)
    (found,) = differences(before.identity(), after.identity())
    assert found.path == f"feed.{setting}"


def test_another_image_processor_with_the_same_settings_is_another_identity(folder, tmp_path):
    feeds = []
    for name in ("Segformer", "MobileNetV2"):
        fields = {"image_processor_type": f"{name}ImageProcessor", "do_center_crop": False}
        found = copied(folder, tmp_path / name, "preprocessor_config.json", **fields)
        feeds.append(found.identity()["feed"])
    assert [feed["processor"] for feed in feeds] == [
        "SegformerImageProcessor",
        "MobileNetV2ImageProcessor",
    ]


def test_pillow_and_torchvision_feed_it_otherwise_and_are_two_identities(folder, images):
    pillow = getattr(transformers, "SegformerImageProcessorPil", None)
    if pillow is None:
        pytest.skip("this version of transformers has one class for both")
    segmenter = HfSegmenter(str(folder))
    first, fed = segmenter.identity()["feed"], segmenter._processor(images[0])["pixel_values"][0]
    segmenter._processor = pillow.from_pretrained(folder)
    again = segmenter._processor(images[0])["pixel_values"][0]
    assert not np.array_equal(np.asarray(fed), np.asarray(again))
    assert segmenter.identity()["feed"] == {**first, "backend": "pil"}
    assert first["backend"] == "torchvision"


def test_the_same_tensors_in_another_model_are_another_identity(folder, tmp_path, images):
    before = HfSegmenter(str(folder))
    after = copied(folder, tmp_path / "copy", "config.json", hidden_act="relu")
    assert before.identity()["tensors"] == after.identity()["tensors"]
    fed = before._processor(images=images[0], return_tensors="pt")
    assert (before._network(**fed).logits != after._network(**fed).logits).any()
    assert before.identity()["model"] != after.identity()["model"]


def test_its_folder_who_wrote_it_and_what_it_does_to_label_maps_are_none_of_its_identity(
    folder, tmp_path, images
):
    before = HfSegmenter(str(folder))
    written = {"transformers_version": "4.44.0", "_name_or_path": "somewhere/else"}
    copied(folder, tmp_path / "one", "config.json", **written)
    fields = {"do_reduce_labels": True, "ignore_index": 7}
    after = copied(tmp_path / "one", tmp_path / "two", "preprocessor_config.json", **fields)
    assert after.identity() == before.identity()
    assert (before.segment(images) == after.segment(images)).all()


def test_a_folder_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(WeightsMissing, match="is not here"):
        make_segmenter(f"hf:{tmp_path / 'gone'}")


def test_a_library_that_is_missing_is_named_with_its_command(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(Unavailable, match="`pip install transformers`"):
        HfSegmenter(str(folder))


def test_a_package_that_the_library_asks_for_is_named():
    def load(library):
        raise ImportError("UPerNet requires the timm library\nRun `pip install timm`")

    with pytest.raises(Unavailable, match=r"hf:x needs a package \(UPerNet requires the timm"):
        load_hub_model("the segmenter hf:x", "config.json", "segmentation model", load)


def test_truncated_weights_are_one_sentence(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(BadInput, match=r"hf:.* is no segmentation model") as refused:
        make_segmenter(f"hf:{copy}")
    assert "\n" not in str(refused.value)


def test_an_encoder_without_a_head_is_no_segmenter(folder, tmp_path):
    network = transformers.SegformerForSemanticSegmentation.from_pretrained(folder)
    network.segformer.save_pretrained(tmp_path)
    shutil.copy(folder / "preprocessor_config.json", tmp_path)
    with pytest.raises(BadInput, match=r"no segmentation model \(its file lacks .* decode_head"):
        HfSegmenter(str(tmp_path))
