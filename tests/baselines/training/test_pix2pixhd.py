"""Pix2PixHD's training: the local enhancer's two parts, and clusters of features."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from baselines.pix2pixhd import FeatureEncoder, pix2pixhd_config
from baselines.training.data import Example, Examples
from baselines.training.loop import CHECKPOINT, train
from baselines.training.style_codes import CLUSTERS, feature_clusters
from baselines.training.trainer import make_recipe
from bench.core.errors import BadInput
from bench.scene import LabelSpace
from tests.baselines.training.tiny import NETWORKS, tiny

LOCAL = {"ngf": 1, "ndf": 2, "downsamplings": 2, "blocks": 1, "local_blocks": 1}
GLOBAL = {"ngf": 2, "ndf": 2, "downsamplings": 2, "blocks": 1}


def sources():
    config = tiny("pix2pixhd")
    return [Examples(config.data, config.seed)]


def test_an_enhancer_starts_from_a_global_generator_and_is_at_first_trained_alone(tmp_path):
    start = train(
        tiny("pix2pixhd", variant="label", network=GLOBAL, steps=1), tmp_path / "global"
    ).saved.path
    config = tiny(
        "pix2pixhd",
        variant="label local",
        network=LOCAL,
        start=start,
        phases=(0.5, 0.5),
        steps=2,
        checkpoint=1,
    )
    before = make_recipe(config, sources()).network.state_dict()
    stored = load_file(start)
    assert torch.equal(before["G.model.4.weight"], stored["G.model.4.weight"])
    moved = []

    def watch(done, total, losses):
        del total, losses
        state = load_file(tmp_path / "local" / CHECKPOINT)
        now = {n.removeprefix("G/network/network."): v for n, v in state.items()}
        moved.append(not torch.equal(now["G.model.4.weight"], before["G.model.4.weight"]))
        assert not torch.equal(now["G.model1_1.1.weight"], stored["G.model.1.weight"][:1])
        assert done == len(moved)

    train(config, tmp_path / "local", watch=watch)
    assert moved == [False, True]


def test_weights_that_do_not_fit_are_refused_as_a_start(tmp_path):
    start = train(
        tiny("pix2pixhd", variant="label", network=GLOBAL, steps=1), tmp_path / "global"
    ).saved.path
    with pytest.raises(BadInput, match="holds nothing that fits this network's 'E'"):
        make_recipe(tiny("pix2pixhd", start=start), sources())


def test_only_a_local_enhancers_training_has_two_parts():
    with pytest.raises(BadInput, match="phases: has 2 shares, but only a local enhancer's"):
        make_recipe(tiny("pix2pixhd", phases=(0.5, 0.5)), sources())


class Halves:
    """Images of two labels: the left half is one instance each time, the right half many slivers."""

    space = LabelSpace("made", ("wall", "floor"), ((0, 0, 0), (255, 0, 0)))

    def __len__(self):
        return 14

    def example(self, number):
        draw = np.random.default_rng(number)
        labels = np.zeros((16, 16), np.int32)
        labels[:, 8:] = 1
        instances = np.zeros((16, 16), np.int32)
        instances[:, 8:] = np.arange(1, 129).reshape(16, 8)
        image = draw.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        mask = np.zeros((16, 16), bool)
        return Example(str(number), ("made", number), image, mask, labels, instances)


def test_clusters_are_centres_of_instances_that_are_large_enough():
    torch.manual_seed(0)
    fields = {**NETWORKS["pix2pixhd"][1], "classes": 2}
    encoder = FeatureEncoder(pix2pixhd_config("features", **fields)).eval()
    found = feature_clusters(encoder, Halves(), torch.device("cpu"))
    # The right half's instances are a pixel each, below 1/64 of the image.
    assert set(found["feature_clusters_classes"].tolist()) == {0}
    assert 1 < len(found["feature_clusters"]) <= CLUSTERS
    few = feature_clusters(encoder, Halves(), torch.device("cpu"), scenes=2)
    means = []
    for number in (0, 1):
        image = torch.from_numpy(Halves().example(number).image).permute(2, 0, 1)[None] / 127.5 - 1
        with torch.no_grad():
            means.append(encoder.raw(image)[0, :, :, :8].mean((1, 2)))
    expected = torch.stack(means)
    nearest = torch.cdist(expected, few["feature_clusters"]).min(1).values
    assert len(few["feature_clusters"]) == 2
    assert nearest.max() < 1e-6
