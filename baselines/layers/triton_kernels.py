"""What `baselines.layers.fused` starts on a GPU: kernels in Triton, each one pass over memory.

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
    from baselines.layers.modulated_norm import Gradients, ModulatedNorm

__all__ = ["modulated", "modulated_back", "summed_rows"]

_BLOCK = 2048
"""Values of a program: 16 for each of its 128 threads."""

_BLOCK_BACK = 512
"""Those of a gradient's, which holds three times as many numbers for each."""


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
    down, across = _block(channels, _BLOCK)
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
    pixel, channel, held, here = _place(pixels, channels, P, C)
    value = tl.load(x + pixel * channels + channel, mask=here, other=0).to(tl.float32)
    if NOISE:
        drawn = tl.load(noise + pixel, mask=pixel < pixels, other=0).to(tl.float32)
        value += drawn * tl.load(noise_scale + channel, mask=held, other=0)
    if EACH:
        middle, scale = _line(mean, variance, pixel // size * channels + channel, here, epsilon)
    else:
        middle, scale = _line(mean, variance, channel, held, epsilon)
    normal = (value - middle) * scale

    at = pixel * channels
    gamma, beta = _pair(maps + 2 * at + channel, channels, here)
    gamma += tl.load(bias + channel, mask=held, other=0)
    beta += tl.load(bias + channels + channel, mask=held, other=0)
    if MORE == 2:
        scale, shift = _pair(more + 2 * at + channel, channels, here)
        gamma, beta = gamma + scale, beta + shift
    if MORE == 4:
        one = more_bias + channel
        scale, shift = _heads(more + 4 * at + channel, one, channels, here, held)
        gamma = gamma * scale + shift
        one += 2 * channels
        scale, shift = _heads(more + 4 * at + 2 * channels + channel, one, channels, here, held)
        beta = beta * scale + shift
    result = normal * (1 + gamma) + beta
    result = tl.where(result < 0, result * slope, result)
    tl.store(out + pixel * channels + channel, result, mask=here)


@triton.jit
def _place(pixels, channels, P: tl.constexpr, C: tl.constexpr):
    """A program's pixels and channels; which channels there are, and which values."""
    pixel = tl.program_id(0).to(tl.int64) * P + tl.arange(0, P)[:, None]
    channel = tl.program_id(1) * C + tl.arange(0, C)[None, :]
    held = channel < channels
    return pixel, channel, held, (pixel < pixels) & held


@triton.jit
def _line(mean, variance, at, read, epsilon):
    """What is taken off features, and what they are multiplied with."""
    middle = tl.load(mean + at, mask=read, other=0)
    return middle, 1 / tl.sqrt(tl.load(variance + at, mask=read, other=1) + epsilon)


@triton.jit
def _pair(at, channels, here):
    """Two maps that follow each other, in single precision."""
    one = tl.load(at, mask=here, other=0).to(tl.float32)
    return one, tl.load(at + channels, mask=here, other=0).to(tl.float32)


@triton.jit
def _heads(at, bias, channels, here, held):
    """What a style's map is multiplied with, and what is added to it."""
    scale, shift = _pair(at, channels, here)
    scale += tl.load(bias, mask=held, other=0)
    return 1 + scale, shift + tl.load(bias + channels, mask=held, other=0)


def modulated(norm: ModulatedNorm) -> Tensor:
    """[B,C,H,W] of maps that lie channels last, the rest contiguous."""
    x, maps, bias = norm.x, norm.maps, norm.bias
    batch, channels, height, width = x.shape
    out = torch.empty_like(x, dtype=torch.promote_types(x.dtype, maps.dtype))
    pixels = batch * height * width
    down, across = _block(channels, _BLOCK)
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
        EACH=norm.each,
        MORE=norm.heads,
        NOISE=norm.noise is not None,
        P=down,
        C=across,
    )
    return out


@triton.jit(do_not_specialize=["size", "tiles", "splits"])
def _modulate_back(
    of_normal,
    of_maps,
    of_more,
    sums,
    gradient,
    out,
    x,
    mean,
    variance,
    maps,
    bias,
    more,
    more_bias,
    size,
    tiles,
    splits,
    channels,
    epsilon,
    slope,
    EACH: tl.constexpr,
    MORE: tl.constexpr,
    P: tl.constexpr,
    C: tl.constexpr,
):
    """Some tiles of an image: the gradients of normalised features and maps, and sums of them.

    The sums are, a row of channels each: of the features' gradient, of that times the features, of each
    map's gradient.
    """
    image = tl.program_id(0).to(tl.int64)
    channel = tl.program_id(2) * C + tl.arange(0, C)
    kept = channel < channels
    row, held = channel[None, :], kept[None, :]
    own = (image * channels if EACH else 0) + row
    middle, scale = _line(mean, variance, own, held, epsilon)
    gamma_bias = tl.load(bias + row, mask=held, other=0)
    beta_bias = tl.load(bias + channels + row, mask=held, other=0)

    of_features = tl.full((P, C), 0.0, tl.float32)
    with_features = tl.full((P, C), 0.0, tl.float32)
    of_gamma = tl.full((P, C), 0.0, tl.float32)
    of_beta = tl.full((P, C), 0.0, tl.float32)
    of_gamma_scale = tl.full((P, C), 0.0, tl.float32)
    of_gamma_shift = tl.full((P, C), 0.0, tl.float32)
    of_beta_scale = tl.full((P, C), 0.0, tl.float32)
    of_beta_shift = tl.full((P, C), 0.0, tl.float32)
    for tile in range(tiles):
        inside = (tl.program_id(1) * tiles + tile) * P + tl.arange(0, P)[:, None]
        here = (inside < size) & held
        at = (image * size + inside) * channels
        normal = (tl.load(x + at + row, mask=here, other=0).to(tl.float32) - middle) * scale
        # Triton reads no map that is not used: without heads beta, with them the last one.
        gamma, beta = _pair(maps + 2 * at + row, channels, here)
        gamma += gamma_bias
        beta += beta_bias
        whole_gamma = gamma
        if MORE == 4:
            one = more_bias + row
            gamma_scale, shift = _heads(more + 4 * at + row, one, channels, here, held)
            whole_gamma = gamma * gamma_scale + shift
            one += 2 * channels
            place = more + 4 * at + 2 * channels + row
            beta_scale, shift = _heads(place, one, channels, here, held)
        if MORE == 2:
            whole_gamma = gamma + tl.load(more + 2 * at + row, mask=here, other=0).to(tl.float32)

        before = tl.load(gradient + at + row, mask=here, other=0).to(tl.float32)
        result = tl.load(out + at + row, mask=here, other=0)
        before = tl.where(result > 0, before, before * slope)
        gain = before * normal
        # Rounded as it is kept: what is summed is what its sums are taken off.
        of_this = (before * (1 + whole_gamma)).to(of_normal.dtype.element_ty)
        tl.store(of_normal + at + row, of_this, mask=here)
        of_this = of_this.to(tl.float32)
        of_features += of_this
        with_features += of_this * normal
        if MORE == 4:
            place = of_more + 4 * at + row
            product = gain * gamma
            tl.store(place, product, mask=here)
            tl.store(place + channels, gain, mask=here)
            of_gamma_scale += product
            of_gamma_shift += gain
            product = before * beta
            tl.store(place + 2 * channels, product, mask=here)
            tl.store(place + 3 * channels, before, mask=here)
            of_beta_scale += product
            of_beta_shift += before
            gain *= gamma_scale
            before *= beta_scale
        place = of_maps + 2 * at + row
        tl.store(place, gain, mask=here)
        tl.store(place + channels, before, mask=here)
        of_gamma += gain
        of_beta += before

    rows = 8 if MORE == 4 else 4
    place = sums + (image * splits + tl.program_id(1)) * rows * channels + channel
    tl.store(place, tl.sum(of_features, axis=0), mask=kept)
    tl.store(place + channels, tl.sum(with_features, axis=0), mask=kept)
    tl.store(place + 2 * channels, tl.sum(of_gamma, axis=0), mask=kept)
    tl.store(place + 3 * channels, tl.sum(of_beta, axis=0), mask=kept)
    if MORE == 4:
        tl.store(place + 4 * channels, tl.sum(of_gamma_scale, axis=0), mask=kept)
        tl.store(place + 5 * channels, tl.sum(of_gamma_shift, axis=0), mask=kept)
        tl.store(place + 6 * channels, tl.sum(of_beta_scale, axis=0), mask=kept)
        tl.store(place + 7 * channels, tl.sum(of_beta_shift, axis=0), mask=kept)


@triton.jit(do_not_specialize=["size", "pixels", "rows"])
def _normalise_back(
    of_normal,
    x,
    mean,
    variance,
    sums,
    size,
    pixels,
    rows,
    channels,
    epsilon,
    share,
    EACH: tl.constexpr,
    P: tl.constexpr,
    C: tl.constexpr,
):
    """Turns normalised features' gradient into the features' own, in its place."""
    pixel, channel, held, here = _place(pixels, channels, P, C)
    if EACH:
        image = pixel // size
        at, total, read = image * channels + channel, image * rows * channels + channel, here
    else:
        at, total, read = channel, channel, held
    middle, scale = _line(mean, variance, at, read, epsilon)
    mean_of = share * tl.load(sums + total, mask=read, other=0)
    mean_with = share * tl.load(sums + total + channels, mask=read, other=0)
    normal = (tl.load(x + pixel * channels + channel, mask=here, other=0) - middle) * scale
    place = of_normal + pixel * channels + channel
    before = tl.load(place, mask=here, other=0).to(tl.float32)
    tl.store(place, scale * (before - mean_of - normal * mean_with), mask=here)


_PROGRAMS = 2048
"""About how many programs a gradient's sums are shared out to."""


def modulated_back(norm: ModulatedNorm, out: Tensor, gradient: Tensor) -> Gradients:
    """The gradients of what `modulated` is given, where mean and variance are those of `x` itself.

    Args:
        norm: as for `modulated`, without noise.
        out: what it gave, channels last.
        gradient: of that, channels last.
    """
    x, maps, more = norm.x, norm.maps, norm.more
    batch, channels, height, width = x.shape
    size, pixels, each = height * width, batch * height * width, norm.each
    of_x, of_maps = torch.empty_like(x), torch.empty_like(maps)
    heads = norm.heads
    of_more = of_maps if more is None or heads == 2 else torch.empty_like(more)
    down, across = _block(channels, _BLOCK_BACK)
    every, beside = triton.cdiv(size, down), triton.cdiv(channels, across)
    tiles = triton.cdiv(every * batch * beside, _PROGRAMS)
    splits = triton.cdiv(every, tiles)
    rows = 8 if heads == 4 else 4
    sums = x.new_empty(batch, splits, rows, channels, dtype=torch.float32)
    _start(
        _modulate_back,
        (batch, splits, beside),
        of_x,
        of_maps,
        of_more,
        sums,
        gradient,
        out,
        x,
        norm.mean,
        norm.variance,
        maps,
        norm.bias,
        maps if more is None else more,
        norm.bias if norm.more_bias is None else norm.more_bias,
        size,
        tiles,
        splits,
        channels,
        norm.epsilon,
        float(norm.slope),
        EACH=each,
        MORE=heads,
        P=down,
        C=across,
    )
    sums = sums.sum(1) if each else sums.sum((0, 1))  # [B,rows,C], [rows,C]
    down, across = _block(channels, _BLOCK)
    _start(
        _normalise_back,
        (triton.cdiv(pixels, down), beside),
        of_x,
        x,
        norm.mean,
        norm.variance,
        sums,
        size,
        pixels,
        rows,
        channels,
        norm.epsilon,
        1 / (size if each else pixels),
        EACH=each,
        P=down,
        C=across,
    )
    of_bias, of_more_bias = torch.split(
        (sums.sum(0) if each else sums)[2:].flatten(), [2 * channels, (rows - 4) * channels]
    )
    if heads == 0:
        return of_x, of_maps, of_bias, None, None
    return of_x, of_maps, of_bias, of_more, of_more_bias if heads == 4 else None


def _block(channels: int, values: int) -> tuple[int, int]:
    """How many pixels by how many channels make a program's block of so many values."""
    across: int = min(triton.next_power_of_2(channels), 128)
    return values // across, across


def _start(kernel: Any, grid: tuple[int, ...], out: Tensor, *given: Any, **fixed: Any) -> None:
    """Starts a kernel where `out` lies, which need not be the device that is current."""
    if not is_gpu(out.device):
        kernel[grid](out, *given, **fixed)
        return
    with torch.cuda.device(out.device):
        kernel[grid](out, *given, **fixed)
