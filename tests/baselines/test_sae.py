import numpy as np
import pytest
import torch

from baselines.layers.equalised import EqualisedLinear
from baselines.layers.modulated_conv import ModulatedConv, style_at
from baselines.sae.config import SAEConfig, sae_config
from baselines.sae.discriminators import (
    CooccurrenceDiscriminator,
    ImageDiscriminator,
    random_patches,
)
from baselines.sae.encoder import SAEEncoder
from baselines.sae.generator import SAEGenerator, draw_noise
from tests.golden import weights
from tests.golden.vectors import table, vectors

GOLDEN = SAEConfig(size=128, texture=64, encoder_capacity=0.125, generator_capacity=0.125)
TINY = SAEConfig(
    size=32,
    texture=16,
    encoder_capacity=0.125,
    generator_capacity=0.03,
    discriminator_capacity=0.02,
)
PUBLISHED = {
    "256 (church/bedroom/afhq)": "256",
    "ffhq512/mountain": "512",
    "ffhq1024_default (crop 768)": "1024",
}


def golden_networks():
    golden = vectors("sae_small")
    networks = []
    for prefix, network in (("E.", SAEEncoder(GOLDEN)), ("G.", SAEGenerator(GOLDEN))):
        state = network.state_dict()
        names = golden.facts["encoder_parameters" if prefix == "E." else "generator_parameters"]
        assert {name: list(value.shape) for name, value in state.items()} == names
        for name, shape in names.items():
            if name.endswith("kernel"):
                continue
            value = weights.tensor(prefix + name, tuple(shape)).astype(np.float64)
            if len(shape) > 1:
                value *= np.sqrt(np.prod(shape[1:]))
            state[name] = torch.from_numpy(value * (".noise." not in name))
        network.load_state_dict(state)
        networks.append(network.double().eval())
    return golden, networks[0], networks[1]


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameter_names_and_shapes_are_the_published_ones(name):
    config = sae_config(PUBLISHED[name])
    with torch.device("meta"):
        networks = {
            "E": SAEEncoder(config),
            "G": SAEGenerator(config),
            "D": ImageDiscriminator(config),
            "Dpatch": CooccurrenceDiscriminator(config),
        }
    found = {
        f"{prefix}.{key}": list(value.shape)
        for prefix, network in networks.items()
        for key, value in network.state_dict().items()
    }
    published = table("sae_names")[name]
    del published["num_discriminator_iters"]
    assert found == published


def test_the_golden_codes_and_images_come_out():
    golden, encoder, generator = golden_networks()
    with torch.no_grad():
        structure, texture = encoder(golden.image)
        image = generator(structure, texture)
        shift = torch.from_numpy(weights.normals("golden:input:shift", 64))
        spatial = texture[:, :, None, None].repeat(1, 1, 8, 8)
        spatial[:, :, :, 4:] += 0.1 * shift[:, None, None]
        edited = generator(structure, spatial)
    assert np.abs(structure.numpy() - golden.arrays["out_structure"]).max() < 1e-6
    assert np.abs(texture.numpy() - golden.arrays["out_texture"]).max() < 1e-6
    for name, value in (("reconstruction", image), ("spatial_texture", edited)):
        assert np.abs(value.numpy()[..., 1::2, ::2] - golden.arrays[f"out_{name}"]).max() < 1e-6


def test_a_constant_texture_map_gives_what_the_vector_gives_for_any_batch():
    torch.manual_seed(0)
    generator = SAEGenerator(TINY).double()
    structure, texture = torch.randn(3, 8, 2, 2).double(), torch.randn(3, 16).double()
    spatial = texture[:, :, None, None].expand(-1, -1, 2, 2)
    with torch.no_grad():
        difference = generator(structure, texture) - generator(structure, spatial)
    assert difference.abs().max() < 1e-10


def test_both_codes_have_norm_one():
    structure, texture = SAEEncoder(TINY)(torch.rand(2, 3, 128, 128))
    assert structure.shape == (2, 8, 8, 8)
    assert torch.allclose(structure.norm(dim=1), torch.ones(2, 8, 8), atol=1e-4)
    assert torch.allclose(texture.norm(dim=1), torch.ones(2), atol=1e-4)


def test_modulation_scales_the_input_and_normalises_the_weight_without_the_style():
    torch.manual_seed(0)
    layer = ModulatedConv(4, 5, 3, 6).double()
    x, style = torch.randn(2, 4, 7, 7).double(), torch.randn(2, 6).double()
    scales = style @ layer.modulation.weight.t() / 6**0.5 + layer.modulation.bias
    scales = scales / (scales.square().mean(1, keepdim=True) + 1e-8).sqrt()
    weight = layer.weight[0] / 36**0.5
    weight = weight / (weight.flatten(1).square().sum(1) + 1e-8).sqrt().view(-1, 1, 1, 1)
    expected = torch.nn.functional.conv2d(x * scales[:, :, None, None], weight, padding=1)
    assert torch.allclose(layer(x, style), expected, atol=1e-12)


def test_a_style_map_is_resized_before_its_layer():
    layer = EqualisedLinear(3, 2)
    style = torch.randn(2, 3, 2, 2)
    assert style_at(style, layer, (8, 8)).shape == (2, 2, 8, 8)
    assert style_at(style[:, :, 0, 0], layer, (8, 8)).shape == (2, 2, 1, 1)


def test_noise_belongs_to_each_image_alone():
    generator = SAEGenerator(TINY)
    both = draw_noise(generator, (2, 2), [torch.Generator().manual_seed(s) for s in (1, 2)])
    second = draw_noise(generator, (2, 2), [torch.Generator().manual_seed(2)])
    assert both["UpsamplingResBlock128"][1].shape == (2, 1, 32, 32)
    for name, pair in second.items():
        assert torch.equal(both[name][0][1:], pair[0])
        assert torch.equal(both[name][1][1:], pair[1])


def test_the_image_discriminator_scores_each_image():
    assert ImageDiscriminator(TINY)(torch.rand(3, 3, 32, 32)).shape == (3, 1)


def test_the_patch_discriminator_averages_its_references():
    config = TINY.model_copy(update={"patch_size": 16, "patch_width": 8, "patch_capacity": 0.1})
    network = CooccurrenceDiscriminator(config)
    patches, references = torch.rand(2, 3, 16, 16), torch.rand(2, 4, 3, 16, 16)
    scores = network(patches, references)
    assert scores.shape == (2, 1)
    shuffled = network(patches, references[:, [2, 0, 3, 1]])
    assert torch.allclose(scores, shuffled, atol=1e-6)


def test_random_patches_show_parts_of_the_image_at_the_asked_scale():
    ramp = torch.linspace(0, 1, 64).expand(1, 3, 64, 64)
    generator = torch.Generator().manual_seed(0)
    crops = random_patches(ramp, 50, 16, generator)
    assert crops.shape == (1, 50, 3, 16, 16)
    share = (crops.amax((2, 3, 4)) - crops.amin((2, 3, 4))).flatten()
    assert share.min() > 0.9 * (1 / 8) * (15 / 16)
    assert share.max() < 1.1 * (1 / 4)
