"""Configurations: the shipped ones hold the papers' values, and errors name the field."""

import re
from importlib import resources
from pathlib import Path

import pytest

from baselines.training.config import changed_config, config_names, read_config
from baselines.training.zoo.models import MODELS, model_config
from bench.core.errors import BadInput
from bench.datasets import describe, open_dataset
from bench.plugins.kinds import SYSTEMS
from tests.baselines.training.tiny import tiny


@pytest.mark.parametrize("name", config_names())
def test_every_shipped_configuration_names_a_known_system_variant_and_dataset(name):
    config = read_config(name)
    system = SYSTEMS.get(config.system)
    assert name in system.trainer.presets
    assert config.variant in system.variants
    assert describe(config.data.dataset).name == config.data.dataset


def test_every_system_has_a_published_configuration():
    assert set(SYSTEMS.names()) <= set(config_names())


def test_spmpgans_published_values_are_the_protocol_pages():
    config = read_config("spmpgan")
    assert (config.weights.gan, config.weights.l1, config.weights.perceptual) == (1, 1, 10)
    assert config.weights.matching == 0
    assert config.optimisation.betas == (0.5, 0.999)
    assert config.optimisation.discriminator == 4 * config.optimisation.generator
    kinds = [mask.protocol for mask in config.data.masks]
    assert kinds == ["freeform@1", "outpainting@1", "extension@1", "class@1", "box@1"]
    assert config.data.mixture == "index"


def test_the_spade_familys_rates_fall_linearly_in_the_second_half():
    plan = read_config("spade").optimisation
    assert plan.factor(0, 200) == 1
    assert plan.factor(99, 200) == 1
    assert plan.factor(150, 200) == pytest.approx(0.5)
    assert plan.factor(199, 200) == pytest.approx(0.01)


def test_epochs_become_steps_by_scenes_batch_and_devices():
    config = read_config("sesame")
    assert config.length(2975, devices=1) == round(200 * 2975 / 4)
    assert config.length(2975, devices=2) == round(200 * 2975 / 8)


@pytest.mark.parametrize(
    ("phases", "sentence"), [("[0.5, 0.4]", "add up to 1"), ("[1.5, -0.5]", "phases.1: Input")]
)
def test_phases_that_are_no_shares_are_refused(phases, sentence, tmp_path):
    text = (resources.files("baselines.training") / "configs" / "segmenter.yaml").read_text()
    (tmp_path / "mine.yaml").write_text(text.replace("[0.6, 0.4]", phases))
    with pytest.raises(BadInput, match=sentence):
        read_config(tmp_path / "mine.yaml")


def test_phases_share_the_steps_out():
    three = tiny("ssae", phases=(0.5, 0.25, 0.25))
    assert [three.phase(step, 8) for step in (0, 3, 4, 6, 7)] == [
        (0, range(4)),
        (0, range(4)),
        (1, range(4, 6)),
        (2, range(6, 8)),
        (2, range(6, 8)),
    ]
    assert tiny("ssae", phases=(0, 0.8, 0.2)).phase(0, 10) == (1, range(8))


def test_examples_are_counted_by_the_batches_of_the_phases_and_by_devices():
    assert tiny("spmpgan", batch=16).examples(500, 4000) == 8000
    phased = tiny("ssae", phases=(0.5, 0.25, 0.25), batches=(16, 8, 2))
    assert [phased.examples(done, 8) for done in (0, 3, 5, 8)] == [0, 48, 72, 84]
    assert phased.examples(8, 8, devices=2) == 168


ABLATIONS = [name for name, model in MODELS.items() if model.config.startswith("small-")]


@pytest.mark.parametrize("name", [name for name in MODELS if name != "segmenter"])
def test_a_zoo_model_has_two_and_a_half_million_parameters_at_most_an_ablation_a_third(name):
    config = model_config(name)
    system = SYSTEMS.get(config.system)
    fields = dict(config.network)
    if config.system not in ("ssae", "semanticstylegan"):
        classes = len(open_dataset(config.data.dataset, None).space)
        fields = {"classes": classes, **fields}
    network = system.skeleton(system.configure(config.variant, **fields))
    most = 800_000 if name in ABLATIONS else 2_500_000
    assert sum(parameter.numel() for parameter in network.parameters()) <= most


def test_the_enlarged_spade_has_more_parameters_than_the_full_model_and_s_has_fewer():
    def count(name):
        config = model_config(name)
        system = SYSTEMS.get("spmpgan")
        form = system.configure(config.variant, **{"classes": 14, **config.network})
        return sum(parameter.numel() for parameter in system.skeleton(form).parameters())

    full = count("spmpgan-full-procedural")
    assert full < count("spmpgan-large-spade-procedural") < 1.05 * full
    assert count("spmpgan-s-procedural") < full / 2


@pytest.mark.parametrize("system", ["spmpgan", "divsem", "sesame", "sean"])
def test_ablations_share_everything_but_what_their_name_says(system):
    names = [name for name in ABLATIONS if model_config(name).system == system]
    full = model_config(names[0]).model_dump()
    assert len(names) > 1
    assert full["ema"] > 0
    for name in names[1:]:
        other = model_config(name).model_dump()
        assert {key for key in full if full[key] != other[key]} <= {"variant", "network"}


def test_the_paths_of_a_configuration_count_from_its_file(tmp_path, monkeypatch):
    (tmp_path / "mine" / "data").mkdir(parents=True)
    (tmp_path / "mine" / "first.safetensors").touch()
    text = (
        "{system: siedob, variant: full, steps: 4, batch: 1, phases: [0.5, 0.5],"
        " optimisation: {generator: 1, discriminator: 1, betas: [0, 0.9]},"
        " data: {dataset: folder, path: data,"
        "  masks: [{protocol: predefined@1, parameters: {folder: data}}]}, start: START,"
        " phase_data: [null, {dataset: folder, path: ~/scenes}]}"
    )
    file = tmp_path / "mine" / "mine.yaml"
    file.write_text(text.replace("START", "first.safetensors"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    config = read_config("mine/mine.yaml")
    assert config.data.path == Path("mine/data")
    assert config.data.masks[0].parameters == {"folder": "mine/data"}
    assert config.start == Path("mine/first.safetensors")
    assert config.phase_data[1].path == tmp_path / "scenes"
    assert changed_config(config, {"batch": 2}, "here").data.path == Path("mine/data")
    # A name of weights stays one, to be looked for in the weights' folders.
    file.write_text(text.replace("START", "zoo.safetensors"))
    assert read_config("mine/mine.yaml").start == Path("zoo.safetensors")


def test_a_wrong_field_is_named(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("system: spade\nvariant: labels\nbatch: 0\n")
    with pytest.raises(BadInput, match=r"mine\.yaml: .*data|optimisation|batch"):
        read_config(path)


def test_a_number_that_yaml_reads_as_text_is_told_how_to_be_written(tmp_path):
    path = tmp_path / "mine.yaml"
    shipped = resources.files("baselines.training") / "configs" / "small-spade.yaml"
    path.write_text(shipped.read_text(encoding="utf-8") + "seed: 1e3\n")
    with pytest.raises(BadInput, match=r"seed: .* integer; '1e3' is read as text: write 1000$"):
        read_config(path)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(BadInput, match="did you mean 'small-spade'"):
        read_config("smal-spade")


def test_steps_may_grow_later_only_where_no_schedule_depends_on_them():
    plain, longer = tiny("spmpgan"), tiny("spmpgan", steps=9)
    assert plain.identity() == longer.identity()
    falling = {"generator": 1e-3, "discriminator": 1e-3, "betas": (0, 0.9), "constant": 0.5}
    plain, longer = (tiny("spade", steps=n, optimisation=falling) for n in (4, 9))
    assert plain.identity() != longer.identity()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"optimisation.betas": (0.5, 1.0)}, "optimisation.betas.1: .* less than 1"),
        ({"data.load": (0, 64)}, "data.load.0: .* greater than 0"),
        ({"data.crop": (64, -1)}, "data.crop.1: .* greater than 0"),
    ],
)
def test_what_no_optimiser_and_no_image_takes_is_refused_with_its_field(change, sentence):
    with pytest.raises(BadInput, match=sentence):
        changed_config(read_config("small-spade"), change, "mine.yaml")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("bach: 2", "bach: is no field; write 'batch'"),
        ("batch: 2\nepochs: 3", "the file: give exactly one of epochs and steps"),
    ],
)
def test_a_misspelt_field_and_a_contradiction_are_named_as_they_are(tmp_path, line, fault):
    text = (resources.files("baselines.training") / "configs" / "segmenter.yaml").read_text()
    file = tmp_path / "mine.yaml"
    file.write_text(re.sub(r"(?m)^batch: .*$", line, text))
    with pytest.raises(BadInput) as refused:
        read_config(file)
    assert str(refused.value) == f"{file}: {fault}"
