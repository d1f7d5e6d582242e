"""The second weight recipe: sines of a parameter's name and index (protocol/editing.md, A.7)."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import torch
from torch import Tensor, nn


def sine_state(module: nn.Module, prefix: str = "") -> dict[str, Tensor]:
    """A float64 state dict for `module` in training form, spectral vectors iterated 20 times."""
    shapes = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    state = {
        name: _values(prefix + name, shape)
        for name, shape in shapes.items()
        if not name.endswith(("weight_u", "weight_v"))
    }
    for name in [name for name in state if name.endswith("weight_orig")]:
        u, v = _iterated(state[name])
        state[name.replace("weight_orig", "weight_u")] = u
        state[name.replace("weight_orig", "weight_v")] = v
    return state


def _values(name: str, shape: tuple[int, ...]) -> Tensor:
    q = zlib.crc32(name.encode()) % 10007
    k = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    if name.endswith("bias"):
        return (0.01 * torch.sin(0.3 * k + q)).reshape(shape)
    return (0.05 * torch.sin(12.9898 * k + 0.1 * q)).reshape(shape)


def _iterated(weight: Tensor) -> tuple[Tensor, Tensor]:
    matrix = weight.reshape(weight.shape[0], -1)
    u = torch.cos(0.7 * torch.arange(matrix.shape[0], dtype=torch.float64))
    u = u / u.norm()
    v = matrix.t() @ u
    for _ in range(20):
        v = matrix.t() @ u
        v = v / v.norm()
        u = matrix @ v
        u = u / u.norm()
    return u, v


def pattern() -> Mapping[str, Tensor]:
    """The fixed 256x256 image, mask and labels (34 classes) of the recipe."""
    y, x = torch.meshgrid(*2 * (torch.arange(256.0, dtype=torch.float64),), indexing="ij")
    image = torch.stack([torch.sin(0.05 * x * (c + 1) + 0.03 * y) for c in range(3)])
    mask = (x >= 128) | ((y >= 40) & (y < 90) & (x >= 30) & (x < 100))
    labels = (((x // 16) * 7 + (y // 32) * 3) % 34).long()
    return {"image": image[None], "mask": mask[None], "labels": labels[None]}


def neighbour_edges(plane: Tensor) -> Tensor:
    """bool [B,H,W], True where one of the four neighbours differs."""
    padded = torch.nn.functional.pad(plane.double()[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    middle = padded[:, 1:-1, 1:-1]
    around = (padded[:, :-2, 1:-1], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
    return torch.stack([middle != other for other in around]).any(0)
