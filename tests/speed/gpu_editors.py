"""Editors' forwards on a card: milliseconds at batch 1 and 8, peak memory, deviation from a CPU."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.captured import Captured, forget_graphs
from baselines.divsem import DivSem, DivSemConfig
from baselines.layers import fused
from baselines.layers.condition import Condition
from baselines.layers.label_map import SymbolMap, fixed_sizes
from baselines.layers.region_adaptive import StyledRegions
from baselines.sean import SEANConfig, SEANGenerator
from baselines.sesame import SESAMEConfig, SESAMEGenerator
from baselines.siedob import SIEDOB, siedob_config
from baselines.spade import SPADEConfig, SPADEGenerator
from baselines.spmpgan import SPMPGAN, SPMPGANConfig
from baselines.ssae import SSAE, ssae_config
from bench.plugins.kinds import SYSTEMS as PLUGINS
from tests.speed.gpu import Row, Setting, kernels_of, tried

__all__ = ["SYSTEMS", "Forward", "kernels_in_triton", "laid_out", "measure", "scene"]

MOST = 64
"""Regions that an image of `scene` has at most."""

Inputs = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
"""image [B,3,H,W], masked image, labels int64 [B,H,W], edges and mask bool [B,H,W]."""


@dataclass(frozen=True)
class Forward:
    """A system's forward as published, with its inputs made out of labels and mask.

    Attributes:
        make: the network for images of a side, narrow or of full size.
        classes: of the label maps.
        run: [B,3,H,W] of inputs.
        published: milliseconds at batch 1 and an edit at batch 8, measured on one H200.
        goals: the same two.
    """

    make: Callable[[int, bool], nn.Module]
    classes: int
    run: Callable[..., Tensor]
    published: tuple[str, str] = ("", "")
    goals: tuple[str, str] = ("", "")


def _spade(network: nn.Module, *given: Tensor) -> Tensor:
    made: Tensor = network(SymbolMap.of_labels(given[2], 151, torch.float32))
    return made


def _sesame(network: nn.Module, *given: Tensor) -> Tensor:
    _, masked, labels, _, mask = given
    labels = torch.where(mask, labels, -1)
    made: Tensor = network(masked, SymbolMap.of_labels(labels, 34, torch.float32, [mask]))
    return made


def _spmpgan(network: nn.Module, *given: Tensor) -> Tensor:
    image, masked, labels, edges, mask = given
    made: Tensor = network(masked, Condition(labels, edges, mask, 151), image)[-1].raw
    return made


def _divsem(network: nn.Module, *given: Tensor) -> Tensor:
    _, masked, labels, edges, mask = given
    assert isinstance(network, DivSem)
    most = MOST if fixed_sizes(labels.device) else None
    style = network.zencoder.normalise(network.zencoder.read(masked, mask, labels, most))
    made: Tensor = network(masked, Condition(labels, edges, mask, 151, style))[-1].raw
    return made


def _sean(network: nn.Module, *given: Tensor) -> Tensor:
    image, _, labels, _, _ = given
    assert isinstance(network, SEANGenerator)
    codes, _ = network.encode(image, labels)
    made: Tensor = network(StyledRegions.of(labels, codes))
    return made


def _siedob(network: nn.Module, *given: Tensor) -> Tensor:
    """All networks, with an object of each image that is completed and one in the look of another."""
    _, masked, labels, edges, mask = given
    assert isinstance(network, SIEDOB)
    side = network.config.object_size
    crop = masked[..., :side, :side]
    whole = torch.ones_like(mask[:, :side, :side])
    hole = whole & (torch.arange(side, device=mask.device) < side // 2)
    kinds = torch.zeros(len(mask), dtype=torch.long, device=mask.device)
    partly = network.object_inpainting(crop * ~hole[:, None], whole, hole, kinds)
    code = network.object_style.encode(crop, whole, kinds)
    erased = network.object_style.generate(whole, kinds, code)
    foreground = torch.zeros_like(mask)
    foreground[:, :side] = True
    background = network.background(masked, labels, edges & mask, mask, ~foreground)
    background[..., :side, :side], background[..., :side, -side:] = partly, erased
    fused: Tensor = network.fusion(
        torch.where(mask[:, None], background, masked), mask, edges & mask
    )
    return fused


def _ssae(network: nn.Module, *given: Tensor) -> Tensor:
    image = given[0]
    assert isinstance(network, SSAE)
    place = (image.device, *image.shape)
    if place not in _normals:
        generators = [torch.Generator().manual_seed(n) for n in range(len(image))]
        _normals[place] = network.draw(image, generators)
    return network.restyle(image, None, *_normals[place], region="hair").refined


_normals: dict[object, list[Tensor]] = {}
"""What SSAE's edits draw, which an editor does before a forward begins."""


def _narrow(narrow: bool, **widths: int) -> dict[str, int]:
    return widths if narrow else {}


_SIEDOB_WIDTHS = ("background", "inpainting", "style", "style_encoder", "fusion")

SYSTEMS = {
    "SPADE": Forward(
        lambda side, narrow: SPADEGenerator(
            SPADEConfig(classes=151, **_narrow(narrow, ngf=2, hidden=4)), spectral_norm=False
        ),
        151,
        _spade,
        ("8.4", "3.2"),
        ("4", "2.4"),
    ),
    "SPMPGAN": Forward(
        lambda side, narrow: SPMPGAN(
            SPMPGANConfig(classes=151, size=side, **_narrow(narrow, ngf=2, hidden=4))
        ),
        151,
        _spmpgan,
        ("37", "5.0"),
        ("8", "3.5"),
    ),
    "DivSem": Forward(
        lambda side, narrow: DivSem(
            DivSemConfig(
                classes=151,
                size=side,
                **_narrow(narrow, ngf=2, hidden=4, style=4),
                **({"style_widths": (4,) * 6, "style_decoder": (4,) * 4} if narrow else {}),
            )
        ),
        151,
        _divsem,
        ("47", "12.9"),
        ("12", "6"),
    ),
    "SEAN": Forward(
        lambda side, narrow: SEANGenerator(
            SEANConfig(
                classes=19, **_narrow(narrow, ngf=2, hidden=4, style_length=4, encoder_width=2)
            ),
            spectral_norm=False,
        ),
        19,
        _sean,
        ("50", "35"),
        ("12", "5"),
    ),
    "SESAME": Forward(
        lambda side, narrow: SESAMEGenerator(
            SESAMEConfig(classes=34, **_narrow(narrow, ngf=2, hidden=4)), spectral_norm=False
        ),
        34,
        _sesame,
    ),
    "SIEDOB": Forward(
        lambda side, narrow: SIEDOB(
            siedob_config(
                **_narrow(narrow, **dict.fromkeys(_SIEDOB_WIDTHS, 2), object_size=32, hidden=4)
            )
        ),
        34,
        _siedob,
    ),
    "SSAE": Forward(
        lambda side, narrow: SSAE(ssae_config(**(PLUGINS.get("ssae").small if narrow else {}))),
        2,
        _ssae,
    ),
}


def network_of(system: Forward, side: int, narrow: bool) -> nn.Module:
    """The system's network as it is loaded: random weights, statistics that are not trivial."""
    torch.manual_seed(0)
    network = system.make(side, narrow).eval().requires_grad_(False)
    for name, value in network.named_buffers():
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        if name.endswith("running_mean"):
            value.normal_(0, 0.1)
    for name, value in network.named_parameters():
        if "blending" in name:
            value.normal_()
    return laid_out(network)


def laid_out(network: nn.Module) -> nn.Module:
    """The network with its weights as weights files are loaded: channels last."""
    for parameter in network.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network


def scene(side: int, classes: int, count: int) -> Inputs:
    """`count` images of at most 36 regions with wavy borders, a rectangle of each masked."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.randint(0, min(classes - 1, 18), (count, 8, 8), generator=generator)
    labels = coarse.repeat_interleave(side // 8, 1).repeat_interleave(side // 8, 2)
    down, across = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    labels = torch.where((down + 37 * torch.sin(across / 11)) % 61 < 30, labels, labels + 1)
    mask = torch.zeros(count, side, side, dtype=torch.bool)
    mask[:, side // 4 : 3 * side // 4, side // 5 : 3 * side // 5] = True
    image = torch.rand(count, 3, side, side, generator=generator) * 2 - 1
    return image, image * ~mask[:, None], labels, _edges(labels), mask


def measure(setting: Setting) -> Iterator[Row]:
    """Two rows a system."""
    side = 64 if setting.tenth else 256
    for name, system in SYSTEMS.items():
        if not setting.wants(name):
            continue
        if setting.left < 10:
            return
        with torch.inference_mode():
            yield from tried(f"{name} forward", _of_system(name, system, side, setting), setting)
        forget_graphs()


def _of_system(name: str, system: Forward, side: int, setting: Setting) -> Iterator[Row]:
    network = network_of(system, side, setting.tenth)
    expected = system.run(network, *scene(side, system.classes, 1))
    network = network.to(setting.device)
    batches = (1, 2 if setting.tenth else 8)
    for batch, published, goal in zip(batches, system.published, system.goals, strict=True):
        given = [tensor.to(setting.device) for tensor in scene(side, system.classes, batch)]
        notes = _notes(name, system, network, given, setting)
        if batch == 1:
            exactly = torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
            with exactly:
                captured = _captured(name, system, network)
                found, again = [captured(*given) for _ in range(4)][-2:]
            same = "the same" if torch.equal(found, again) else "OTHER"
            notes.append(f"{same} bits in a second replay")
            deviation = float((found.cpu() - expected).abs().max())
            notes.append(f"at most {deviation:.1e} from the CPU with TF32 off")
        forget_graphs()
        captured = _captured(name, system, network)
        replayed = _milliseconds(captured, given, setting, 20)
        unit = "ms" if batch == 1 else "ms an edit"
        work = f"{name} forward, batch {batch}, {unit}"
        yield Row(work, f"{replayed / batch:.2f}", goal, published, notes)
        if setting.device == "cuda":
            count, *notes = kernels_of(lambda _: captured(*given), setting)  # noqa: B023 (called here)
            yield Row(f"{name} forward, batch {batch}: what it is made of", count, notes=notes)
        forget_graphs()


def _notes(
    name: str, system: Forward, network: nn.Module, given: list[Tensor], setting: Setting
) -> list[str]:
    """Milliseconds without a graph, the peak of memory while one is captured and replayed, and kernels."""
    forget_graphs()
    eager = _milliseconds(lambda *tensors: system.run(network, *tensors), given, setting, 4)
    held = _held(setting)
    captured = _captured(name, system, network)
    for _ in range(1 if setting.tenth else 3):
        captured(*given)
    peak = 0 if setting.device == "cpu" else torch.cuda.max_memory_allocated() / 2**20
    milliseconds = f"eager {eager / len(given[0]):.2f}"
    memory = f"peak {peak:.0f} MiB, {held:.0f} of them weights and inputs"
    return [milliseconds, memory, *kernels_in_triton()]


def kernels_in_triton() -> list[str]:
    """Why this process has none, and how many forms of them were right."""
    reasons = [f"no kernels in Triton: {reason}" for reason in fused._failed]
    return [*reasons, f"{len(fused._checked)} forms of kernels so far"]


def _captured(name: str, system: Forward, network: nn.Module) -> Captured[Tensor]:
    return Captured(name, lambda *tensors: system.run(network, *tensors))


def _milliseconds(
    call: Callable[..., object], given: list[Tensor], setting: Setting, repeats: int
) -> float:
    """Median of `repeats` calls after three, in which a graph is captured."""
    for _ in range(1 if setting.tenth else 3):
        call(*given)
    setting.wait()
    found = []
    for _ in range(1 if setting.tenth else repeats):
        start = time.perf_counter()
        call(*given)
        setting.wait()
        found.append((time.perf_counter() - start) * 1000)
    return statistics.median(found)


def _held(setting: Setting) -> float:
    """MiB that are held now; the peak is counted from here."""
    if setting.device == "cpu":
        return 0
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    return torch.cuda.memory_allocated() / 2**20


def _edges(labels: Tensor) -> Tensor:
    edges = torch.zeros_like(labels, dtype=torch.bool)
    across, down = labels[:, :, 1:] != labels[:, :, :-1], labels[:, 1:] != labels[:, :-1]
    edges[:, :, 1:] |= across
    edges[:, :, :-1] |= across
    edges[:, 1:] |= down
    edges[:, :-1] |= down
    return edges
