"""Official files of several networks become one weights file, or a sentence says which is missing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from baselines.checkpoints import load_network
from baselines.him import LayoutGenerator, him_config
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
    with pytest.raises(BadInput, match=r"missing the feature encoder \(latest_net_E\.pth\).*label"):
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
    with pytest.raises(BadInput, match=r"missing the layout generator .*cityscapes image"):
        imported("him", tmp_path / "x.pth", tmp_path / "o.safetensors")


def test_a_layout_file_without_entries_is_refused(tmp_path):
    network = SYSTEMS.get("him").build(him_config("labels", classes=3, **HIM))
    torch.save(network.image.state_dict(), tmp_path / "mask2image.pth")
    torch.save(network.layout.state_dict(), tmp_path / "box2mask.pth")
    with pytest.raises(BadInput, match="has no state dicts by entry under 'network'"):
        imported("him", tmp_path, tmp_path / "o.safetensors", variant="labels", options=HIM)
