"""The golden vectors in the forms for accelerators: on a CPU that takes them, and on a GPU.

There every forward is called three times, so that the last one is a replay of its graph. In double precision,
for the vectors' weights amplify: in single precision SPMPGAN's third stage is off by 1e-2 on any device.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from baselines.captured import Captured, forget_graphs
from baselines.divsem import DivSem, DivSemConfig
from baselines.layers.condition import Condition
from baselines.layers.label_map import SymbolMap, label_maps_as
from baselines.layers.region_adaptive import StyledRegions
from baselines.layers.region_style import most_regions, shown_regions
from baselines.sesame import SESAMEConfig, SESAMEGenerator
from baselines.spade import SPADEConfig, SPADEGenerator
from baselines.spmpgan import SPMPGAN, SPMPGANConfig
from bench.networks.batches import exactly
from tests.baselines.test_divsem import code
from tests.baselines.test_sean import golden_network
from tests.golden.vectors import Vectors, vectors

GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")

CLOSE = 1e-6
"""As on a CPU; of values in [-1, 1]."""


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=GPU)])
def device(request: pytest.FixtureRequest) -> Iterator[str]:
    as_a_gpu = label_maps_as("lookups") if request.param == "cpu" else contextlib.nullcontext()
    with exactly(), as_a_gpu:
        yield request.param
    forget_graphs()


def on(device: str, network: nn.Module) -> nn.Module:
    """The network as an editor has it, in double precision."""
    network = network.double().eval().requires_grad_(False)
    return network.to(device, memory_format=torch.channels_last)


def replayed(device: str, forward: Callable[..., Tensor], *given: Tensor) -> Tensor:
    captured = Captured("golden", forward)
    places = [tensor.to(device) for tensor in given]
    return [captured(*places) for _ in range(1 if device == "cpu" else 3)][-1].cpu()


def conditions(golden: Vectors) -> tuple[Tensor, Tensor, Tensor]:
    condition = golden.condition
    return condition.labels, condition.edges, condition.mask


def labels_of(golden: Vectors) -> Tensor:
    return torch.from_numpy(golden.arrays["in_label"])[:, 0].long()


def test_spade(device: str):
    golden = vectors("spade_small").only(0)
    network = SPADEGenerator(SPADEConfig(classes=7, ngf=8))
    golden.fill(network)
    network = on(device, network)
    found = replayed(
        device,
        lambda labels: network(SymbolMap.of_labels(labels, 7, torch.float64)),
        labels_of(golden),
    )
    assert golden.deviation("image", found) < CLOSE


def test_sesame(device: str):
    golden = vectors("sesame_small").only(0)
    network = SESAMEGenerator(SESAMEConfig(classes=7, ngf=8))
    golden.fill(network)
    network = on(device, network)
    mask = torch.from_numpy(golden.arrays["in_mask"])[:, 0].bool()

    def forward(masked: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
        return network(masked, SymbolMap.of_labels(labels, 7, torch.float64, [mask]))

    hidden = torch.where(mask, labels_of(golden), -1)
    found = replayed(device, forward, golden.image * ~mask[:, None], hidden, mask)
    assert golden.deviation("raw", found) < CLOSE


def test_spmpgan(device: str):
    golden = vectors("spmpgan_small").only(0)
    network = SPMPGAN(SPMPGANConfig(classes=7, ngf=8), spectral_norm=True)
    golden.fill(network)
    network = on(device, network)
    labels, edges, mask = conditions(golden)
    image = golden.image

    def forward(image: Tensor, masked: Tensor, *given: Tensor) -> Tensor:
        return network(masked, Condition(*given, 7), image)[-1].composite

    found = replayed(device, forward, image, image * ~mask[:, None], labels, edges, mask)
    assert golden.deviation("composite", found) < CLOSE


def test_divsem(device: str):
    golden = vectors("divsem_small").only(1)
    network = DivSem(DivSemConfig(classes=7, ngf=8, style=16), spectral_norm=True)
    golden.fill(network)
    network = on(device, network)
    labels, edges, mask = conditions(golden)
    masked = golden.image * ~mask[:, None]
    instances = torch.from_numpy(golden.arrays["in_instance"])[:, 0].long()
    most = most_regions(instances)
    hidden = shown_regions(mask, instances, most, torch.float64)
    # As in `test_divsem`: regions that nothing is seen of have the recipe's codes.
    kinds = hidden.erased.long()
    codes = torch.zeros(len(kinds), 16, dtype=torch.float64)
    for n in kinds.nonzero()[:, 0].tolist():
        codes[n] = code(int(hidden.labels(labels)[n]))

    def forward(masked: Tensor, codes: Tensor, kinds: Tensor, *given: Tensor) -> Tensor:
        labels, edges, mask, instances = given
        regions = network.zencoder.read(masked, mask, instances, most).given(codes, kinds)
        style = network.zencoder.normalise(regions)
        return network(masked, Condition(labels, edges, mask, 7, style))[-1].composite

    found = replayed(device, forward, masked, codes, kinds, labels, edges, mask, instances)
    assert golden.deviation("composite_cached", found) < CLOSE


def test_sean(device: str):
    golden = vectors("sean_small").only(0)
    network = on(device, golden_network(golden))

    def forward(image: Tensor, labels: Tensor) -> Tensor:
        codes, _ = network.encode(image, labels)
        return network(StyledRegions.of(labels, codes))

    found = replayed(device, forward, golden.image, labels_of(golden))
    assert golden.deviation("image", found) < CLOSE
