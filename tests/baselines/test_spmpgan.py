import pytest
import torch
from pydantic import ValidationError

from baselines.layers.condition import Condition
from baselines.layers.spectral import fold_spectral
from baselines.spmpgan import (
    SPMPGAN,
    VARIANTS,
    SPMPGANConfig,
    spmpgan_config,
    spmpgan_discriminators,
)
from tests.golden.sine import neighbour_edges, pattern, sine_state
from tests.golden.vectors import table, vectors

SMALL = SPMPGANConfig(classes=5, size=32, ngf=4, ndf=4, hidden=8)


def shapes(module):
    return {name: list(value.shape) for name, value in module.state_dict().items()}


def parameters(config):
    with torch.device("meta"):
        return sum(p.numel() for p in SPMPGAN(config).parameters())


def edit(config, seed=0, original=True):
    torch.manual_seed(seed)
    network = SPMPGAN(config).eval()
    size = config.size
    image = torch.rand(2, 3, size, size) * 2 - 1
    mask = torch.zeros(2, size, size, dtype=torch.bool)
    mask[:, size // 4 : size // 2 + 1, 3 : size // 2] = True
    labels = torch.randint(0, config.classes, (2, size // 8, size // 8))
    labels = labels.repeat_interleave(8, 1).repeat_interleave(8, 2)
    condition = Condition(labels, neighbour_edges(labels), mask, config.classes)
    with torch.no_grad():
        masked = image * ~mask[:, None]
        return network(masked, condition, image if original else None), image, mask


@pytest.mark.parametrize("classes", [34, 151])
def test_parameter_names_and_shapes_are_the_published_ones(classes):
    with torch.device("meta"):
        network = SPMPGAN(SPMPGANConfig(classes=classes), spectral_norm=True)
    assert shapes(network) == table(f"spmpgan_names_ngf32_lab{classes}")


@pytest.mark.parametrize("classes", [34, 151])
def test_discriminators_have_the_published_names_and_shapes(classes):
    with torch.device("meta"):
        networks = spmpgan_discriminators(SPMPGANConfig(classes=classes))
    published = table("spmpgan_discriminators_names")[str(classes)]
    assert {name: shapes(network) for name, network in networks.items()} == published


@pytest.mark.slow
@pytest.mark.parametrize("differentiable", [True, False])
def test_the_small_golden_vectors_come_out(differentiable):
    golden = vectors("spmpgan_small")
    if differentiable:  # the dense form takes its time
        golden = golden.only(0)
    network = SPMPGAN(SPMPGANConfig(classes=7, ngf=8), spectral_norm=True)
    golden.fill(network)
    network.double().eval()
    image, condition = golden.image, golden.condition
    with torch.set_grad_enabled(differentiable):
        stages = network(image * ~condition.mask[:, None], condition, image)
    found = [golden.deviation(f"stage{i}", stage.raw) for i, stage in enumerate(stages, start=1)]
    assert max(found) < 1e-6
    assert golden.deviation("composite", stages[-1].composite) < 1e-6


@pytest.mark.slow
def test_the_full_size_golden_samples_come_out_of_folded_weights():
    golden, recipe = table("golden_spmpgan_lab34"), pattern()
    config = SPMPGANConfig(classes=34)
    with torch.device("meta"):
        training = SPMPGAN(config, spectral_norm=True)
        network = SPMPGAN(config).double().eval()
    network.load_state_dict(fold_spectral(sine_state(training)), assign=True)
    labels, mask, image = recipe["labels"], recipe["mask"], recipe["image"]
    condition = Condition(labels, neighbour_edges(labels), mask, 34)
    with torch.no_grad():
        stages = network(image * ~mask[:, None], condition, image)
    tolerance = {1: (1e-8, 1e-5), 2: (1e-5, 1e-5), 3: (1e-3, 1e-5)}
    for i, stage in enumerate(stages, start=1):
        kinds = {"fake": stage.raw, "composite": stage.composite, "input": stage.start}
        for kind, value in kinds.items():
            expected = golden[f"{kind}_G{i}"]
            for *index, sample in expected["samples"]:
                assert value[(0, *index)].item() == pytest.approx(sample, abs=tolerance[i][0])
            assert value.mean().item() == pytest.approx(expected["mean"], abs=tolerance[i][1])


def test_the_discriminators_give_the_golden_scores():
    golden, recipe = table("golden_spmpgan_lab34"), pattern()
    condition = Condition(recipe["labels"], recipe["mask"], recipe["mask"], 34)
    for name, network in spmpgan_discriminators(SPMPGANConfig(classes=34)).items():
        network.double().eval().load_state_dict(sine_state(network, f"{name}."))
        side = {"netD_1": 64, "netD_2": 128, "netD_3": 256}[name]
        image = torch.nn.functional.interpolate(
            recipe["image"], (side, side), mode="bilinear", align_corners=False
        )
        labels = condition.plain(torch.float64).resize((side, side)).dense()[:, :34]
        with torch.no_grad():
            scores = network(labels, image)[0, 0].flatten().tolist()
        assert scores == pytest.approx(golden[f"{name}(real)"]["values_ch0"], rel=1e-9)


def test_every_variant_runs_an_image_of_the_given_size():
    for variant in VARIANTS:
        config = spmpgan_config(variant, classes=5, size=32, ngf=4, hidden=8)
        stages, _, _ = edit(config)
        assert stages[-1].raw.shape == (2, 3, 32, 32)
        assert stages[-1].raw.abs().max() <= 1


def test_the_context_alone_modulates_without_the_style_branch():
    names = shapes(SPMPGAN(spmpgan_config("w SPADE", classes=5, size=32, ngf=4)))
    assert not any("mlp_shared.0" in name or "_ctx_" in name for name in names)
    assert "G3.enc1.mlp_gamma.weight" in names


def test_the_larger_spade_just_exceeds_the_full_model():
    full = parameters(SPMPGANConfig(classes=151))
    large = spmpgan_config("large SPADE", classes=151)
    smaller = large.model_copy(update={"hidden": large.hidden - 1})
    assert parameters(smaller) <= full < parameters(large)


def test_without_progression_there_is_one_stage_and_one_discriminator():
    config = spmpgan_config("w/o prog", classes=5)
    assert config.stages == {"G3": 256}
    assert list(spmpgan_discriminators(SMALL.model_copy(update={"progressive": False}))) == [
        "netD_3"
    ]


def test_normalising_the_style_changes_the_image_but_no_parameter():
    plain, normal = SMALL, SMALL.model_copy(update={"normalise_style": True})
    assert parameters(plain) == parameters(normal)
    difference = edit(plain)[0][-1].raw - edit(normal)[0][-1].raw
    assert difference.abs().max() > 1e-4


def test_the_small_model_halves_both_widths():
    config = spmpgan_config("S", classes=34)
    assert (config.ngf, config.hidden) == (16, 32)


def test_known_pixels_are_kept_and_the_mask_is_filled():
    stages, image, mask = edit(SMALL)
    result = stages[-1].composite
    mask = mask[:, None].expand_as(image)
    assert torch.equal(result[~mask], image[~mask])
    assert torch.equal(result[mask], stages[-1].raw[mask])


def test_only_the_peeking_form_needs_and_sees_the_original():
    with pytest.raises(ValueError, match="needs the original"):
        edit(SMALL, original=False)
    visible = SMALL.model_copy(update={"border": "visible"})
    with_it, without = edit(visible)[0], edit(visible, original=False)[0]
    assert torch.equal(with_it[-1].raw, without[-1].raw)


def test_a_size_that_cannot_be_halved_is_refused_by_name():
    with pytest.raises(ValidationError, match="multiple of 16"):
        SPMPGANConfig(classes=5, size=100)
