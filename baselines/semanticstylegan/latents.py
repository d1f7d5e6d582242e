"""W+, the codes that a SemanticStyleGAN is made of: which row is whose (docs/protocol/rivals.md, C.2).

Rows 0 to base_layers - 1 are the coarse structure that all classes but the background share; then
every class has a row for its shape and one for its texture, the background first.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from baselines.semanticstylegan.config import SemanticStyleGANConfig

__all__ = ["class_rows", "expand", "mix", "repeat", "rows", "truncate"]


def rows(config: SemanticStyleGANConfig) -> int:
    """How many rows W+ has: 28 of the released network."""
    return config.base_layers + 2 * config.seg_dim


def class_rows(config: SemanticStyleGANConfig, number: int) -> tuple[int, int]:
    """The rows of a class's shape and texture."""
    shape = config.base_layers + 2 * number
    return shape, shape + 1


def expand(config: SemanticStyleGANConfig, codes: Tensor) -> Tensor:
    """W+ as every layer of every local generator takes it.

    Args:
        config: of the network.
        codes: [B,D], one for all rows, [B,rows,D], or already expanded.

    Returns:
        [B,classes,layers,D].

    Raises:
        ValueError: another number of rows.
    """
    classes, layers = config.seg_dim, config.local_layers
    if codes.dim() == 2:
        codes = repeat(config, codes)
    if codes.shape[1] == classes * layers:
        return torch.unflatten(codes, 1, (classes, layers))
    if codes.shape[1] != rows(config):
        raise ValueError(f"codes have {codes.shape[1]} rows, expected {rows(config)}")
    chosen = codes[:, _every_row(config, codes.device)]
    return torch.unflatten(chosen, 1, (classes, layers))


@functools.lru_cache(maxsize=16)
@torch.inference_mode(False)
def _every_row(config: SemanticStyleGANConfig, device: torch.device) -> Tensor:
    """Of each layer of each local generator, its row."""
    index = [row for k in range(config.seg_dim) for row in _layer_rows(config, k)]
    return torch.tensor(index, device=device)


def _layer_rows(config: SemanticStyleGANConfig, number: int) -> list[int]:
    shape, texture = class_rows(config, number)
    early = [shape] * config.depth_layers
    if number:
        # With as many rows as base layers, each takes its own.
        early[: config.base_layers] = range(config.base_layers)
    return early + [texture] * (config.local_layers - config.depth_layers)


def repeat(config: SemanticStyleGANConfig, code: Tensor) -> Tensor:
    """One code [B,D] in all rows of W+, [B,rows,D]."""
    return code.unsqueeze(1).expand(-1, rows(config), -1)


def truncate(codes: Tensor, mean: Tensor, share: float) -> Tensor:
    """Codes [...,D] drawn towards the mean: mean + share * (codes - mean)."""
    return torch.lerp(mean.expand_as(codes), codes, share)


def mix(
    config: SemanticStyleGANConfig, codes: Sequence[Tensor], generator: Generator | None = None
) -> Tensor:
    """Two codes [B,D] in one W+, as in training.

    The shared rows are the first's; (shape, texture) of each class of each image are those of
    (first, first), (first, second) or (second, second), with equal chance.

    Args:
        config: of the network.
        codes: the two.
        generator: CPU generator of the draws; PyTorch's own on the codes' device where None.
    """
    first, second = (repeat(config, code) for code in codes)
    device = first.device if generator is None else None
    drawn = torch.randint(3, (len(first), config.seg_dim), generator=generator, device=device)
    other = torch.stack([drawn == 2, drawn >= 1], dim=2).flatten(1)
    shared = other.new_zeros(len(first), config.base_layers)
    chosen = torch.cat([shared, other], dim=1).to(first.device)
    return torch.where(chosen.unsqueeze(2), second, first)
