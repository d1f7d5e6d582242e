"""Trainers: a recipe each, found by the system's name; Lightning Fabric is asked for at the start."""

import importlib
import sys

import pytest
import torch

from baselines.progressive import ProgressiveNetwork
from baselines.training.config import Weights, config_names, read_config
from baselines.training.data import Examples, collate
from baselines.training.loop import train
from baselines.training.progressive import ProgressiveRecipe
from baselines.training.recipe import TrainingRecipe
from baselines.training.synthesis import SynthesisRecipe
from baselines.training.trainer import RecipeTrainer, make_recipe
from bench.core.errors import BadInput, Unavailable
from bench.networks.segmenters.unet import SegmenterConfig, SegmenterNet
from bench.plugins.editors import create_editor
from bench.plugins.kinds import SYSTEMS
from tests.baselines.training.tiny import SYSTEMS as NAMES
from tests.baselines.training.tiny import tiny


@pytest.mark.parametrize(
    ("system", "kind"),
    [("spmpgan", ProgressiveRecipe), ("divsem", ProgressiveRecipe), ("spade", SynthesisRecipe)],
)
def test_a_system_is_trained_by_its_recipe(system, kind):
    config = tiny(system)
    recipe = make_recipe(config, [Examples(config.data, config.seed)])
    assert type(recipe) is kind
    assert {"G", "D"} <= set(recipe.players)


@pytest.mark.parametrize(("system", "spare"), [("spmpgan", 0), ("spmpgan", 1), ("divsem", 1)])
def test_labels_are_counted_as_the_editor_of_the_trained_network_does(
    system, spare, tmp_path, monkeypatch
):
    """Of SPMPGAN's 151 channels for ADE20K's 150 classes the first one is unlabelled."""
    config = tiny(system, steps=1)
    source = Examples(config.data, config.seed)
    network = {**config.network, "classes": len(source.space) + spare}
    config = config.model_copy(update={"network": network})
    file = train(config, tmp_path).saved.path
    seen = []
    forward = ProgressiveNetwork.forward

    def noted(self, image, condition, *others):
        seen.append(condition.labels)
        return forward(self, image, condition, *others)

    monkeypatch.setattr(ProgressiveNetwork, "forward", noted)
    from lightning_fabric import Fabric

    batch = collate([source.example(0)], source.space, torch.device("cpu"))
    recipe = make_recipe(config, [source])
    recipe.setup(Fabric(accelerator="cpu", devices=1), 1)
    recipe.step(batch, 0)
    create_editor(system, {"weights": str(file)}).edit(batch)
    assert len(seen) == 2
    assert torch.equal(*seen)


def test_a_system_that_no_recipe_trains_is_refused():
    class Foreign:
        name, variants, trainer = "foreign", {"full": {}}, len

    config = tiny("spade").model_copy(update={"system": "foreign"})
    with (
        SYSTEMS.offering({"foreign": Foreign()}),
        pytest.raises(BadInput, match="'foreign' is not"),
    ):
        make_recipe(config, [])


def test_a_preset_is_read_and_a_wrong_name_gets_the_nearest():
    trainer = RecipeTrainer("baselines.training.synthesis:SynthesisRecipe", ("spade",))
    trainer.check("spade")
    with pytest.raises(BadInput, match="did you mean 'spade'"):
        trainer.check("spad")


def test_without_lightning_fabric_the_sentence_names_the_library(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lightning_fabric", None)
    sentence = "training needs lightning-fabric: run `pip install lightning-fabric`"
    with pytest.raises(Unavailable, match=sentence):
        train(tiny("spade"), tmp_path)


def test_gradients_pass_through_a_frozen_player_and_do_not_reach_it(tmp_path):
    """The public `no_backward_sync` and `requires_grad_` are all that freezing asks of Fabric."""
    from lightning_fabric import Fabric

    class Line(TrainingRecipe):
        def step(self, batch, step):
            raise NotImplementedError

        images = save = step

    recipe = Line(tiny("spade"), ())
    for name in ("G", "D"):
        recipe.add_player(name, torch.nn.Linear(1, 1), 0.1)
    recipe.setup(Fabric(accelerator="cpu", devices=1), 1)
    generator, judge = (recipe.players[name].module for name in ("G", "D"))
    with recipe.frozen("D"):
        judge(generator(torch.ones(1, 1))).sum().backward()
    grads = {name: [p.grad for p in recipe.players[name].plain.parameters()] for name in "GD"}
    assert all(grad is not None for grad in grads["G"])
    assert all(grad is None for grad in grads["D"])
    assert all(p.requires_grad for p in recipe.players["D"].plain.parameters())


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        ("tpu", "device 'tpu' is not a device"),
        ("cpu:two", "'two' is no list of numbers"),
        ("cuda:99", "device 'cuda:99' is not here"),
    ],
)
def test_a_device_that_is_none_or_not_here_is_named(tmp_path, device, sentence):
    with pytest.raises(BadInput, match=sentence):
        train(tiny("spade"), tmp_path, device=device)


@pytest.mark.parametrize("system", NAMES)
def test_a_training_reads_the_weights_of_losses_that_it_says_and_no_others(
    system, tmp_path, monkeypatch
):
    look = SegmenterNet(SegmenterConfig(domains={"rooms": ("wall",)}, widths=(4, 6)))
    monkeypatch.setattr("baselines.training.perceptual.load_segmenter", lambda: look.eval())
    seen = set()

    class Noted(Weights):
        def __getattribute__(self, name):
            seen.add(name)
            return super().__getattribute__(name)

    reads = _recipe(system).reads & _LOSSES
    on = dict.fromkeys(reads, 0.1)
    config = tiny(system, steps=16 if system == "siedob" else 8)
    weights = Noted(**on, lazy=1, path_lazy=1, through="segmenter")
    train(config.model_copy(update={"weights": weights}), tmp_path, log=False)
    assert seen & _LOSSES == reads


@pytest.mark.parametrize("name", config_names())
def test_shipped_configurations_ask_for_what_their_trainings_read(name):
    config = read_config(name)
    reads = _recipe(config.system).reads
    assert {name for name in _LOSSES if getattr(config.weights, name)} <= reads
    for field in ("start", "balance"):
        assert getattr(config, field) is None or field in reads


@pytest.mark.parametrize(
    ("system", "fields", "sentence"),
    [
        ("spmpgan", {"weights": {"gan": 1, "matching": 10}}, "weights.matching: .* 'spmpgan'"),
        ("pix2pixhd", {"weights": {"gan": 1, "style": 40}}, "weights.style: .* colour, perceptual"),
        ("semanticstylegan", {"start": "mine.safetensors"}, "start: the training of"),
        ("spade", {"balance": (0.3, 0.7)}, "balance: the training of"),
    ],
)
def test_what_a_training_would_pass_over_is_refused(system, fields, sentence):
    config = tiny(system, **fields)
    with pytest.raises(BadInput, match=sentence):
        make_recipe(config, [Examples(config.data, config.seed)])


@pytest.mark.parametrize(
    "system", ["spmpgan", "divsem", "spade", "sesame", "sean", "pix2pixhd", "him", "siedob"]
)
def test_scenes_of_more_classes_than_the_network_has_channels_are_refused(system):
    config = tiny(system)
    source = Examples(config.data, config.seed)
    few = len(source.space) - 1
    config = config.model_copy(update={"network": {**config.network, "classes": few}})
    sentence = f"network.classes: the network has {few}, but {source.dataset.name} has {few + 1}; "
    with pytest.raises(BadInput, match=sentence):
        make_recipe(config, [source])


_LOSSES = Weights.model_fields.keys() - {"lazy", "path_lazy", "through"}


def _recipe(system):
    module, _, name = SYSTEMS.get(system).trainer.recipe.partition(":")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize(
    ("system", "size", "sentence"),
    [
        ("spmpgan", (32, 32), "images are 32x32 pixels, but the network makes 16x16"),
        ("divsem", (32, 48), "images are 48x32 pixels, but the network makes 32x32"),
        ("sae", (36, 32), "images are 32x36 pixels, but the network makes 32x32"),
        ("spade", (48, 32), "multiples of 32"),
        ("sean", (48, 32), "multiples of 32"),
        ("sesame", (18, 16), "images are 16x18 pixels, .* multiples of 4; set data.load"),
        ("pix2pixhd", (34, 32), "multiples of 4"),
        ("him", (34, 32), "multiples of 4"),
        ("siedob", (40, 32), "multiples of 16"),
    ],
)
def test_images_that_the_trained_networks_editor_would_not_see_are_refused(
    system, size, sentence, tmp_path
):
    config = tiny(system)
    data = config.data.model_copy(update={"load": size})
    with pytest.raises(BadInput, match=sentence):
        train(config.model_copy(update={"data": data}), tmp_path, log=False)
