import pytest
import torch
from torch.nn import functional as F

from baselines.layers.condition import Condition, RegionStyle
from baselines.layers.progressive import Stage, composite, reduce_known
from baselines.layers.style_preserved import (
    Modulation,
    StylePreservedBlock,
    UpBlock,
    fuse,
    modulate,
)


def condition(style=None):
    labels = torch.zeros(1, 8, 8, dtype=torch.long)
    labels[:, :, 4:] = 2
    labels[:, 0, 0] = -1
    mask = torch.zeros(1, 8, 8, dtype=torch.bool)
    mask[:, 2:, 2:] = True
    return Condition(labels, labels != labels.roll(1, 2), mask, 3, style)


def test_fusion_and_modulation_are_the_papers_equations():
    g_style, gamma, beta = torch.tensor(2.0), torch.tensor(0.5), torch.tensor(-1.0)
    assert fuse(g_style, gamma, beta).item() == 2.0 * (1 + 0.5) - 1.0
    assert modulate(torch.tensor(3.0), gamma, beta).item() == 3.0 * (1 + 0.5) - 1.0


def test_a_block_computes_norm_modulation_and_activation_in_that_order():
    torch.manual_seed(0)
    block = StylePreservedBlock(4, 6, Modulation(5, hidden=7), stride=2).double()
    x, maps = torch.randn(1, 4, 8, 8).double(), condition()
    dense = maps.plain(torch.float64).resize((4, 4)).dense()
    context = F.relu(block.mlp_shared_2[0](dense))
    style = F.relu(block.mlp_shared[0](x))
    gamma = block.mlp_gamma(style) * (
        1 + block.mlp_gamma_ctx_gamma(context)
    ) + block.mlp_beta_ctx_gamma(context)
    beta = block.mlp_beta(style) * (
        1 + block.mlp_gamma_ctx_beta(context)
    ) + block.mlp_beta_ctx_beta(context)
    main = block.conv2d(x)
    deviation, mean = torch.var_mean(main, (2, 3), correction=0, keepdim=True)
    normal = (main - mean) / torch.sqrt(deviation + 1e-5)
    expected = F.leaky_relu(normal * (1 + gamma) + beta, 0.2)
    assert torch.allclose(block(x, maps), expected, atol=1e-12)
    with torch.no_grad():
        assert torch.allclose(block(x, maps), expected, atol=1e-12)


def test_labels_and_edges_count_inside_the_mask_only():
    maps = condition()
    planes = maps.plain(torch.float32).dense()
    mask = maps.mask[:, None].float()
    assert torch.equal(planes[:, 4:5], mask)
    assert torch.equal(planes[:, 3:4], maps.edges[:, None] * mask)
    assert torch.equal(planes[:, 2], (maps.labels == 2) * maps.mask.float())


def test_style_covers_known_pixels_too_and_comes_first():
    regions = torch.zeros(1, 8, 8, dtype=torch.long)
    regions[:, 4:] = 1
    codes = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    planes = condition(RegionStyle(regions, codes)).styled(torch.float32).dense()
    assert planes.shape == (1, 7, 8, 8)
    assert planes[0, :2, 0, 0].tolist() == [1.0, 2.0]
    assert planes[0, :2, 7, 7].tolist() == [3.0, 4.0]


def test_a_decoder_block_doubles_the_size_and_takes_the_skip_after_the_feature():
    block = UpBlock(6, 3, Modulation(5, hidden=4), spectral_norm=False)
    x, skip = torch.randn(1, 4, 4, 4), torch.randn(1, 2, 8, 8)
    up = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    expected = block.gated_conv2d(torch.cat([up, skip], 1), condition())
    assert torch.equal(block(x, skip, condition()), expected)


def test_a_decoder_block_goes_on_in_half_where_autocast_enlarges_in_single(monkeypatch):
    interpolate = F.interpolate
    monkeypatch.setattr(F, "interpolate", lambda x, **given: interpolate(x.float(), **given))
    block = UpBlock(6, 3, Modulation(5, hidden=4), spectral_norm=False).bfloat16()
    seen = []
    block.gated_conv2d.register_forward_hook(lambda _, given, __: seen.append(given[0].dtype))
    block(torch.randn(1, 4, 4, 4).bfloat16(), torch.randn(1, 2, 8, 8).bfloat16(), condition())
    assert seen == [torch.bfloat16]


def test_compositing_takes_the_mask_from_the_raw_output():
    mask = torch.tensor([[[[True, False]]]])
    assert composite(mask, torch.ones(1, 1, 1, 2), torch.zeros(1, 1, 1, 2)).tolist() == [
        [[[1.0, 0.0]]]
    ]


@pytest.mark.parametrize(("border", "value"), [("original", 0.75), ("grey", 0.5), ("visible", 1.0)])
def test_a_border_cell_of_the_reduced_image_averages_what_it_may_see(border, value):
    original = torch.ones(1, 3, 4, 4)
    original[:, :, :, 1] = 0.5  # what the mask hides
    mask = torch.zeros(1, 4, 4, dtype=torch.bool)
    mask[:, :, 1] = True
    reduced = reduce_known(original * ~mask[:, None], mask, original, (2, 2), border)
    assert reduced[0, 0, 0, 0].item() == value
    assert reduced[0, 0, 0, 1].item() == 1.0


@pytest.mark.parametrize(
    ("size", "levels"), [(256, 7), (128, 6), (64, 5), (32, 4), (16, 3), (48, 4)]
)
def test_a_stage_goes_down_as_far_as_two_by_two_but_no_further(size, levels):
    stage = Stage(size, 2, Modulation(5, hidden=2), Modulation(5, hidden=2), spectral_norm=False)
    sides = []
    for module in stage.modules():
        if isinstance(module, StylePreservedBlock):
            module.register_forward_hook(lambda *call: sides.append(call[2].shape[-1]))
    labels = torch.zeros(1, size, size, dtype=torch.long)
    maps = Condition(labels, labels > 0, labels == 0, 3)
    with torch.no_grad():
        raw = stage(torch.zeros(1, 3, size, size), maps)
    assert raw.shape == (1, 3, size, size)
    assert stage.levels == levels
    assert min(sides) == size / 2**levels >= 2
