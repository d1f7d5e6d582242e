"""A real image into W+: the code whose image is the nearest (docs/protocol/rivals.md, C.6).

    inverter = Inverter(network, perceptual_distance("vgg"))
    codes = inverter.invert(image, mean)

Every row of the code is optimised from the mean code on; the noise maps and the network stay, unless
they are asked for. Nothing of the network's parameters is differentiated then: their gradients, which
the published code computes at every step, are used nowhere.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Adam

from baselines.captured import CapturedWork, without_kept_casts
from baselines.layers.label_map import fixed_sizes
from baselines.semanticstylegan.generator import SemanticStyleGAN
from baselines.semanticstylegan.latents import repeat
from bench.core.device import is_gpu
from bench.networks.perceptual_distance import PerceptualDistance

__all__ = ["Inversion", "Inverter", "Schedule", "ramp"]

SEEN = 256
"""Both images are averaged down to this side before they are compared perceptually."""


@dataclass(frozen=True)
class Schedule:
    """How an inversion goes; the defaults are the published ones.

    Attributes:
        steps: of Adam on the code. rate: its highest learning rate.
        perceptual, pixels, prior, noise: weights of the perceptual distance, of the mean square error
            at full size, of the code's mean square distance to the mean code, and of the noise maps'
            mean square.
        optimise_noise: move the noise maps too.
        tuning: further steps on all of the network's parameters, the code fixed ("pivotal tuning").
        tuning_rate: their learning rate.
    """

    steps: int = 400
    rate: float = 0.1
    perceptual: float = 1.0
    pixels: float = 0.1
    prior: float = 1.0
    noise: float = 10.0
    optimise_noise: bool = False
    tuning: int = 0
    tuning_rate: float = 1e-4


@dataclass(frozen=True, eq=False)
class Inversion:
    """What an image became.

    Attributes:
        codes: [1,rows,D].
        noise: the renderer's maps that belong to it.
        network: that gives the image back; the given one, or one that was tuned to the image.
        losses: of every step on the code, before it was taken.
    """

    codes: Tensor
    noise: list[Tensor]
    network: SemanticStyleGAN
    losses: list[float]


def ramp(share: float) -> float:
    """The learning rate's factor after a share 0..1 of the steps: up over 1/20, down over 1/4."""
    down = min(1.0, (1 - share) / 0.25)
    return (0.5 - 0.5 * math.cos(math.pi * down)) * min(1.0, share / 0.05)


class Inverter(nn.Module):
    """A network with the perceptual distance by which images are found in it.

    Args:
        network: frozen and in evaluation mode.
        distance: on the same device.
    """

    def __init__(self, network: SemanticStyleGAN, distance: PerceptualDistance) -> None:
        super().__init__()
        self.network = network
        self.distance = distance

    def invert(
        self,
        image: Tensor,
        mean: Tensor,
        schedule: Schedule | None = None,
        known: Tensor | None = None,
    ) -> Inversion:
        """Finds an image; works inside `torch.inference_mode` too.

        Args:
            image: [1,3,S,S] RGB in [-1,1], of the network's size.
            mean: the mean code [D], where the search begins.
            schedule: the published one where None.
            known: [1,1,S,S], 1 where the image is known; only there is it compared.
        """
        plan = Schedule() if schedule is None else schedule
        with torch.inference_mode(False), torch.enable_grad():
            target = _Target(self.distance, image.clone(), None if known is None else known.clone())
            return self._search(target, mean.clone(), plan)

    def _search(self, target: _Target, mean: Tensor, plan: Schedule) -> Inversion:
        network = self.network
        start = repeat(network.config, mean.unsqueeze(0))
        codes = start.clone().requires_grad_()
        noise = [one.clone() for one in network.render_net.stored_noise]
        moved = [codes]
        if plan.optimise_noise:
            moved += [one.requires_grad_() for one in noise]

        def loss() -> Tensor:
            made = network(codes, noise=noise, segment=False).image
            found = target.loss(made, plan) + plan.prior * F.mse_loss(codes, start)
            return found + plan.noise * _mean_square(noise) if plan.optimise_noise else found

        rates = [plan.rate * ramp(step / plan.steps) for step in range(plan.steps)]
        losses = _descend(moved, loss, rates)
        found, maps = codes.detach(), [one.detach() for one in noise]
        tuned = self._tuned(target, found, maps, plan) if plan.tuning else network
        return Inversion(found, maps, tuned, [float(one) for one in losses])

    def _tuned(
        self, target: _Target, codes: Tensor, noise: Sequence[Tensor], plan: Schedule
    ) -> SemanticStyleGAN:
        network = copy.deepcopy(self.network).requires_grad_(True)

        def loss() -> Tensor:
            return target.loss(network(codes, noise=noise, segment=False).image, plan)

        _descend(list(network.parameters()), loss, [plan.tuning_rate] * plan.tuning)
        return network.requires_grad_(False)


def _descend(
    moved: list[Tensor] | list[nn.Parameter], loss: Callable[[], Tensor], rates: Sequence[float]
) -> list[Tensor]:
    """Moves leaves by Adam against a loss of them, a step for each rate; gives every step's loss.

    On a GPU a step is captured once and replayed, its rate lies on the device.
    """
    device = moved[0].device
    rate = torch.zeros((), device=device) if fixed_sizes(device) else None
    if rate is None:
        optimiser = Adam(moved, lr=0.0)
    else:
        optimiser = Adam(moved, lr=rate, fused=True, capturable=is_gpu(device))
    last: list[Tensor] = []

    def work() -> None:
        with without_kept_casts():  # of leaves that the next step moves
            found = loss()
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(found)
        optimiser.step()
        last[:] = [found.detach()]

    step, losses = CapturedWork("semanticstylegan", work, device), []
    for one in rates:
        if rate is None:
            optimiser.param_groups[0]["lr"] = one
        else:
            rate.fill_(one)
        step()
        losses.append(last[0].clone())
    optimiser.zero_grad(set_to_none=True)
    return losses


class _Target:
    """The image that is looked for, with what of it is computed once."""

    def __init__(self, distance: PerceptualDistance, image: Tensor, known: Tensor | None) -> None:
        self.distance = distance
        self.known = known
        self.image = image if known is None else image * known
        self.count = image.numel() if known is None else float(known.sum()) * image.shape[1]
        with torch.no_grad():
            self.features = distance.features(_averaged(self.image))

    def loss(self, made: Tensor, plan: Schedule) -> Tensor:
        """Perceptual distance and mean square error over the known pixels."""
        made = made.float()  # whatever the network computes in, the loss is in single precision
        seen = made if self.known is None else made * self.known
        looks = self.distance(_averaged(seen), self.features).sum()
        error = (seen - self.image).square().sum() / self.count
        loss: Tensor = plan.perceptual * looks + plan.pixels * error
        return loss


def _averaged(image: Tensor) -> Tensor:
    side = image.shape[-1]
    return image if side <= SEEN else F.avg_pool2d(image, side // SEEN)


def _mean_square(noise: Sequence[Tensor]) -> Tensor:
    every: Tensor = torch.cat([one.flatten() for one in noise])
    return every.square().mean()
