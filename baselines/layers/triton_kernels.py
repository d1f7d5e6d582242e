"""What `baselines.layers.fused` starts on a GPU: two kernels in Triton, each one pass over memory.

A program carries out a block of pixels by a block of channels, which lie side by side in memory. Sums are
those of the layers as written, in single precision whatever the maps hold. Only `fused` imports this
module, for Triton need not be installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from bench.core.device import is_gpu

if TYPE_CHECKING:
    from baselines.layers.fused import ModulatedNorm

__all__ = ["modulated", "summed_rows"]

_BLOCK = 2048
"""Values of a program: 16 for each of its 128 threads."""


# Compiled once for each form and width of a block: no number below is a constant of its own.
@triton.jit(do_not_specialize=["outside", "outside_second", "height", "width", "pixels"])
def _sum_rows(
    out,
    table,
    bias,
    first,
    second,
    outside,
    outside_second,
    height,
    width,
    pixels,
    channels,
    TWO: tl.constexpr,
    BIAS: tl.constexpr,
    RELU: tl.constexpr,
    P: tl.constexpr,
    C: tl.constexpr,
):
    """Nine rows of a table for each pixel, or eighteen of two parts, a bias, a ReLU."""
    pixel = tl.program_id(0).to(tl.int64) * P + tl.arange(0, P)
    channel = tl.program_id(1) * C + tl.arange(0, C)
    held = channel < channels
    row, column = pixel // width % height, pixel % width
    total = tl.full((P, C), 0.0, tl.float32)
    for place in tl.static_range(9):
        down, across = place // 3 - 1, place % 3 - 1
        inside = (pixel < pixels) & (row + down >= 0) & (row + down < height)
        inside = inside & (column + across >= 0) & (column + across < width)
        at = pixel + down * width + across
        symbol = tl.load(first + at, mask=inside, other=outside) + place * (outside + 1)
        total += tl.load(table + symbol[:, None] * channels + channel[None, :], mask=held[None, :])
        if TWO:
            symbol = tl.load(second + at, mask=inside, other=outside_second)
            symbol += 9 * (outside + 1) + place * (outside_second + 1)
            total += tl.load(
                table + symbol[:, None] * channels + channel[None, :], mask=held[None, :]
            )
    if BIAS:
        total += tl.load(bias + channel, mask=held, other=0)[None, :]
    if RELU:
        total = tl.maximum(total, 0)
    place = pixel[:, None] * channels + channel[None, :]
    tl.store(out + place, total, mask=(pixel < pixels)[:, None] & held[None, :])


def summed_rows(
    parts: list[tuple[Tensor, int]], table: Tensor, bias: Tensor | None, relu: bool
) -> Tensor:
    """For each pixel the sum of a table's rows for the nine symbols around it, plus a bias.

    Args:
        parts: one or two of symbols int64 [B,H,W] and how many S there are; symbol S stands outside
            the image.
        table: float32 [9*(S+1), C'], the rows of each place in reading order; those of a second part
            follow.
        bias: float32 [C'], or None.
        relu: whether negative sums become zero.

    Returns:
        float32 [B,H,W,C'].
    """
    symbols, outside = parts[0]
    second, outside_second = parts[-1]
    _, height, width = symbols.shape
    channels = table.shape[1]
    out = table.new_empty(*symbols.shape, channels)
    across = min(triton.next_power_of_2(channels), 128)
    down = _BLOCK // across
    grid = (triton.cdiv(symbols.numel(), down), triton.cdiv(channels, across))
    _start(
        _sum_rows,
        grid,
        out,
        table,
        table if bias is None else bias,
        symbols.contiguous(),
        second.contiguous(),
        outside,
        outside_second,
        height,
        width,
        symbols.numel(),
        channels,
        TWO=len(parts) == 2,
        BIAS=bias is not None,
        RELU=relu,
        P=down,
        C=across,
    )
    return out


@triton.jit(do_not_specialize=["size", "pixels"])
def _modulate(
    out,
    x,
    mean,
    variance,
    maps,
    bias,
    more,
    more_bias,
    noise,
    noise_scale,
    size,
    pixels,
    channels,
    epsilon,
    slope,
    EACH: tl.constexpr,
    MORE: tl.constexpr,
    NOISE: tl.constexpr,
    P: tl.constexpr,
    C: tl.constexpr,
):
    """One block of `modulated`; see there."""
    pixel = tl.program_id(0).to(tl.int64) * P + tl.arange(0, P)[:, None]
    channel = tl.program_id(1) * C + tl.arange(0, C)[None, :]
    held = channel < channels
    here = (pixel < pixels) & held
    value = tl.load(x + pixel * channels + channel, mask=here, other=0).to(tl.float32)
    if NOISE:
        drawn = tl.load(noise + pixel, mask=pixel < pixels, other=0).to(tl.float32)
        value += drawn * tl.load(noise_scale + channel, mask=held, other=0)
    if EACH:
        place = pixel // size * channels + channel
        middle = tl.load(mean + place, mask=here, other=0)
        spread = tl.load(variance + place, mask=here, other=1)
    else:
        middle = tl.load(mean + channel, mask=held, other=0)
        spread = tl.load(variance + channel, mask=held, other=1)
    normal = (value - middle) * (1 / tl.sqrt(spread + epsilon))

    at = maps + pixel * (2 * channels) + channel
    gamma = tl.load(at, mask=here, other=0).to(tl.float32)
    beta = tl.load(at + channels, mask=here, other=0).to(tl.float32)
    gamma += tl.load(bias + channel, mask=held, other=0)
    beta += tl.load(bias + channels + channel, mask=held, other=0)
    if MORE == 2:
        at = more + pixel * (2 * channels) + channel
        gamma += tl.load(at, mask=here, other=0).to(tl.float32)
        beta += tl.load(at + channels, mask=here, other=0).to(tl.float32)
    if MORE == 4:
        at = more + pixel * (4 * channels) + channel
        scale = tl.load(at, mask=here, other=0).to(tl.float32)
        shift = tl.load(at + channels, mask=here, other=0).to(tl.float32)
        scale += tl.load(more_bias + channel, mask=held, other=0)
        shift += tl.load(more_bias + channels + channel, mask=held, other=0)
        gamma = gamma * (1 + scale) + shift
        scale = tl.load(at + 2 * channels, mask=here, other=0).to(tl.float32)
        shift = tl.load(at + 3 * channels, mask=here, other=0).to(tl.float32)
        scale += tl.load(more_bias + 2 * channels + channel, mask=held, other=0)
        shift += tl.load(more_bias + 3 * channels + channel, mask=held, other=0)
        beta = beta * (1 + scale) + shift
    result = normal * (1 + gamma) + beta
    result = tl.where(result < 0, result * slope, result)
    tl.store(out + pixel * channels + channel, result, mask=here)


def modulated(norm: ModulatedNorm) -> Tensor:
    """[B,C,H,W] of maps that lie channels last, the rest contiguous and float32."""
    x, maps, bias = norm.x, norm.maps, norm.bias
    batch, channels, height, width = x.shape
    out = torch.empty_like(x, dtype=torch.promote_types(x.dtype, maps.dtype))
    pixels = batch * height * width
    across = min(triton.next_power_of_2(channels), 128)
    down = _BLOCK // across
    _start(
        _modulate,
        (triton.cdiv(pixels, down), triton.cdiv(channels, across)),
        out,
        x,
        norm.mean,
        norm.variance,
        maps,
        bias,
        maps if norm.more is None else norm.more,
        bias if norm.more_bias is None else norm.more_bias,
        x if norm.noise is None else norm.noise,
        bias if norm.noise_scale is None else norm.noise_scale,
        height * width,
        pixels,
        channels,
        norm.epsilon,
        float(norm.slope),  # for a whole 1 Triton would build another kernel
        EACH=norm.mean.numel() > channels,
        MORE=0 if norm.more is None else norm.more.shape[1] // channels,
        NOISE=norm.noise is not None,
        P=down,
        C=across,
    )
    return out


def _start(kernel: Any, grid: tuple[int, int], out: Tensor, *given: Any, **fixed: Any) -> None:
    """Starts a kernel where `out` lies, which need not be the device that is current."""
    if not is_gpu(out.device):
        kernel[grid](out, *given, **fixed)
        return
    with torch.cuda.device(out.device):
        kernel[grid](out, *given, **fixed)
