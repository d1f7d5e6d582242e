"""The segmenter of the procedural scenes: a small U-Net with one head for each domain.

One trunk for all four domains, because sky, trees and people recur in them and one set of features
serves the Fréchet distance and the perceptual loss; one head each, because every domain counts its
own classes, and a pixel should never be called by a class that its domain does not have. Statistics of
the normalisation are each domain's own too: a batch of training shows one domain, and the network that
answers must be the one that was trained.

This module is imported only where the network runs, so torch stands at its top.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_weights

from bench.core.atomic import whole_file
from bench.core.documents import parse_json
from bench.core.errors import BadInput, first_line
from bench.networks.weights import WeightsMissing, weight_folders

__all__ = [
    "FILE",
    "DomainNorm",
    "SegmenterConfig",
    "SegmenterNet",
    "load_segmenter",
    "read_segmenter",
    "segmenter_file",
    "write_segmenter",
]

FILE = "segmenter-procedural.safetensors"
"""The file's name, in a weights folder or beside this module."""

KEY = "sebench.segmenter"


class SegmenterConfig(BaseModel):
    """What the network is built from, and what its file says of its training.

    Attributes:
        domains: dataset name -> its classes, in order.
        widths: channels of the levels, each at half the size of the one before.
        size: side of the images that it sees, in pixels.
        training: how it was trained (steps, seed, data), as its file says.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    domains: dict[str, tuple[str, ...]] = Field(min_length=1)
    widths: tuple[int, ...] = Field(default=(16, 32, 64, 96), min_length=2)
    size: int = Field(default=128, ge=16)
    training: dict[str, object] = Field(default_factory=dict)


class SegmenterNet(nn.Module):
    """[B,3,H,W] RGB in [-1,1] -> logits [B,K,H,W] of a domain; sides divisible by 2^(levels-1)."""

    def __init__(self, config: SegmenterConfig) -> None:
        super().__init__()
        self.config = config
        widths, domains = config.widths, len(config.domains)
        self.down = nn.ModuleList(
            _Block(inputs, outputs, domains, stride=1 if inputs == 3 else 2)
            for inputs, outputs in zip((3, *widths), widths)
        )
        self.up = nn.ModuleList(
            _Block(low + skip, skip, domains) for low, skip in zip(widths[:0:-1], widths[-2::-1])
        )
        self.heads = nn.ModuleDict(
            {
                domain: nn.Conv2d(widths[0], len(names), 1)
                for domain, names in config.domains.items()
            }
        )

    def levels(self, image: Tensor, domain: str | None = None) -> list[Tensor]:
        """The encoder's features, full size first, [B,width,H/2^i,W/2^i].

        Without a domain they are normalised by the statistics of all domains together.
        """
        place = self._place(domain)
        found: list[Tensor] = []
        x = image
        for block in self.down:
            x = block(x, place)
            found.append(x)
        return found

    def folded_encoder(self) -> nn.Sequential:
        """The encoder as it is now, in plain convolutions: a layer for each of `levels`, up to rounding.

        The statistics of all domains together lie in the convolutions' weights and biases.
        """
        return nn.Sequential(*(block.folded() for block in self.down if isinstance(block, _Block)))

    def decode(self, levels: Sequence[Tensor], domain: str) -> Tensor:
        """The logits of a domain from the encoder's features."""
        place = self._place(domain)
        x = levels[-1]
        for block, skip in zip(self.up, reversed(levels[:-1])):
            x = F.interpolate(x, size=skip.shape[2:], mode="bilinear", align_corners=False)
            x = block(torch.cat([x, skip], dim=1), place)
        logits: Tensor = self.heads[domain](x)
        return logits

    def forward(self, image: Tensor, domain: str) -> Tensor:
        """The logits of a domain."""
        return self.decode(self.levels(image, domain), domain)

    def _place(self, domain: str | None) -> int | None:
        return None if domain is None else list(self.config.domains).index(domain)


_EPSILON = 1e-5
"""Added to the variance."""


class DomainNorm(nn.Module):
    """Batch normalisation with statistics of every domain; weight and bias serve all.

    Chang et al., Domain-specific batch normalization for unsupervised domain adaptation, 2019; weight
    and bias are a domain's own there.

    Args:
        channels: C of the features.
        domains: how many.

    Attributes:
        momentum: the share of a batch in its domain's statistics.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int, domains: int) -> None:
        super().__init__()
        self.momentum = 0.1
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(domains, channels))
        self.register_buffer("variance", torch.ones(domains, channels))
        self._pooled: tuple[object, Tensor, Tensor] | None = None

    def forward(self, x: Tensor, domain: int | None) -> Tensor:
        """[B,C,H,W] of one domain, or of any where None is given (in evaluation alone)."""
        if domain is None:
            mean, variance = self._of_all()
        else:
            mean, variance = self.mean[domain], self.variance[domain]
        return F.batch_norm(
            x,
            mean,
            variance,
            self.weight,
            self.bias,
            training=self.training,
            momentum=self.momentum,
            eps=_EPSILON,
        )

    def folded(self, convolution: nn.Conv2d) -> nn.Conv2d:
        """The convolution without bias that goes before, with this norm in it; a new one, frozen."""
        made = copy.deepcopy(convolution)
        made.weight, made.bias = fuse_conv_bn_weights(
            made.weight, None, *self._of_all(), _EPSILON, self.weight, self.bias
        )
        return made.requires_grad_(False)

    def _of_all(self) -> tuple[Tensor, Tensor]:
        """Mean and variance of all domains together, made once for statistics that stay."""
        state = _state(self.mean), _state(self.variance)
        if self._pooled is None or self._pooled[0] != state:
            # A pixel of a domain that is drawn first: its variance is within and between domains.
            # Kept for passes with gradients too, where tensors of the inference mode are no use.
            with torch.inference_mode(False), torch.no_grad():
                variance = self.variance.mean(0) + self.mean.var(0, unbiased=False)
                self._pooled = (state, self.mean.mean(0), variance)
        return self._pooled[1:]


def _state(buffer: Tensor) -> tuple[object, ...]:
    """What changes when a buffer is moved, replaced or written to."""
    version = 0 if buffer.is_inference() else buffer._version
    return buffer.data_ptr(), buffer.device, version, buffer.dtype


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, domains: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = DomainNorm(outputs, domains)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = DomainNorm(outputs, domains)

    def forward(self, x: Tensor, domain: int | None) -> Tensor:
        x = F.relu(self.norm1(self.conv1(x), domain))
        return F.relu(self.norm2(self.conv2(x), domain))

    def folded(self) -> nn.Sequential:
        first, second = self.norm1.folded(self.conv1), self.norm2.folded(self.conv2)
        return nn.Sequential(first, nn.ReLU(), second, nn.ReLU())


def segmenter_file(folders: Sequence[Path] | None = None) -> Path:
    """The trained segmenter's file: in a weights folder, else the one that came with siebench.

    Raises:
        WeightsMissing: where there is none.
    """
    places = tuple(weight_folders() if folders is None else folders)
    shipped = Path(str(resources.files("bench.networks.segmenters") / FILE))
    for path in (*(folder / FILE for folder in places), shipped):
        if path.is_file():
            return path
    raise WeightsMissing(
        f"the segmenter of the procedural scenes is not here: put {shipped.name} into {places[0]}; "
        "`siebench zoo train --models segmenter` trains another one"
    )


def load_segmenter(folders: Sequence[Path] | None = None) -> SegmenterNet:
    """The trained segmenter, in evaluation mode; arguments and errors as `segmenter_file`.

    Raises:
        WeightsMissing: where its file is not here.
        BadInput: where the file is damaged.
    """
    return read_segmenter(segmenter_file(folders))


def read_segmenter(path: Path) -> SegmenterNet:
    """The segmenter of a file, in evaluation mode.

    Raises:
        BadInput: where the file is damaged.
    """
    try:
        with safe_open(path, framework="pt") as archive:
            text = (archive.metadata() or {}).get(KEY, "")
            state = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
        config = SegmenterConfig.model_validate(parse_json(text, str(path)))
        network = SegmenterNet(config)
        network.load_state_dict(state)
    except (SafetensorError, ValidationError, RuntimeError, BadInput) as error:
        raise BadInput(
            f"{path}: is no segmenter of procedural scenes ({first_line(error)}); train or "
            "copy it again"
        ) from None
    return network.eval()


def write_segmenter(config: SegmenterConfig, state: Mapping[str, Tensor], path: Path) -> None:
    """Writes a segmenter's tensors in half precision with its configuration, whole or not at all."""
    tensors = {
        name: (value.half() if value.is_floating_point() else value).cpu().contiguous()
        for name, value in state.items()
    }
    content = save(tensors, metadata={KEY: json.dumps(config.model_dump(mode="json"))})
    with whole_file(path) as temporary:
        temporary.write_bytes(content)
