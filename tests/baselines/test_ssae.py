import pytest
import torch

from baselines.layers.equalised import EqualisedLinear
from baselines.layers.modulated_conv import RegionTexture, style_at
from baselines.sae import SAEConfig
from baselines.ssae.config import REGIONS, VARIANTS, ssae_config
from baselines.ssae.mask_predictor import MaskPredictor
from baselines.ssae.network import SSAE
from baselines.ssae.refinement import Refinement, select

TINY = {
    "sae": SAEConfig(size=128, texture=16, encoder_capacity=0.125, generator_capacity=0.03),
    "width": 4,
    "first_blocks": 1,
    "second_blocks": 1,
    "mask_width": 4,
}


def generators(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def network(variant="full", **fields):
    torch.manual_seed(0)
    return SSAE(ssae_config(variant, **{**TINY, **fields})).eval()


def region():
    mask = torch.zeros(1, 1, 128, 128)
    mask[:, :, 32:96, 32:96] = 1
    return mask


def test_the_second_equation_selects_by_the_mask():
    inside, outside = torch.full((1, 3, 1, 2), 5.0), torch.full((1, 3, 1, 2), -1.0)
    mask = torch.tensor([[[[1.0, 0.25]]]])
    assert select(inside, outside, mask)[0, 0, 0].tolist() == [5.0, 5.0 * 0.25 - 1.0 * 0.75]


@pytest.mark.parametrize("soft", [1.0, 0.3])
@pytest.mark.parametrize("per_pixel", [False, True])
def test_the_first_equation_adds_noise_to_the_texture_inside_the_mask(soft, per_pixel):
    layer = EqualisedLinear(6, 3).double()
    texture = torch.randn(2, 6).double()
    noise = torch.randn(2, 6, 4, 4).double() if per_pixel else torch.randn(2, 6).double()
    mask = torch.zeros(2, 1, 4, 4).double()
    mask[:, :, 1:3, 2:] = soft
    spatial = texture[:, :, None, None] + mask * (noise if per_pixel else noise[:, :, None, None])
    expected = style_at(spatial, layer, (4, 4))
    found = style_at(RegionTexture(texture, noise, mask), layer, (4, 4))
    assert torch.allclose(found, expected, atol=1e-12)


def test_refinement_works_on_what_the_mask_selects():
    block = Refinement(4, 1, 1)
    noisy = torch.rand(1, 3, 8, 8)
    mask = torch.zeros(1, 1, 8, 8)
    assert torch.equal(block(noisy, mask), block.second(noisy))
    assert torch.equal(block(noisy, mask + 1), block.second(block.first(noisy)))


def test_a_mask_predictor_gives_one_logit_for_each_pixel():
    assert MaskPredictor(4).eval()(torch.rand(2, 3, 64, 96)).shape == (2, 1, 64, 96)


def test_there_is_a_predictor_and_a_refinement_for_each_of_five_regions():
    model = network()
    assert set(model.masks) == set(model.refinements) == set(REGIONS)
    assert len(REGIONS) == 5


def test_noise_changes_the_region_and_hardly_anything_far_from_it():
    model, mask = network(refine=False), region()
    with torch.no_grad():
        image = torch.rand(1, 3, 128, 128) * 2 - 1
        one, two = (model(image, "hair", generators(seed), mask).noisy for seed in (1, 2))
    change = (one - two).abs().mean(1, keepdim=True)
    assert change[mask > 0].mean() > 20 * change[:, :, :16].mean()


def test_the_same_generator_gives_the_same_edit_in_any_batch():
    model, mask = network(), region()
    images = torch.rand(2, 3, 128, 128)
    with torch.no_grad():
        both = model(images, "nose", generators(1, 2), mask.repeat(2, 1, 1, 1)).refined
        alone = model(images[1:], "nose", generators(2), mask).refined
    assert torch.allclose(both[1:], alone, atol=1e-4)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_edits_with_its_own_predicted_mask(variant):
    model = network(variant)
    with torch.no_grad():
        edited = model(torch.rand(1, 3, 128, 128), "eyes", generators(3))
    assert edited.refined.shape == (1, 3, 128, 128)
    assert set(edited.mask.unique().tolist()) <= {0.0, 1.0}
    assert (edited.refined is edited.noisy) is (variant == "w/o refinement")


def test_noise_goes_into_the_last_but_one_block_unless_told_otherwise():
    mask, texture = region(), torch.randn(1, 16)
    assert list(network().textures(texture, mask, generators(1))) == ["UpsamplingResBlock64"]
    last = network("noise in the last block").textures(texture, mask, generators(1))
    assert list(last) == ["UpsamplingResBlock128"]
    per_pixel = network("noise per pixel").textures(texture, mask, generators(1))
    assert per_pixel["UpsamplingResBlock64"][0].noise.shape == (1, 16, 32, 32)


def test_noise_reaches_the_blocks_of_the_head_after_those_of_the_way_up():
    sae = SAEConfig(**{**dict(TINY["sae"]), "downsamplings": 1, "head_blocks": 2})
    mask, texture = region(), torch.randn(1, 16)
    for block, name, side in (
        (0, "UpsamplingResBlock16", 64),
        (1, "HeadResnetBlock1", 64),
        (2, "HeadResnetBlock0", 64),
    ):
        model = network("noise per pixel", sae=sae, noise_block=block)
        textures = model.textures(texture, mask, generators(1))
        assert list(textures) == [name]
        # Where the block's first layer works: at the size of the structure code.
        assert textures[name][0].noise.shape == (1, 16, side, side)


def test_a_block_that_the_generator_does_not_have_is_refused():
    with pytest.raises(ValueError, match="noise_block is 6, but the generator has 6 blocks"):
        ssae_config(noise_block=6)
