"""DINOv2 and CLIP from a folder: small random ones give what the library gives."""

import json
import shutil

import numpy as np
import pytest
import torch

from bench.core.errors import BadInput
from bench.core.identity import differences
from bench.metrics import Context, Missing, make_metric
from bench.networks.conformance import check_network
from bench.networks.feature_network import make_network
from bench.networks.weights import WeightsMissing

transformers = pytest.importorskip("transformers", reason="transformers is not installed")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    torch.manual_seed(0)
    small = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    found = {}
    for name, model in (
        ("dinov2", transformers.Dinov2Model(transformers.Dinov2Config(image_size=28, **small))),
        (
            "clip",
            transformers.CLIPVisionModelWithProjection(
                transformers.CLIPVisionConfig(
                    image_size=42, patch_size=14, intermediate_size=32, projection_dim=12, **small
                )
            ),
        ),
    ):
        found[name] = tmp_path_factory.mktemp(name)
        model.save_pretrained(found[name])
    return found


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (3, 40, 56, 3), dtype=np.uint8)


def given(images, side, mean, deviation):
    """By torchvision, from Pillow's images."""
    from PIL import Image
    from torchvision.transforms import v2

    way = v2.Compose(
        [
            v2.Resize((side, side), v2.InterpolationMode.BICUBIC),
            v2.PILToTensor(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(mean, deviation),
        ]
    )
    return torch.stack([way(Image.fromarray(image)) for image in images])


def test_dinov2_gives_the_librarys_class_token(folders, images):
    network = make_network(f"dinov2:{folders['dinov2']}")
    theirs = transformers.AutoModel.from_pretrained(folders["dinov2"]).eval()
    with torch.no_grad():
        fed = given(images, 224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
        expected = theirs(pixel_values=fed).pooler_output.numpy()
    assert network.features(images) == pytest.approx(expected, abs=1e-5)
    assert network.name == "dinov2-vit16-14"


def test_clip_gives_the_librarys_embedding_divided_by_its_length(folders, images):
    network = make_network(f"clip:{folders['clip']}")
    processor = transformers.CLIPImageProcessor(
        size={"height": 42, "width": 42}, do_center_crop=False
    )
    theirs = transformers.CLIPVisionModelWithProjection.from_pretrained(folders["clip"]).eval()
    with torch.no_grad():
        fed = given(images, 42, processor.image_mean, processor.image_std)
        expected = theirs(pixel_values=fed).image_embeds
    expected = expected / expected.norm(dim=1, keepdim=True)
    assert network.features(images) == pytest.approx(expected.numpy(), abs=1e-5)


@pytest.mark.parametrize("name", ["dinov2", "clip"])
def test_they_conform(folders, name):
    assert check_network(make_network(f"{name}:{folders[name]}").plugin) == []


def test_distances_through_other_files_say_so_in_their_names(folders):
    dino = make_metric("fd", {"network": f"dinov2:{folders['dinov2']}"}, Context(cache=None))
    clip = make_metric("cmmd", {"network": f"clip:{folders['clip']}"}, Context(cache=None))
    assert dino.name.startswith("fd-dinov2-")
    assert dino.name.endswith("-unofficial")
    assert clip.name.startswith("mmd-clip-")
    assert clip.name.endswith("-42-unofficial")
    assert "not the official file" in dino.title


def test_the_files_of_another_model_are_no_dinov2(folders):
    with pytest.raises(BadInput, match=r"is no DINOv2 model .*'clip_vision_model'"):
        make_network(f"dinov2:{folders['clip']}")


def test_a_folder_may_lie_in_the_users_home(folders, monkeypatch):
    monkeypatch.setenv("HOME", str(folders["dinov2"].parent))
    assert make_network(f"dinov2:~/{folders['dinov2'].name}").name == "dinov2-vit16-14"


def test_a_folder_that_is_not_there_is_a_reason(tmp_path):
    with pytest.raises(WeightsMissing, match=r"name a folder with config\.json and weights"):
        make_network(f"dinov2:{tmp_path / 'nowhere'}")
    option = {"network": f"clip:{tmp_path / 'nowhere'}"}
    missing = make_metric("cmmd", option, Context(cache=None))
    assert isinstance(missing, Missing)


def test_a_network_without_an_argument_takes_none():
    with pytest.raises(BadInput, match="takes no argument; leave 'more' out"):
        make_network("procedural:more")


def test_an_image_tower_without_its_projection_is_no_clip(folders, tmp_path):
    transformers.CLIPVisionModel.from_pretrained(folders["clip"]).save_pretrained(tmp_path)
    with pytest.raises(BadInput, match=r"no CLIP model \(its file lacks 1 tensor, as .*projection"):
        make_network(f"clip:{tmp_path}")


def test_weights_that_are_stored_in_half_precision_are_computed_with_in_single(
    folders, images, tmp_path
):
    half = transformers.CLIPVisionModelWithProjection.from_pretrained(folders["clip"]).half()
    half.save_pretrained(tmp_path)
    network = make_network(f"clip:{tmp_path}")
    scale = ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])
    with torch.inference_mode():
        theirs = half.float().eval()(given(images, 42, *scale)).image_embeds
    expected = theirs / theirs.norm(dim=1, keepdim=True)
    np.testing.assert_allclose(network.features(images), expected.numpy(), atol=2e-6)


def test_a_checkpoint_whose_tensors_have_other_shapes_is_no_network(folders, tmp_path):
    shutil.copytree(folders["clip"], tmp_path, dirs_exist_ok=True)
    config = tmp_path / "config.json"
    config.write_text(
        config.read_text().replace('"intermediate_size": 32', '"intermediate_size": 8')
    )
    with pytest.raises(BadInput, match=r"clip:.* is no CLIP model"):
        make_network(f"clip:{tmp_path}")


def copied(folder, path, **fields):
    """The same tensors, with other fields in their config."""
    shutil.copytree(folder, path)
    written = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps({**written, **fields}))
    return path


@pytest.mark.parametrize("name", ["dinov2", "clip"])
def test_the_same_tensors_in_another_model_are_another_network(folders, images, tmp_path, name):
    before = make_network(f"{name}:{folders[name]}")
    after = make_network(f"{name}:{copied(folders[name], tmp_path / 'copy', hidden_act='relu')}")
    assert (before.features(images) != after.features(images)).any()
    (found,) = differences(before.identity(), after.identity())
    assert found.path == "model"


@pytest.mark.parametrize("name", ["dinov2", "clip"])
def test_its_folder_and_who_wrote_it_are_none_of_its_identity(folders, tmp_path, name):
    written = {"transformers_version": "4.44.0", "_name_or_path": "somewhere/else"}
    after = copied(folders[name], tmp_path / "copy", torch_dtype="float32", **written)
    assert (
        make_network(f"{name}:{after}").identity()
        == make_network(f"{name}:{folders[name]}").identity()
    )


def test_the_text_tower_beside_clips_image_tower_is_none_of_its_identity(folders, tmp_path):
    tower = json.loads((folders["clip"] / "config.json").read_text())
    both = {"model_type": "clip", "architectures": ["CLIPModel"], "projection_dim": 12}
    identities = []
    for number, (vision, text) in enumerate(
        (({}, {}), ({}, {"hidden_act": "relu"}), ({"hidden_act": "relu"}, {}))
    ):
        folder = tmp_path / str(number)
        towers = {"vision_config": {**tower, **vision}, "text_config": text}
        shutil.copytree(folders["clip"], folder)
        (folder / "config.json").write_text(json.dumps({**both, **towers}))
        identities.append(make_network(f"clip:{folder}").identity())
    assert identities[0] == identities[1] != identities[2]
