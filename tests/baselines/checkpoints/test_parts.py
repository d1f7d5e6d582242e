"""Official files of several networks become one weights file, or a sentence says which is missing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from baselines.checkpoints import load_network
from baselines.him import LayoutGenerator, him_config
from baselines.layers.spectral import fold_spectral
from baselines.pix2pixhd import pix2pixhd_config
from bench.core.errors import BadInput
from bench.core.identity import file_hash
from bench.plugins.kinds import SYSTEMS

PIX = {"ngf": 2, "nef": 2, "downsamplings": 2, "blocks": 1, "encoder_downsamplings": 2}
HIM = {"size": 32, "ngf": 2, "downsamplings": 2, "blocks": 1}
HIM |= {"layout_width": 4, "layout_widths": (4, 4, 6), "layout_blocks": 2}


@pytest.fixture
def folder(tmp_path):
    """Pix2PixHD's published files, with features, and its network."""
    torch.manual_seed(0)
    network = SYSTEMS.get("pix2pixhd").build(pix2pixhd_config("features", classes=3, **PIX))
    torch.save(network.G.state_dict(), tmp_path / "latest_net_G.pth")
    torch.save(network.E.state_dict(), tmp_path / "latest_net_E.pth")
    return tmp_path, network


def imported(system, file, out, **given):
    card = SYSTEMS.get(system).import_weights(file, out, **given)
    return card, load_network(system, out).network.state_dict()


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("given", ["", "latest_net_G.pth"])
def test_generator_and_encoder_become_one_from_the_folder_or_from_the_first_file(folder, given):
    path, network = folder
    card, state = imported(
        "pix2pixhd", path / given, path / "o.safetensors", variant="features", options=PIX
    )
    assert equal(state, network.state_dict())
    assert card.source == "latest_net_G.pth + latest_net_E.pth"
    assert card.config["classes"] == 3
    assert card.source_sha256 != file_hash(path / "latest_net_G.pth")
    assert "BSD" in card.licence


def test_a_missing_part_is_named_with_a_way_out(folder):
    path, _ = folder
    (path / "latest_net_E.pth").unlink()
    with pytest.raises(
        BadInput, match=r"missing the feature encoder \(latest_net_E\.pth\).*models show pix2pixhd"
    ):
        imported("pix2pixhd", path, path / "o.safetensors", variant="features", options=PIX)
    with pytest.raises(BadInput, match="no such file or folder"):
        imported("pix2pixhd", path / "none.pth", path / "o.safetensors", variant="features")


def test_a_variant_without_features_needs_no_encoder_and_refuses_a_generator_with_them(folder):
    path, _ = folder
    with pytest.raises(BadInput, match=r"of another shape: G\.model\.1\.weight"):
        imported("pix2pixhd", path, path / "o.safetensors", variant="cityscapes", options=PIX)
    plain = SYSTEMS.get("pix2pixhd").build(pix2pixhd_config("label", classes=3, **PIX))
    torch.save(plain.G.state_dict(), path / "mine.pth")
    card, state = imported(
        "pix2pixhd", path / "mine.pth", path / "o.safetensors", variant="label", options=PIX
    )
    assert equal(state, plain.state_dict())
    assert card.source_sha256 == file_hash(path / "mine.pth")


def test_clusters_of_features_come_from_a_folder_and_a_pickled_file_is_not_read(folder):
    path, _ = folder
    (path / "clusters").mkdir()
    np.save(path / "clusters" / "1.npy", np.full((2, 3), 0.5))
    given = {"variant": "features", "options": PIX}
    out = path / "o.safetensors"
    imported("pix2pixhd", path, out, style_codes=path / "clusters", **given)
    extras = load_network("pix2pixhd", out).extras
    assert extras["feature_clusters"].tolist() == [[0.5] * 3] * 2
    assert extras["feature_clusters_classes"].tolist() == [1, 1]
    np.save(path / "pickled.npy", {"1": [1]}, allow_pickle=True)
    with pytest.raises(BadInput, match=r"expected a folder with one CLASS\.npy each"):
        imported("pix2pixhd", path, out, style_codes=path / "pickled.npy", **given)


def nested(network, without=("num_batches_tracked",)):
    """The layout generator's state as its checkpoint has it: a state dict an entry."""
    entries = {"conv_encoder_2": {}}
    for name, value in network.state_dict().items():
        entry, _, rest = name.partition(".")
        if not name.endswith(without):
            entries.setdefault(entry, {})[rest] = value
    return {"network": entries, "optimizer": {"state": {}, "param_groups": []}}


@pytest.mark.parametrize("names", ["folders", "files"])
def test_hims_two_generators_become_one_and_the_nested_file_is_flattened(tmp_path, names):
    torch.manual_seed(0)
    network = SYSTEMS.get("him").build(him_config("labels", classes=3, **HIM))
    for part, content in (
        ("mask2image", network.image.state_dict()),
        ("box2mask", nested(network.layout)),
    ):
        place = tmp_path / f"{part}.pth"
        if names == "folders":
            place = tmp_path / part / "latest_net_G.pth"
            place.parent.mkdir()
        torch.save(content, place)
    card, state = imported(
        "him", tmp_path, tmp_path / "o.safetensors", variant="labels", options=HIM
    )
    assert equal(state, network.state_dict())
    assert card.source.startswith("mask2image")
    assert card.config["classes"] == 3


def test_him_names_the_layout_generator_that_is_missing(tmp_path):
    torch.save(
        LayoutGenerator(him_config("labels", classes=3, **HIM)).state_dict(), tmp_path / "x.pth"
    )
    with pytest.raises(BadInput, match=r"missing the layout generator .*models show him"):
        imported("him", tmp_path / "x.pth", tmp_path / "o.safetensors")


def test_a_layout_file_without_entries_is_refused(tmp_path):
    network = SYSTEMS.get("him").build(him_config("labels", classes=3, **HIM))
    torch.save(network.image.state_dict(), tmp_path / "mask2image.pth")
    torch.save(network.layout.state_dict(), tmp_path / "box2mask.pth")
    with pytest.raises(BadInput, match="has no state dicts by entry under 'network'"):
        imported("him", tmp_path, tmp_path / "o.safetensors", variant="labels", options=HIM)


SIEDOB = dict.fromkeys(("background", "inpainting", "style", "style_encoder", "fusion"), 2)
SIEDOB |= {"propagation": 4, "hidden": 4, "style_length": 4, "object_size": 32}
FILES = {
    "bg.pth": ("netG_BG", "background", ""),
    "object_inpainting.pth": ("netG", "object_inpainting", "fg_inpainting."),
    "object_style.pth": ("netG", "object_style", "fg_style."),
    "Fnet.pth": ("netG_F", "fusion", ""),
}


@pytest.fixture
def siedob_folder(tmp_path):
    """SIEDOB's four published files, and its network without spectral norm."""
    torch.manual_seed(0)
    system = SYSTEMS.get("siedob")
    network = system.build(system.configure(None, **SIEDOB), training=True)
    for file, (key, part, before) in FILES.items():
        state = network.get_submodule(part).state_dict()
        named = {before + name: value for name, value in state.items()}
        torch.save({key: named, "epoch": 3, "optimizer_G": {"lr": 0.1}}, tmp_path / file)
    return tmp_path, fold_spectral(network.state_dict())


@pytest.mark.parametrize("given", ["", "bg.pth"])
def test_the_four_files_of_siedob_become_one(siedob_folder, given):
    folder, wanted = siedob_folder
    card, state = imported("siedob", folder / given, folder / "o.safetensors", options=SIEDOB)
    assert equal(state, wanted)
    assert card.source == " + ".join(FILES)
    assert card.label_space == "cityscapes-labelids"
    assert [one["name"] for one in card.config["objects"]] == ["car", "person"]


def test_missing_files_of_siedob_are_named(siedob_folder):
    folder, _ = siedob_folder
    for name in ("Fnet.pth", "object_style.pth"):
        (folder / name).unlink()
    lacking = r"missing the object generator \(object_style\.pth\) and the fusion \(Fnet\.pth\)"
    with pytest.raises(BadInput, match=lacking):
        imported("siedob", folder, folder / "o.safetensors", options=SIEDOB)


def test_objects_of_siedobs_bank_come_from_a_folder_for_each_class(siedob_folder, tmp_path):
    folder, _ = siedob_folder
    bank = tmp_path / "bank"
    for name, grey in (("car", 40), ("person", 200)):
        (bank / name / "images").mkdir(parents=True)
        (bank / name / "inst_mask").mkdir()
        Image.new("RGB", (16, 32), (grey, 0, 255)).save(bank / name / "images" / "one.png")
        mask = Image.new("L", (16, 32), 0)
        mask.paste(255, (0, 0, 16, 16))
        mask.save(bank / name / "inst_mask" / "one.png")
    out = folder / "o.safetensors"
    imported("siedob", folder, out, options=SIEDOB, style_codes=bank)
    extras = load_network("siedob", out).extras
    assert extras["style_labels"].tolist() == [26, 24]
    assert extras["style_images"].shape == (2, 3, 32, 32)
    assert extras["style_images"][:, :, 0, 0].tolist() == [[40, 0, 255], [200, 0, 255]]
    assert extras["style_instances"][0, :16].all()
    assert not extras["style_instances"][0, 16:].any()
    (bank / "person" / "inst_mask" / "one.png").unlink()
    with pytest.raises(BadInput, match=r"inst_mask/one\.png: there is no such image"):
        imported("siedob", folder, out, options=SIEDOB, style_codes=bank)
    (bank / "person").rename(bank / "pedestrian")
    with pytest.raises(BadInput, match="no objects of class 'person'; put images into person/"):
        imported("siedob", folder, out, options=SIEDOB, style_codes=bank)


def test_a_prepared_cityscapes_gives_siedob_its_objects(siedob_folder, tmp_path):
    folder, _ = siedob_folder
    parts = tmp_path / "city" / "train"
    for part in ("images", "labels", "instances"):
        (parts / part).mkdir(parents=True)
    for stem, first in (("a", 40), ("b", 120)):
        labels, ids = np.full((64, 64), 7, np.uint8), np.full((64, 64), 7, np.uint16)
        labels[5:30, 5:35], ids[5:30, 5:35] = 26, 26001
        labels[40:60, 40:50], ids[40:60, 40:50] = 24, 24001
        image = np.zeros((64, 64, 3), np.uint8)
        image[5:30, 5:35], image[40:60, 40:50] = first, 250
        Image.fromarray(image).save(parts / "images" / f"{stem}.png")
        Image.fromarray(labels).save(parts / "labels" / f"{stem}.png")
        Image.fromarray(ids).save(parts / "instances" / f"{stem}.png")
    out = folder / "o.safetensors"
    imported("siedob", folder, out, options=SIEDOB, style_codes=tmp_path / "city")
    extras = load_network("siedob", out).extras
    assert sorted(extras["style_labels"].tolist()) == [24, 24, 26, 26]
    cars = extras["style_images"][extras["style_labels"] == 26]
    assert sorted(cars[:, 0, 16, 16].tolist()) == [40, 120]
    dogs = {**SIEDOB, "objects": [{"name": "dog", "label": 26}]}
    with pytest.raises(BadInput, match="the weights' objects are not those of Cityscapes"):
        imported("siedob", folder, out, options=dogs, style_codes=tmp_path / "city")
