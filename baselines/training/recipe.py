"""What the loop needs of a system: its players, one step, and what comes out in the end.

A player is a module with its own optimiser. Everything that trains passes through the `forward` of
a player, because that is what Lightning Fabric wraps for other devices and precisions.
"""

from __future__ import annotations

import abc
import warnings
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from pydantic import BaseModel
from torch import Tensor, nn
from torch.autograd.graph import increment_version
from torch.optim import Adam, Optimizer

from baselines.checkpoints import save_network
from baselines.layers.layout import lay_channels_last, lay_side_by_side
from baselines.training.config import TrainingConfig
from baselines.training.data import Examples
from baselines.training.facts import TrainingFacts
from bench.batch import EditBatch
from bench.core.device import is_gpu
from bench.core.errors import BadInput

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from baselines.training.perceptual import PerceptualLoss

__all__ = ["Losses", "MovingAverage", "Player", "Saved", "TrainingRecipe", "detached"]

Losses = dict[str, Tensor]


@dataclass(eq=False)
class Player:
    """A module with its optimiser.

    Attributes:
        plain: the module itself. rate: its learning rate before the schedule.
        module: as Fabric wraps it; `plain` until then.
    """

    plain: nn.Module
    rate: float
    module: nn.Module
    optimiser: Optimizer


@dataclass(frozen=True)
class Saved:
    """What a finished run wrote: the file, the hash of its tensors, and notes for the card."""

    path: Path
    tensors_sha256: str
    notes: Mapping[str, object] = field(default_factory=dict)


class TrainingRecipe(abc.ABC):
    """One system's training.

    Args:
        config: the run's configuration.
        sources: its examples; one source for every dataset that takes turns.

    Attributes:
        network: what is trained and saved.
        average: of the network's weights, where `ema` asks for one.
        facts: of the weights that are saved, for their card; set before `save`.
        perceptual: the network that its perceptual and style losses look through; None = neither is on.
        reads: the fields that not every system's training reads, of those that it does: the weights of
            its losses by their names, `start`, `balance`. A configuration with others is refused.
    """

    reads: ClassVar[frozenset[str]]
    network: Any  # of the system's own type
    perceptual: PerceptualLoss | None = None

    def __init__(self, config: TrainingConfig, sources: Sequence[Examples]) -> None:
        self.config = config
        self.sources = sources
        self.players: dict[str, Player] = {}
        self.steps = 1
        self.fabric: Fabric
        self.average: MovingAverage | None = None
        self.facts: TrainingFacts | None = None

    def check_classes(self, known: int) -> None:
        """Refuses scenes that have more classes than a network has label channels.

        Raises:
            BadInput: naming the dataset; labels beyond the last channel would be read out of bounds.
        """
        for source in self.sources:
            if len(source.space) > known:
                raise BadInput(
                    f"network.classes: the network has {known}, but {source.dataset.name} has "
                    f"{len(source.space)}; give as many, or a variant that fixes none"
                )

    def add_player(
        self,
        name: str,
        module: nn.Module,
        rate: float,
        betas: tuple[float, float] | None = None,
    ) -> None:
        """A module to train with Adam; betas of the configuration where None are given."""
        plain = module.train()
        chosen = betas or self.config.optimisation.betas
        optimiser = Adam(plain.parameters(), lr=rate, betas=chosen, fused=True)
        self.players[name] = Player(plain, rate, plain, optimiser)

    def setup(self, fabric: Fabric, steps: int) -> None:
        """Brings all networks to Fabric's devices; `steps` is the length of the whole run."""
        self.fabric, self.steps = fabric, steps
        if fabric.world_size > 1 and not is_gpu(fabric.device) and fabric.is_global_zero:
            self._warn_of_batch_norm()
        for player in self.players.values():
            if fabric.world_size > 1 and is_gpu(fabric.device):
                convert: Callable[[nn.Module], nn.Module] = nn.SyncBatchNorm.convert_sync_batchnorm
                player.plain = convert(player.plain)
            player.module, player.optimiser = fabric.setup(player.plain, player.optimiser)
            if self.capturable:
                _make_capturable(player.optimiser, player.rate, fabric.device)
        if self.capturable:
            for module in self.channels_last():
                lay_channels_last(module)
            for player in self.players.values():
                lay_side_by_side(player.plain)
        if self.perceptual is not None:
            # Autocast casts a frozen weight anew at every use, which is a kernel each.
            half = self.capturable and self.config.precision == "bf16-mixed"
            self.perceptual.to(fabric.device, torch.bfloat16 if half else None)
        averaged = self.averaged() if self.config.ema else None
        if averaged is not None:
            self.average = MovingAverage(averaged, self.config.ema)

    @property
    def capturable(self) -> bool:
        """Whether steps may be captured: on one CUDA device, where nobody else takes part."""
        return is_gpu(self.fabric.device) and self.fabric.world_size == 1

    def kind(self, step: int) -> Hashable | None:
        """What decides which operators a step is made of, beside the batch's shapes.

        Two steps of one kind do the same work on other numbers, so that what was captured of one can
        be replayed as the other. None = a step whose work depends on what its batch holds, which is
        never captured. The phase, unless a recipe says more.
        """
        return self.config.phase(step, self.steps)[0]

    def channels_last(self) -> Iterable[nn.Module]:
        """Modules whose maps are channels last throughout, as the batch's images are.

        On a GPU their weights are laid like their maps: a convolution would copy each at every use, and
        each gradient back. None, unless a recipe says more.
        """
        return ()

    def averaged(self) -> nn.Module | None:
        """The network whose moving average `ema` keeps and `save` writes; None where it has its own."""
        network: nn.Module = self.network
        return network

    def state(self) -> list[Tensor]:
        """All tensors that last from step to step and that a step changes, in one order."""
        found: list[Tensor] = []
        for player in self.players.values():
            found += [*player.plain.parameters(), *player.plain.buffers()]
            for moments in player.optimiser.state.values():
                found += [one for one in moments.values() if isinstance(one, Tensor)]
        return found + (list(self.average.means.values()) if self.average else [])

    @contextmanager
    def saved_weights(self) -> Iterator[None]:
        """While the block runs, the network is the one that is saved; then it trains on as before.

        It has the average's weights, if one is kept, and evaluates: forwards in the block move no statistics
        and no singular vectors.
        """
        trained = [module for one in self.players.values() for module in one.plain.modules()]
        modes = {module: module.training for module in trained}
        for one in self.players.values():
            one.plain.eval()
        try:
            with nullcontext() if self.average is None else self.average.in_place():
                yield
        finally:
            for module, mode in modes.items():
                module.training = mode

    def train_on(self, batch: EditBatch, step: int) -> Losses:
        """A whole step with everything that belongs to it; see `step`."""
        losses = self.step(batch, step)
        if self.average is not None:
            self.average.move()
        return losses

    def changed(self) -> None:
        """Tells layers that keep what they made of a weight that all weights are others now."""
        for player in self.players.values():
            increment_version([*player.plain.parameters(), *player.plain.buffers()])

    def _warn_of_batch_norm(self) -> None:
        """Says where several processes are not one with the joint batch."""
        if any(
            isinstance(layer, nn.modules.batchnorm._BatchNorm)
            for player in self.players.values()
            for layer in player.plain.modules()
        ):
            warnings.warn(
                f"{self.config.system}: batch norm takes the statistics of each process alone, so its "
                "losses are not those of one process with the joint batch; on GPUs it shares them",
                stacklevel=2,
            )

    def schedule(self, step: int) -> None:
        """Sets every learning rate to what it is at a step."""
        self.set_rates(self.config.optimisation.factor(step, self.steps))

    def prepare(self, step: int) -> None:
        """Sets what changes from step to step: the rates, and the average's share."""
        self.schedule(step)
        if self.average is not None:
            self.average.schedule(step)

    def set_rates(self, factor: float) -> None:
        """Sets every learning rate to its player's times a factor."""
        for player in self.players.values():
            for group in player.optimiser.param_groups:
                if isinstance(group["lr"], Tensor):
                    group["lr"].fill_(player.rate * factor)
                else:
                    group["lr"] = player.rate * factor

    def update(self, name: str, loss: Tensor, *, wrapped: bool = True) -> None:
        """One step of a player down the gradient of a loss.

        Args:
            name: the player.
            loss: a scalar.
            wrapped: whether the player's `module` had a part in it. Past Fabric's wrapper devices do
                not share a gradient, which is then done here.
        """
        player = self.players[name]
        player.optimiser.zero_grad(set_to_none=True)
        self.fabric.backward(loss)
        if not wrapped and self.fabric.world_size > 1:
            for parameter in player.plain.parameters():
                if parameter.grad is not None:
                    parameter.grad = self.of_all_devices(parameter.grad)
        player.optimiser.step()
        # Fused steps do not count as changes, but layers keep what they made of a weight by its version.
        increment_version(player.plain.parameters())

    def of_all_devices(self, value: Tensor) -> Tensor:
        """The mean over the devices that train together, all of which must ask for it."""
        mean: Any = self.fabric.all_reduce(value)
        found: Tensor = mean
        return found

    @contextmanager
    def frozen(self, *names: str) -> Iterator[None]:
        """While the block runs, gradients pass through these players but do not reach them."""
        with ExitStack() as stack:
            for name in names:
                module: Any = self.players[name].module  # wrapped by `setup`
                module.requires_grad_(False)
                stack.callback(module.requires_grad_, True)
                stack.enter_context(self.fabric.no_backward_sync(module))
            yield

    @abc.abstractmethod
    def step(self, batch: EditBatch, step: int) -> Losses:
        """Trains on one batch; returns the losses by name, detached scalars."""

    @abc.abstractmethod
    def images(self, batch: EditBatch) -> Tensor:
        """What the system makes of a batch, [B,3,H,W] RGB in [-1,1], to look at; inside `saved_weights`."""

    @abc.abstractmethod
    def save(self, out: Path, *, half: bool) -> Saved:
        """Writes the trained network in the form that its adapter loads, inside `saved_weights`."""

    def write(
        self,
        network: nn.Module,
        form: BaseModel,
        out: Path,
        *,
        half: bool,
        label_space: str | None = None,
        extras: Mapping[str, Tensor] | None = None,
    ) -> Saved:
        """Writes a network of this run with its card.

        Args:
            network: in training form or plain.
            form: what it was built from.
            out: the safetensors file.
            half: store in half precision.
            label_space: the labels that it counts in.
            extras: tensors beside the network's.
        """
        card = save_network(
            network,
            form,
            out,
            system=self.config.system,
            variant=self.config.variant,
            source=self.source,
            licence="Apache-2.0",
            label_space=label_space,
            extras=extras,
            half=half,
            training=None if self.facts is None else self.facts.of_card(),
        )
        return Saved(out, card.tensors_sha256)

    @property
    def source(self) -> str:
        """Where the network was trained, for its card."""
        return f"trained by siebench on {self.sources[0].dataset.name}, {self.steps_seen} steps"

    @property
    def steps_seen(self) -> int:
        """The steps that the weights have seen, which may be fewer than the schedule has."""
        return self.steps if self.facts is None else self.facts.steps


class MovingAverage:
    """The exponential moving average of a network's weights, beside the network.

    Early in a run the average follows faster, so that the weights that were drawn first do not last:
    after t steps it keeps min(decay, (1 + t) / (10 + t)) of itself. Parameters and the running
    statistics of normalisations are averaged; other buffers are the network's own.

    Args:
        network: on its device.
        decay: the share that the average keeps of itself at each step.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        buffers = {n: b for n, b in network.named_buffers() if n.endswith(_STATISTICS)}
        self.weights = {
            n: p.detach() for n, p in (dict(network.named_parameters()) | buffers).items()
        }
        self.means = {name: value.clone() for name, value in self.weights.items()}
        self._share = next(iter(self.weights.values())).new_ones(())

    def schedule(self, step: int) -> None:
        """Sets the share that the weights of a step get."""
        self._share.fill_(1 - min(self.decay, (1 + step) / (10 + step)))

    @torch.no_grad()
    def move(self) -> None:
        """Moves the average towards the weights, by a few operators for all of them together."""
        means, weights = list(self.means.values()), list(self.weights.values())
        away = torch._foreach_sub(weights, means)
        torch._foreach_mul_(away, self._share)
        torch._foreach_add_(means, away)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """While the block runs, the network has the average's weights."""
        own = {name: value.clone() for name, value in self.weights.items()}
        self._put(self.means)
        try:
            yield
        finally:
            self._put(own)

    @torch.no_grad()
    def _put(self, values: Mapping[str, Tensor]) -> None:
        for name, place in self.weights.items():
            place.copy_(values[name])
        increment_version(self.weights.values())


_STATISTICS = ("running_mean", "running_var")


def _make_capturable(optimiser: Optimizer, rate: float, device: torch.device) -> None:
    """Makes an optimiser's step one that can be captured: its rate is read from the device."""
    for group in optimiser.param_groups:
        group["capturable"] = True
        group["lr"] = torch.tensor(rate, device=device)


def detached(**losses: Tensor) -> Losses:
    """Losses as they are logged."""
    return {name: torch.as_tensor(loss).detach() for name, loss in losses.items()}
