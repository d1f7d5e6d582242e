"""A tiny transformers segmenter with local weights runs, and equals the library's own answer."""

import json
import shutil
import sys

import numpy as np
import pytest

from bench.core.errors import BadInput, Unavailable
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


def test_another_scale_of_its_input_is_another_identity(folder, tmp_path):
    before = HfSegmenter(str(folder)).identity()
    assert "rescale_factor" not in before["feed"]
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    config = tmp_path / "preprocessor_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "rescale_factor": 0.05}))
    after = HfSegmenter(str(tmp_path)).identity()
    assert after == {**before, "feed": {**before["feed"], "rescale_factor": 0.05}}


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
