import numpy as np
import pytest
import torch

from baselines.layers.demodulated import FixedConv
from baselines.semanticstylegan.config import SemanticStyleGANConfig, semanticstylegan_config
from baselines.semanticstylegan.discriminator import SegmentationDiscriminator, with_deviation
from baselines.semanticstylegan.generator import SemanticStyleGAN
from baselines.semanticstylegan.latents import class_rows, expand, mix, repeat, rows, truncate
from baselines.semanticstylegan.local_generators import compose, positions
from tests.golden import weights
from tests.golden.names import published, shapes, skeleton
from tests.golden.vectors import vectors

SMALL = SemanticStyleGANConfig(
    size=32,
    style_dim=8,
    n_mlp=2,
    channel_multiplier=1,
    width=6,
    seg_dim=4,
    transparent_dims=(3,),
    local_layers=4,
    local_channel=5,
    depth_layers=3,
    coarse_size=8,
    coarse_channel=7,
    min_feat_size=4,
)


def golden_state(golden, module, prefix, names):
    """The recipe's weights, as the note beside the vectors makes them."""
    assert shapes(module) == golden.facts[names]
    state = module.state_dict()
    for name, shape in golden.facts[names].items():
        if name.endswith("kernel"):
            continue
        value = weights.tensor(prefix + name, tuple(shape), golden.facts["salt"]).astype(np.float64)
        if len(shape) > 1:
            value *= np.sqrt(np.prod(shape[1:]))
        value *= 100 if name.startswith("style.") else 1
        value *= 0.1 if name.endswith("noise.weight") else 1
        state[name] = torch.from_numpy(value)
    return module.double().eval().load_state_dict(state)


def agrees(golden, name, value):
    """Within a millionth of the largest value, at the stored pixels and over the whole map."""
    stored = golden.arrays[f"out_{name}"]
    step = value.shape[-1] // stored.shape[-1]
    start = {1: (0, 0), 4: (1, 2), 8: (3, 5)}[step] if value.dim() == 4 else (0, 0)
    found = value[..., start[0] :: step, start[1] :: step] if value.dim() == 4 else value
    assert np.abs(found.numpy() - stored).max() <= 1e-6 * max(1.0, np.abs(stored).max()), name
    if f"out_{name}__mean" in golden.arrays:
        for what, whole in (("mean", value.mean((2, 3))), ("std", value.std((2, 3), correction=0))):
            known = golden.arrays[f"out_{name}__{what}"]
            assert np.abs(whole.numpy() - known).max() <= 1e-6 * max(1.0, np.abs(known).max())


@pytest.fixture(scope="module")
def golden():
    return vectors("semanticstylegan_small")


@pytest.fixture(scope="module")
def generator(golden):
    fields = {k: v for k, v in golden.facts["config"].items() if k != "detach_texture"}
    network = SemanticStyleGAN(SemanticStyleGANConfig(**fields))
    golden_state(golden, network, "G.", "generator_parameters")
    return network.requires_grad_(False)


@pytest.fixture(scope="module")
def code(golden, generator):
    return generator.style(torch.from_numpy(golden.arrays["in_z"]))


@pytest.fixture(scope="module")
def other(golden, generator):
    return generator.style(torch.from_numpy(golden.arrays["in_z2"]))


@pytest.fixture(scope="module")
def made(generator, code):
    return generator(code)


def test_the_golden_code_becomes_the_golden_image(golden, generator, code, made):
    agrees(golden, "w", code)
    agrees(golden, "expanded_mean", expand(generator.config, code).flatten(1, 2).mean(2))
    for name in ("image", "segmentation", "coarse", "depths"):
        agrees(golden, name, getattr(made, name))
    stored = golden.arrays["out_label"]
    assert np.array_equal(made.labels.numpy()[..., ::4, ::4], stored)


def test_the_golden_local_edit_comes_out(golden, generator, code, other):
    codes = repeat(generator.config, code).clone()
    for row in class_rows(generator.config, 2):
        codes[:, row] = other
    edited = generator(codes)
    agrees(golden, "edit_image", edited.image)
    agrees(golden, "edit_segmentation", edited.segmentation)


def test_independent_rows_give_the_golden_image(golden, generator):
    config = generator.config
    count = 2 * rows(config) * config.style_dim
    drawn = weights.normals(f"{golden.facts['salt']}:input:wplus", count)
    found = generator(torch.from_numpy(drawn).view(2, rows(config), -1))
    for name in ("image", "segmentation", "coarse"):
        agrees(golden, f"wplus_{name}", getattr(found, name))


def test_truncation_and_composition_are_the_golden_ones(golden, generator, code, other):
    short = truncate(code, other.mean(0), 0.7)
    agrees(golden, "truncated_image", generator(short).image)
    two = generator(code, only=torch.tensor([1.0, 1, 0, 0, 0]).double())
    agrees(golden, "two_classes_image", two.image)
    agrees(golden, "two_classes_coarse", two.coarse)


def test_the_golden_scores_come_out(golden, made):
    facts = golden.facts["discriminator"]
    judge = SegmentationDiscriminator(
        facts["img_size"], facts["seg_dim"], channel_multiplier=facts["channel_multiplier"]
    )
    golden_state(golden, judge, "D.", "discriminator_parameters")
    labels = torch.from_numpy(golden.arrays["in_label"])[:, 0].long()
    real = torch.nn.functional.one_hot(labels, facts["seg_dim"]).permute(0, 3, 1, 2) * 2.0 - 1
    small = [
        torch.nn.functional.adaptive_avg_pool2d(x, 64) for x in (made.image, made.segmentation)
    ]
    with torch.no_grad():
        scores = {
            "D_score": judge(golden.image, real.double()),
            "D_score_image_only": judge(golden.image),
            "D_score_generated": judge(*small),
        }
    for name, value in scores.items():
        agrees(golden, name, value)


@pytest.mark.parametrize(("part", "variant"), [("g_ema", "512"), ("g_ema_256", "256")])
def test_parameter_names_and_shapes_are_the_published_ones(part, variant):
    network = skeleton(SemanticStyleGAN, semanticstylegan_config(variant))
    assert shapes(network) == published("semanticstylegan", part)


def test_the_discriminators_names_and_shapes_are_the_published_ones():
    assert shapes(skeleton(SegmentationDiscriminator, 512, 13)) == published(
        "semanticstylegan", "d"
    )


def test_each_class_has_a_row_for_its_shape_and_one_for_its_texture():
    config = semanticstylegan_config()
    assert rows(config) == 28
    assert class_rows(config, 0) == (2, 3)
    assert class_rows(config, 12) == (26, 27)
    numbered = torch.arange(28.0).view(1, 28, 1).expand(1, 28, 512)
    layers = expand(config, numbered)[0, :, :, 0]
    assert layers[0].tolist() == [2] * 6 + [3] * 4
    assert layers[7].tolist() == [0, 1] + [16] * 4 + [17] * 4
    assert torch.equal(
        expand(config, layers.expand(1, -1, -1).flatten(1)[..., None])[0, ..., 0], layers
    )
    with pytest.raises(ValueError, match="codes have 3 rows, expected 28"):
        expand(config, torch.zeros(1, 3, 512))


def test_mixing_takes_each_classs_shape_and_texture_from_one_of_three_pairs():
    first, second = torch.zeros(400, 8), torch.ones(400, 8)
    mixed = mix(SMALL, (first, second), torch.Generator().manual_seed(0))[..., 0]
    assert mixed.shape == (400, rows(SMALL))
    assert not mixed[:, : SMALL.base_layers].any()
    pairs = mixed[:, SMALL.base_layers :].reshape(-1, 2)
    kinds = [tuple(pair) for pair in pairs.tolist()]
    shares = {kind: kinds.count(kind) / len(kinds) for kind in set(kinds)}
    assert set(shares) == {(0, 0), (0, 1), (1, 1)}
    assert all(abs(share - 1 / 3) < 0.05 for share in shares.values())


def test_positions_run_from_edge_to_edge_column_first():
    found = positions(3, 2)
    assert found.shape == (1, 10, 3, 3)
    assert found[0, 0, 0].tolist() == [-1, 0, 1]
    assert found[0, 1, :, 0].tolist() == [-1, 0, 1]
    assert found[0, 2, 0, 2] == pytest.approx(np.sin(1))
    assert found[0, 8, 0, 2] == pytest.approx(np.cos(2))


def test_a_transparent_class_lies_over_the_others_that_share_the_pixel_alone():
    depths = torch.tensor([0.2, 0.3, 0.5]).log().double()
    shares, weights_ = compose(depths, (2,))
    assert shares.tolist() == pytest.approx([0.2, 0.3, 0.5])
    assert weights_.tolist() == pytest.approx([0.4, 0.6, 0.5])
    only, _ = compose(depths, (), torch.tensor([1.0, 0, 1]))
    assert only.tolist() == pytest.approx([2 / 7, 0, 5 / 7])


def test_the_groups_of_the_deviation_take_every_other_image():
    x = torch.tensor([0.0, 5.0, 4.0, 5.0]).view(4, 1, 1, 1).repeat(2, 1, 4, 4)
    deviation = with_deviation(x)[:, 1, 0, 0]
    # Groups of 4 out of 8: images 0, 2, 4, 6 and 1, 3, 5, 7.
    assert deviation.tolist() == pytest.approx([2, 1e-4] * 4, abs=1e-5)
    assert with_deviation(x[:7]).shape == (7, 2, 4, 4)


def test_an_image_does_not_depend_on_what_else_is_asked_for():
    torch.manual_seed(0)
    network = SemanticStyleGAN(SMALL).double().eval().requires_grad_(False)
    codes = torch.randn(3, rows(SMALL), 8).double()
    whole = network(codes)
    alone = network(codes[1:2], segment=False)
    assert alone.segmentation is None
    assert torch.allclose(alone.image, whole.image[1:2], atol=1e-12)


def test_a_composition_mask_may_differ_from_pixel_to_pixel():
    torch.manual_seed(0)
    network = SemanticStyleGAN(SMALL).double().eval().requires_grad_(False)
    codes = torch.randn(1, rows(SMALL), 8).double()
    left = torch.ones(1, 4, 8, 8).double()
    left[:, 2, :, :4] = 0
    found = network(codes, only=left).coarse
    whole, without = network(codes).coarse, network(codes, only=left[0, :, 0, 0]).coarse
    assert torch.allclose(found[..., :4], without[..., :4])
    assert torch.allclose(found[..., 4:], whole[..., 4:], atol=1e-7)


def test_kernels_are_kept_until_the_weights_change():
    torch.manual_seed(0)
    layer = FixedConv(3, 4).requires_grad_(False)
    first = layer.kernel()
    assert layer.kernel() is first
    with torch.no_grad():
        layer.modulation[:, 0] *= 2
    assert not torch.equal(layer.kernel(), first)
    again = FixedConv(3, 4)
    again.load_state_dict(layer.state_dict())
    assert torch.equal(again.kernel(), layer.kernel())
    assert again.kernel().requires_grad
    with torch.no_grad():
        assert again.kernel() is not again.kernel()
    with torch.inference_mode():
        kept = layer.double().kernel()
    assert kept.dtype == torch.float64
    assert not layer.kernel().is_inference()


def test_fresh_noise_is_each_images_own():
    torch.manual_seed(0)
    network = SemanticStyleGAN(SMALL)
    draw = network.render_net.draw_noise
    both = draw([torch.Generator().manual_seed(seed) for seed in (1, 2)])
    second = draw([torch.Generator().manual_seed(2)])
    assert [tuple(one.shape) for one in both] == [(2, 1, s, s) for s in (8, 16, 32) for _ in "ab"]
    assert all(torch.equal(one[1:], other) for one, other in zip(both, second))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"size": 48}, "size is 48, which is no power of two"),
        ({"size": 32, "coarse_size": 64}, "needs min_feat_size <= coarse_size <= size"),
        ({"depth_layers": 11}, "needs base_layers <= depth_layers <= local_layers"),
        ({"seg_dim": 5}, "transparent_dims names a class beyond seg_dim"),
        ({"classes": ("sky",)}, "names 1 classes, but seg_dim is 13"),
    ],
)
def test_a_configuration_that_makes_no_network_says_why(fields, sentence):
    with pytest.raises(ValueError, match=sentence):
        semanticstylegan_config(**fields)
