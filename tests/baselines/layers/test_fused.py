"""Work around convolutions in one pass: the kernels give what the layers' operators give."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.func import functional_call

from baselines.layers import fused
from baselines.layers.condition import Condition, RegionStyle
from baselines.layers.fused import fuses
from baselines.layers.joint_casts import in_half
from baselines.layers.label_conv import lookup_conv
from baselines.layers.label_map import SymbolMap, label_maps_as
from baselines.layers.region_adaptive import RegionAdaptiveNorm, StyledRegions
from baselines.layers.spade import SPADE, InstanceSPADE
from baselines.layers.style_preserved import Modulation, StylePreservedBlock
from tests.speed.operator_calls import OperatorCalls


def normals(*shape, seed=0):
    x = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x


def labels_of(height, width, classes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-1, classes, (2, height, width), generator=generator)


@pytest.mark.parametrize("size", [(10, 12), (7, 5), (1, 9)])
@pytest.mark.parametrize(("channels", "relu", "biased"), [(12, True, True), (130, False, False)])
def test_a_look_up_is_the_convolution_of_the_map(kernels, size, channels, relu, biased):
    labels = SymbolMap.of_labels(labels_of(*size, 5), 5, torch.float32)
    layer = nn.Conv2d(5, channels, 3, padding=1, bias=biased)
    with torch.inference_mode():
        found = lookup_conv(labels, layer.weight, layer.bias, relu=relu)
        expected = layer(labels.dense())
    expected = expected.relu() if relu else expected
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    assert kernels == ["summed_rows"]


def test_maps_beside_each_other_are_looked_up_at_once(kernels):
    labels = SymbolMap.of_labels(labels_of(9, 12, 6), 6, torch.float32)
    styles = SymbolMap(labels_of(9, 12, 4, seed=1) + 1, normals(5, 3))
    both = SymbolMap(styles.symbols, styles.columns, labels)
    layer = nn.Conv2d(9, 8, 3, padding=1)
    with torch.inference_mode():
        found = lookup_conv(both, layer.weight, layer.bias)
        torch.testing.assert_close(found, layer(both.dense()), atol=1e-5, rtol=0)
    assert kernels == ["summed_rows"]


def condition_of(size, classes):
    labels = labels_of(*size, classes)
    mask = labels_of(*size, 2, seed=1) > 0
    style = RegionStyle(labels + 1 + (classes + 1) * torch.arange(2).view(-1, 1, 1), normals(12, 3))
    return Condition(labels, labels_of(*size, 2, seed=2) > 0, mask, classes, style)


def spade(norm):
    return norm, normals(2, 6, 12, 8), SymbolMap.of_labels(labels_of(24, 16, 5), 5, torch.float32)


def styled(**options):
    layer = RegionAdaptiveNorm(6, 5, 4, 7, **options)
    codes = normals(2, 5, 4, seed=7)
    noises = iter([normals(2, 1, 12, 8, seed=8)] * 2)
    regions = StyledRegions.of(labels_of(24, 16, 5), codes)
    return (
        layer,
        normals(2, 6, 12, 8),
        StyledRegions(regions.labels, regions.map, codes, noises),
    )


def preserved(**options):
    block = StylePreservedBlock(5, 6, Modulation(5 + 2, 7, **options))
    return block, normals(2, 5, 12, 8), condition_of((24, 16), 5)


def preserved_with_style():
    block = StylePreservedBlock(5, 6, Modulation(3 + 5 + 2, 7, styled=True))
    return block, normals(2, 5, 12, 8), condition_of((24, 16), 5)


LAYERS = {
    "SPADE": lambda: spade(SPADE(6, 5, 7)),
    "SPADE with instance norm": lambda: spade(InstanceSPADE(6, 5, 7)),
    "SEAN": styled,
    "SEAN without style": lambda: styled(styled=False),
    "SEAN without noise": lambda: styled(noise=False),
    "SPMPGAN": preserved,
    "SPMPGAN without the style branch": lambda: preserved(style_branch=False),
    "DivSem": preserved_with_style,
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_gives_what_it_gives_as_written(kernels, name):
    torch.manual_seed(0)
    layer, x, condition = LAYERS[name]()
    layer = layer.eval().to(memory_format=torch.channels_last)
    for key, value in layer.state_dict().items():
        if "running" in key or "blending" in key or "noise_var" in key:
            value.uniform_(0.5, 1.5)
    with torch.inference_mode():
        expected = layer(x, condition)
        assert not kernels
        with label_maps_as("lookups"):
            found = layer(x, condition)
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-5)
    assert kernels[-1] == "modulated"


def test_kernels_are_for_gpus_that_nobody_counts(kernels, monkeypatch):
    x = normals(2, 4, 3, 3)
    assert fuses(x)
    assert not fuses(x.contiguous())  # pixels of a channel lie side by side
    assert not fuses(x.double())
    assert not fuses(normals(2, 4, 1, 2))  # two values that are normalised have no gradient
    with OperatorCalls():
        assert not fuses(x)
    monkeypatch.setattr(fused, "_module", lambda: None)
    assert not fuses(x)  # no Triton
    monkeypatch.undo()
    assert not fuses(x)  # a CPU


def test_a_look_up_with_a_gradient_is_carried_out_as_written(kernels):
    labels = SymbolMap.of_labels(labels_of(9, 12, 6), 6, torch.float32)
    layer = nn.Conv2d(6, 8, 3, padding=1)
    lookup_conv(labels, layer.weight, layer.bias).square().sum().backward()
    found = [one.grad.clone() for one in layer.parameters()]
    layer.zero_grad()
    layer(labels.dense()).square().sum().backward()
    for one, other in zip(found, layer.parameters(), strict=True):
        torch.testing.assert_close(one, other.grad, atol=1e-3, rtol=1e-4)
    assert not kernels


def broken(*given, **named):
    raise RuntimeError("Failed to find\nC compiler")


def astray(kernels):
    """Kernels whose sums for the last image are off."""

    def start(*given):
        found = kernels.summed_rows(*given)
        found[-1, 0, 0] += 1e-2
        return found

    return start


def elsewhere(kernels):
    """Kernels whose modulation has no value where a value should be."""

    def start(norm):
        found = kernels.modulated(norm)
        found[0, 0, 0, 0] = torch.nan
        return found

    return start


@pytest.mark.parametrize("gradient", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_in_training_gives_what_it_gives_as_written(kernels, monkeypatch, name, gradient):
    def carried_out():
        torch.manual_seed(0)
        layer, x, condition = LAYERS[name]()
        layer = layer.to(memory_format=torch.channels_last)
        for key, value in layer.state_dict().items():
            if "blending" in key or "noise_var" in key:
                value.uniform_(0.5, 1.5)
        with torch.set_grad_enabled(gradient), label_maps_as(None if gradient else "lookups"):
            x.requires_grad_(gradient)
            out = layer(x, condition)
            if gradient:
                (out * normals(*out.shape, seed=9)).sum().backward()
        learned = {key: one.grad for key, one in layer.named_parameters() if gradient}
        return {"out": out, "x": x.grad} | learned | dict(layer.named_buffers())

    found = carried_out()
    assert kernels == ["modulated", *(2 * ["modulated_back"] if gradient else [])]  # one is checked
    monkeypatch.setattr(fused, "_failed", ["no compiler"])
    for key, expected in carried_out().items():
        torch.testing.assert_close(found[key], expected, atol=2e-4, rtol=1e-4, msg=key)


@pytest.mark.parametrize("name", LAYERS)
def test_no_kernel_is_refused_in_mixed_precision(kernels, name):
    torch.manual_seed(0)
    layer, x, condition = LAYERS[name]()
    layer = layer.to(memory_format=torch.channels_last)
    with label_maps_as("lookups"), torch.autocast("cpu", torch.bfloat16):
        weights = in_half(layer)
        out = functional_call(layer, weights, (x, condition), tie_weights=False)
    (out * normals(*out.shape, seed=9)).sum().backward()
    assert weights
    assert "modulated_back" in kernels
    assert not fused._failed


OFF = "its first result is not what the layer gives as written"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"summed_rows": lambda _: broken}, "Failed to find C compiler"),
        ({"modulated": lambda _: broken}, "Failed to find C compiler"),
        ({"summed_rows": astray}, OFF),
        ({"modulated": elsewhere}, OFF),
    ],
)
def test_a_kernel_that_fails_or_is_wrong_says_so_once_and_layers_go_on(
    kernels, monkeypatch, fault, reason
):
    whole = fused._module()
    made = {name: staticmethod(getattr(whole, name)) for name in ("modulated", "summed_rows")}
    made |= {name: staticmethod(make(whole)) for name, make in fault.items()}
    monkeypatch.setattr(fused, "_module", lambda: type("Faulty", (), made))
    torch.manual_seed(0)
    layer, x, labels = LAYERS["SPADE"]()
    layer = layer.eval().to(memory_format=torch.channels_last)
    with torch.inference_mode():
        expected = layer(x, labels)
        with label_maps_as("lookups"), pytest.warns(match="Triton") as warned:
            found = [layer(x, labels) for _ in range(2)]
    assert [str(one.message) for one in warned] == [
        "a kernel in Triton cannot be used here, and layers stay slower, with the same results "
        f"({reason})"
    ]
    for one in found:
        torch.testing.assert_close(one, expected, atol=1e-5, rtol=0)


def test_the_first_result_of_each_form_is_checked_and_no_other(kernels, monkeypatch):
    checked = []
    same = fused.same_result
    monkeypatch.setattr(fused, "same_result", lambda *given: checked.append(1) or same(*given))
    layer = nn.Conv2d(5, 7, 3, padding=1)
    labels = SymbolMap.of_labels(labels_of(24, 16, 5), 5, torch.float32)
    with torch.inference_mode():
        for _ in range(3):
            lookup_conv(labels, layer.weight, layer.bias)
        assert len(checked) == 2  # of two images
        lookup_conv(labels, layer.weight, None)
    assert len(checked) == 4


def test_rows_to_sum_are_not_listed_where_a_kernel_finds_them(kernels):
    layer = nn.Conv2d(3, 8, 3, padding=1)
    with torch.inference_mode():
        for checked in (True, False):
            labels = SymbolMap.of_labels(labels_of(9, 12, 4), 4, torch.float32)
            lookup_conv(labels.recoloured(normals(5, 3)), layer.weight, layer.bias)
            assert ("windows" in vars(labels)) == checked


def test_a_form_that_is_new_in_a_capture_is_carried_out_as_written(kernels, monkeypatch):
    monkeypatch.setattr(fused, "_capturing", lambda: True)
    layer, x, labels = LAYERS["SPADE"]()
    layer = layer.eval().to(memory_format=torch.channels_last)
    with torch.inference_mode():
        expected = layer(x, labels)
        with label_maps_as("lookups"):
            torch.testing.assert_close(layer(x, labels), expected, atol=1e-5, rtol=0)
    assert not kernels
    assert not fused._failed
