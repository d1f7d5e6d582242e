"""Pix2PixHD carries out edits with and without features, or says in a sentence why not."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from baselines.adapters.pix2pixhd import Pix2PixHDEditor
from baselines.layers.label_map import label_maps_as
from baselines.pix2pixhd import FeatureEncoder, pix2pixhd_config, pix2pixhd_labels
from bench.core.errors import BadInput, EditFailed
from bench.plugins.editors import Editor, Movable, TaskFacts
from tests.baselines.adapters.edits import SPACE, make_batch
from tests.speed.operator_calls import OperatorCalls

SMALL = {"ngf": 2, "nef": 2, "downsamplings": 2, "blocks": 1, "encoder_downsamplings": 2}
CLUSTERS = {
    "feature_clusters": torch.tensor([[0.5, 0.0, 0.0], [-0.5, 0.0, 0.0], [0.0, 0.9, 0.0]]),
    "feature_clusters_classes": torch.tensor([0, 0, 2]),
}


@pytest.fixture
def editor(weights):
    def make(variant="features", extras=CLUSTERS, **options):
        return Pix2PixHDEditor(
            weights("pix2pixhd", variant=variant, extras=extras, **SMALL), **options
        )

    return make


@pytest.mark.parametrize("variant", ["label", "features", "features local"])
def test_images_are_in_range_repeatable_and_the_same_in_any_batch(editor, variant):
    made, batch = editor(variant), make_batch()
    assert isinstance(made, Editor)
    assert isinstance(made, Movable)
    raw = made.edit(batch)
    assert raw.shape == batch.masked.shape
    assert raw.abs().max() <= 1
    assert torch.equal(made.edit(batch), raw)
    turned = made.edit(batch.take([1, 0]))
    torch.testing.assert_close(turned[[1, 0]], raw, atol=1e-4, rtol=1e-4)


def test_without_features_the_image_follows_from_labels_and_borders_alone(editor):
    made, batch = editor("label"), make_batch()
    other = dataclasses.replace(batch, masked=-batch.masked)
    assert torch.equal(made.edit(other), made.edit(batch))
    split = torch.zeros_like(batch.labels)
    split[:, :, ::3] = 1
    cut = dataclasses.replace(batch, instances=split)
    assert not torch.equal(made.edit(cut), made.edit(batch))


def test_the_edge_channel_comes_after_the_classes_and_void_has_no_class():
    config = pix2pixhd_config("label", classes=4)
    labels = torch.tensor([[[-1, 2]]])
    planes = pix2pixhd_labels(config, labels, torch.tensor([[[True, False]]])).dense()
    assert planes[0, :, 0, 0].tolist() == [0, 0, 0, 0, 1]
    assert planes[0, :, 0, 1].tolist() == [0, 0, 1, 0, 0]


def test_hidden_instances_take_their_labels_features_and_hidden_labels_none():
    encoder = FeatureEncoder(pix2pixhd_config("features", classes=4, **SMALL)).eval()
    labels = torch.zeros(1, 8, 8, dtype=torch.long)
    labels[:, :, 4:] = 1
    labels[:, 6:] = 2
    instances = labels * 10
    instances[:, :3] += 1  # instances 1 and 11 above, 0 and 10 in the middle, 20 below
    known = torch.ones(1, 8, 8, dtype=torch.bool)
    known[:, 3:] = False
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * known[:, None]
    with torch.no_grad():
        raw = encoder.raw(image)
        found = encoder.visible(image, known, instances, labels)
    left, right = raw[0, :, :3, :4].mean((1, 2)), raw[0, :, :3, 4:].mean((1, 2))
    torch.testing.assert_close(found[0, :, 0, 0], left)
    torch.testing.assert_close(found[0, :, 4, 1], left)  # nothing of instance 0 is known
    torch.testing.assert_close(found[0, :, 4, 7], right)
    assert (found[0, :, 7] == 0).all()


def test_an_accelerator_adds_visible_features_in_the_same_order_each_time():
    encoder = FeatureEncoder(pix2pixhd_config("features", classes=4, **SMALL)).eval()
    draw = torch.Generator().manual_seed(0)
    image = torch.rand(1, 3, 16, 16, generator=draw)
    labels = torch.randint(4, (1, 16, 16), generator=draw)
    given = image, labels > 0, labels, labels
    with torch.no_grad():
        expected = encoder.visible(*given)
        with label_maps_as("lookups"), OperatorCalls() as calls:
            found = encoder.visible(*given)
    torch.testing.assert_close(found, expected)
    assert not [name for name in calls.operators if name.startswith(("index_add", "scatter_add"))]


def test_visible_features_do_not_read_what_is_hidden(editor):
    made, batch = editor(), make_batch()
    assert made.needs == frozenset()
    known = dataclasses.replace(batch, original=torch.randn_like(batch.masked))
    assert torch.equal(made.edit(known), made.edit(batch))
    other = dataclasses.replace(batch, masked=-batch.masked)
    assert not torch.equal(made.edit(other), made.edit(batch))


def test_the_published_form_peeks_and_says_so(editor):
    made, batch = editor(features="original"), make_batch()
    assert made.needs == {"original"}
    shown = dataclasses.replace(batch, original=batch.masked + 0.4 * batch.mask)
    assert not torch.equal(made.edit(shown), editor().edit(batch))


def test_clusters_are_drawn_for_each_instance_by_key_and_the_encoder_costs_nothing(editor):
    made, batch = editor(features="clusters"), make_batch()
    assert made.network.E is None
    instances = torch.arange(64).repeat(2, 64, 1)
    batch = dataclasses.replace(
        batch, labels=torch.where(instances < 40, 0, 1), instances=instances
    )
    drawn = made._features(batch)
    assert set(drawn[:, 0, 0, :40].flatten().tolist()) == {0.5, -0.5}
    assert (drawn[..., 40:] == 0).all()  # label 1 has no clusters
    assert torch.equal(made._features(batch.take([1]))[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[1])


def test_features_that_the_weights_cannot_give_are_refused(editor):
    with pytest.raises(BadInput, match="'label' has no feature encoder"):
        editor("label", features="original")
    with pytest.raises(BadInput, match="holds no clusters of features"):
        editor(extras=None, features="clusters")
    with pytest.raises(BadInput, match="unknown value of 'features' of editor 'pix2pixhd'"):
        editor(features="origin")


def test_sizes_and_labels_that_it_cannot_take_are_refused_before_anything_is_edited(editor):
    made = editor("features local")
    with pytest.raises(BadInput, match=r"size: 60x64 pixels.*multiples of 8"):
        made.check(TaskFacts(SPACE, (64, 60), whole=False))
    with pytest.raises(BadInput, match=r"size: 64x8 pixels.*sides of at least 16"):
        made.check(TaskFacts(SPACE, (8, 64), whole=False))
    batch = make_batch()
    batch.labels[0, 0, 0] = 7
    with pytest.raises(EditFailed, match=r"class 7 .* beyond the network's 4 classes"):
        made.edit(batch)
