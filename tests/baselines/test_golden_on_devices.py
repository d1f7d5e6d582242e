"""The golden vectors in the forms for accelerators: on a CPU that takes them, and on a GPU.

There every forward is called three times, so that the last one is a replay of its graph. In double precision,
for the vectors' weights amplify: in single precision SPMPGAN's third stage is off by 1e-2 on any device, and
DivSem by 8e-2. The kernels compute in single precision alone, so on a GPU the others are held in it too. So
is every block of these two, with what it is given in double precision.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from baselines.captured import Captured, forget_graphs
from baselines.divsem import DivSem, DivSemConfig
from baselines.layers import fused
from baselines.layers.condition import Condition, RegionStyle
from baselines.layers.label_map import SymbolMap, label_maps_as
from baselines.layers.progressive import Stage
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


@dataclass(frozen=True)
class Place:
    """Where the vectors are held, in which precision, and how close; of values in [-1, 1]."""

    device: str
    dtype: torch.dtype = torch.float64
    close: float = 1e-6

    def network(self, network: nn.Module) -> nn.Module:
        """The network as an editor has it."""
        network = network.to(self.dtype).eval().requires_grad_(False)
        return network.to(self.device, memory_format=torch.channels_last)

    def replayed(self, forward: Callable[..., Tensor], *given: Tensor) -> Tensor:
        """What the third call gives."""
        captured = Captured("golden", forward)
        places = [one.to(self.device) for one in given]
        places = [one.to(self.dtype) if one.is_floating_point() else one for one in places]
        calls = 1 if self.device == "cpu" else 3
        return [captured(*places) for _ in range(calls)][-1].cpu()


Call = tuple[nn.Module, tuple[Any, ...], Tensor]
"""A block, what it was given (maps, None, a Condition), and what it gave."""

EXACT = [
    pytest.param(Place("cpu"), id="cpu"),
    pytest.param(Place("cuda"), marks=GPU, id="cuda"),
]
ON_A_CARD = pytest.param(Place("cuda", torch.float32, 1e-4), marks=GPU, id="cuda-float32")
FUSED = [*EXACT, ON_A_CARD]
SINGLE = [pytest.param(Place("cpu", torch.float32, 1e-4), id="cpu-float32"), ON_A_CARD]


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    on_cpu = request.param.device == "cpu"
    with exactly(), label_maps_as("lookups") if on_cpu else contextlib.nullcontext():
        yield request.param
    forget_graphs()
    assert not fused._failed


def conditions(golden: Vectors) -> tuple[Tensor, Tensor, Tensor]:
    condition = golden.condition
    return condition.labels, condition.edges, condition.mask


def labels_of(golden: Vectors) -> Tensor:
    return torch.from_numpy(golden.arrays["in_label"])[:, 0].long()


@pytest.mark.parametrize("place", FUSED, indirect=True)
def test_spade(place: Place):
    golden = vectors("spade_small").only(0)
    network = SPADEGenerator(SPADEConfig(classes=7, ngf=8))
    golden.fill(network)
    network = place.network(network)
    found = place.replayed(
        lambda labels: network(SymbolMap.of_labels(labels, 7, place.dtype)),
        labels_of(golden),
    )
    assert golden.deviation("image", found) < place.close


@pytest.mark.parametrize("place", FUSED, indirect=True)
def test_sesame(place: Place):
    golden = vectors("sesame_small").only(0)
    network = SESAMEGenerator(SESAMEConfig(classes=7, ngf=8))
    golden.fill(network)
    network = place.network(network)
    mask = torch.from_numpy(golden.arrays["in_mask"])[:, 0].bool()

    def forward(masked: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
        return network(masked, SymbolMap.of_labels(labels, 7, place.dtype, [mask]))

    hidden = torch.where(mask, labels_of(golden), -1)
    found = place.replayed(forward, golden.image * ~mask[:, None], hidden, mask)
    assert golden.deviation("raw", found) < place.close


@dataclass(frozen=True, eq=False)
class Case:
    """A progressive network with a forward of tensors, and which of the vectors that gives."""

    golden: Vectors
    network: nn.Module
    forward: Callable[..., Tensor]
    given: tuple[Tensor, ...]
    gives: str


def spmpgan() -> Case:
    golden = vectors("spmpgan_small").only(0)
    network = SPMPGAN(SPMPGANConfig(classes=7, ngf=8), spectral_norm=True)
    golden.fill(network)
    labels, edges, mask = conditions(golden)
    image = golden.image

    def forward(image: Tensor, masked: Tensor, *given: Tensor) -> Tensor:
        return network(masked, Condition(*given, 7), image)[-1].composite

    given = image, image * ~mask[:, None], labels, edges, mask
    return Case(golden, network, forward, given, "composite")


def divsem() -> Case:
    golden = vectors("divsem_small").only(1)
    network = DivSem(DivSemConfig(classes=7, ngf=8, style=16), spectral_norm=True)
    golden.fill(network)
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

    given = masked, codes, kinds, labels, edges, mask, instances
    return Case(golden, network, forward, given, "composite_cached")


@pytest.mark.parametrize("make", [spmpgan, divsem])
@pytest.mark.parametrize("place", EXACT, indirect=True)
def test_spmpgan_and_divsem(place: Place, make: Callable[[], Case]):
    case = make()
    place.network(case.network)
    found = place.replayed(case.forward, *case.given)
    assert case.golden.deviation(case.gives, found) < place.close


@pytest.mark.parametrize("make", [spmpgan, divsem])
@pytest.mark.parametrize("place", SINGLE, indirect=True)
def test_every_block_of_spmpgan_and_divsem_in_single_precision(
    place: Place, make: Callable[[], Case]
):
    """Each block of the golden forward, with what it is given and gives in double precision."""
    case = make()
    condition, seen = blocks_in_double_precision(case)
    style = condition.style
    place.network(case.network)

    def forward(labels: Tensor, edges: Tensor, mask: Tensor, *others: Tensor) -> Tensor:
        rest = iter(others)
        styles = None if style is None else RegionStyle(next(rest), next(rest))
        here = Condition(labels, edges, mask, 7, styles)
        made = []
        for block, given, _ in seen:
            own = {Condition: lambda: here, Tensor: lambda: next(rest), type(None): lambda: None}
            made.append(block(*(own[type(one)]() for one in given)).flatten())
        return torch.cat(made)

    maps = [one for _, given, _ in seen for one in given if isinstance(one, Tensor)]
    styles = [] if style is None else [style.regions, style.codes]
    planes = condition.labels, condition.edges, condition.mask
    found = place.replayed(forward, *planes, *styles, *maps)
    sizes = [expected.numel() for _, _, expected in seen]
    for one, (_, _, expected) in zip(found.split(sizes), seen, strict=True):
        apart = (one - expected.flatten()).abs().max() / expected.abs().max()
        assert apart < place.close


def blocks_in_double_precision(case: Case) -> tuple[Condition, list[Call]]:
    """Calls of all blocks in a CPU's golden forward, and the condition that all of them read."""
    seen: list[Call] = []
    stages = (stage for stage in case.network.children() if isinstance(stage, Stage))
    hooks = [
        block.register_forward_hook(lambda *call: seen.append(call))
        for stage in stages
        for block in stage.children()
    ]
    exact = Place("cpu")
    exact.network(case.network)
    with label_maps_as("lookups"):
        found = exact.replayed(case.forward, *case.given)
    assert case.golden.deviation(case.gives, found) < exact.close
    for hook in hooks:
        hook.remove()
    (condition,) = {one for _, given, _ in seen for one in given if isinstance(one, Condition)}
    return condition, seen


@pytest.mark.parametrize("place", FUSED, indirect=True)
def test_sean(place: Place):
    golden = vectors("sean_small").only(0)
    network = place.network(golden_network(golden))

    def forward(image: Tensor, labels: Tensor) -> Tensor:
        codes, _ = network.encode(image, labels)
        return network(StyledRegions.of(labels, codes))

    found = place.replayed(forward, golden.image, labels_of(golden))
    assert golden.deviation("image", found) < place.close
