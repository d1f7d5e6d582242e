"""How long SemanticStyleGAN takes, and a step of its inversion; run by hand, nothing is asserted.

    python -m tests.speed.inversion [512] [256] [--rounds 5] [--profile]

The unit is a torchvision ResNet-50 forward at 256x256, timed in turn with the network in the same run:
float32, random weights of full size, batch 1, processor seconds of one thread, which a busy machine
disturbs less than the clock. A step is the published one: forward, LPIPS through VGG-16 (here with
random weights), backward to the code, Adam.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
import torchvision
from lpips import ScalingLayer, pretrained_networks
from torch import Tensor, nn
from torch.profiler import profile

from baselines.semanticstylegan import SemanticStyleGAN, semanticstylegan_config
from baselines.semanticstylegan.inversion import Inverter, Schedule
from bench.networks.perceptual import lpips_weights
from bench.networks.perceptual_distance import PerceptualDistance

STEPS = 4


def inverter(variant: str) -> Inverter:
    """A network of full size with a perceptual distance, random weights in both."""
    network = SemanticStyleGAN(semanticstylegan_config(variant)).eval().requires_grad_(False)
    vgg = pretrained_networks.vgg16(pretrained=False).eval().requires_grad_(False)
    look = nn.Sequential(ScalingLayer(), vgg)
    made = Inverter(network, PerceptualDistance(look, look, lpips_weights("vgg"), {}))
    for parameter in made.parameters():
        if parameter.dim() == 4:  # as weights files are loaded
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return made


def seconds(call: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def measure(variant: str, rounds: int, *, profiled: bool) -> None:
    """Prints medians of the ratios of `rounds` turns, with their range."""
    ready, resnet = inverter(variant), torchvision.models.resnet50().eval()
    image, side = torch.rand(1, 3, 256, 256), ready.network.config.size
    code, mean = torch.randn(1, 512), torch.zeros(512)
    target = torch.rand(1, 3, side, side) * 2 - 1

    def unit() -> Tensor:
        with torch.inference_mode():
            found: Tensor = resnet(image)
            return found

    def generate() -> object:
        with torch.inference_mode():
            return ready.network(code)

    def search(steps: int) -> object:
        return ready.invert(target, mean, Schedule(steps=steps))

    for call in (unit, generate, lambda: search(1)):
        call()
    makes, steps, units = [], [], []
    for _ in range(rounds):
        one = min(seconds(unit) for _ in range(3))
        units.append(one)
        makes.append(seconds(generate) / one)
        # What is computed once, the target's features, is in both.
        more = seconds(lambda: search(1 + STEPS)) - seconds(lambda: search(1))
        steps.append(more / STEPS / one)
    print(f"{variant}: ResNet-50 {statistics.median(units) * 1000:.0f} ms")
    for name, found in (("image from W+", makes), ("inversion step", steps)):
        median = statistics.median(found)
        print(f"  {name:14} {median:6.1f} ({min(found):.1f} to {max(found):.1f})")
    if profiled:
        with profile() as seen:
            generate()
        print(seen.key_averages().table(sort_by="self_cpu_time_total", row_limit=12))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("variants", nargs="*", default=["512", "256"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for variant in given.variants:
        measure(variant, given.rounds, profiled=given.profile)


if __name__ == "__main__":
    main()
