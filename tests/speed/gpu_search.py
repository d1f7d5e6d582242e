"""A step of SemanticStyleGAN's search on a card: as written, and captured and replayed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from unittest import mock

import torch
from torch import Tensor
from torchvision.models.vgg import cfgs, make_layers

from baselines import captured
from baselines.semanticstylegan import SemanticStyleGAN, semanticstylegan_config
from baselines.semanticstylegan.inversion import Inversion, Inverter, Schedule
from bench.networks.perceptual_distance import PerceptualDistance
from bench.plugins.kinds import SYSTEMS
from tests.speed.gpu import Row, Setting
from tests.speed.gpu_editors import laid_out

__all__ = ["measure"]

STEPS = 40
"""Steps of the search that are timed; four more are not, two of them as written and one captured."""

VGG = (4, 9, 16, 23, 30)
"""Where VGG-16's five levels end, after a ReLU."""


def measure(setting: Setting) -> Iterator[Row]:
    """One row: 256 pixels, one image, LPIPS through a VGG-16 of random weights."""
    if not setting.wants("SemanticStyleGAN") or setting.left < 15:
        return
    torch.manual_seed(0)
    inverter = _inverter(setting.tenth).to(setting.device)
    side = inverter.network.config.size
    image = torch.rand(1, 3, side, side).mul(2).sub(1).to(setting.device)
    steps = 2 if setting.tenth else STEPS
    with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        few = [_found(inverter, image, 4 + steps // 4, w).losses for w in (True, False)]
    apart = max(abs(one - other) / one for one, other in zip(*few, strict=True))
    written, here = (_milliseconds(inverter, image, steps, setting, w) for w in (True, False))
    notes = [f"as written {written:.1f}", f"losses at most {apart:.1e} apart with TF32 off"]
    yield Row(f"SemanticStyleGAN {side}, step of the search, ms", f"{here:.1f}", notes=notes)


def _inverter(narrow: bool) -> Inverter:
    fields = SYSTEMS.get("semanticstylegan").small if narrow else {}
    config = semanticstylegan_config(*(() if narrow else ("256",)), **fields)
    network = SemanticStyleGAN(config).eval().requires_grad_(False)
    vgg = make_layers(cfgs["D"][: 6 if narrow else None]).eval().requires_grad_(False)

    def look(image: Tensor) -> list[Tensor]:
        found, start = [image], 0
        for end in VGG[: 2 if narrow else None]:
            found.append(vgg[start:end](found[-1]))
            start = end
        return found[1:]

    channels = [torch.ones(n) / n for n in (64, 128, 256, 512, 512)[: 2 if narrow else None]]
    made = laid_out(Inverter(network, PerceptualDistance(vgg, look, channels, {})))
    assert isinstance(made, Inverter)
    return made


def _found(inverter: Inverter, image: Tensor, steps: int, written: bool) -> Inversion:
    as_written = mock.patch.object(captured, "is_gpu", return_value=False)
    with as_written if written else contextlib.nullcontext():
        mean = image.new_zeros(inverter.network.config.style_dim)
        return inverter.invert(image, mean, Schedule(steps=steps))


def _milliseconds(
    inverter: Inverter, image: Tensor, steps: int, setting: Setting, written: bool
) -> float:
    """Of a step, without what an image costs once."""
    seconds = []
    for count in (4, 4 + steps):
        setting.wait()
        start = time.perf_counter()
        _found(inverter, image, count, written)
        setting.wait()
        seconds.append(time.perf_counter() - start)
    return max(seconds[1] - seconds[0], 0) / steps * 1000
