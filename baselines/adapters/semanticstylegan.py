"""SemanticStyleGAN as an editor (docs/protocol/rivals.md, C.6, C.7 and C.9).

The network takes neither an image nor a mask, so an edit is an optimisation: the image is found in
the network's codes, the region's rows are replaced, and the image is made anew.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from baselines.adapters.demands import Demands
from baselines.adapters.fitting import fit_images, fit_lanczos
from baselines.adapters.network_editor import NetworkEditor
from baselines.adapters.options import Arithmetic, Precision, check_choice
from baselines.semanticstylegan import VARIANTS, SemanticStyleGAN
from baselines.semanticstylegan.face_parts import PARTS, class_of
from baselines.semanticstylegan.inversion import Inversion, Inverter, Schedule
from baselines.semanticstylegan.latents import class_rows, truncate
from bench.batch import EditBatch
from bench.core.errors import BadInput, EditFailed
from bench.networks.perceptual_distance import Through, perceptual_distance
from masks.streams import Stream

__all__ = ["Change", "NoiseMaps", "SemanticStyleGANEditor"]

Change = Literal["restyle", "resample", "fill"]
"""What becomes of the region's class: another texture, another shape and texture, or the masked region
is filled with what the code of the known pixels shows there."""

NoiseMaps = Literal["stored", "optimised"]
"""The renderer's noise maps: those of the weights, or moved with the code."""


class SemanticStyleGANEditor(NetworkEditor[nn.Module]):
    """SemanticStyleGAN (CVPR 2022): finds a face in its codes and changes one part of it.

    Every edit takes `steps` passes through network and perceptual network, forwards and backwards:
    about half an hour on one core at 512 pixels. Its time counts them.

    Args:
        weights: a safetensors file with a card of system "semanticstylegan".
        variant: refuse weights of another variant; any where None.
        edit: "restyle" = the region's class gets another texture; "resample" = another shape and
            texture; both need the whole image. "fill" = the code of the known pixels fills the masked
            region; target labels are not looked at.
        steps: of the inversion; 400 as published.
        through: LPIPS through "vgg" (published), "alex" or "squeeze", or "segmenter": our own
            segmenter, which comes with siebench and knows drawn scenes alone.
        noise: "stored" = the weights' noise maps; "optimised" = moved with the code.
        tuning: further steps on the network's own parameters, the code fixed; 0 as published.
        tuning_rate: Adam's rate for them, 1e-4 as published. A small network needs more to come near.
        truncation: how far a random code may be from the mean code, 0 to 1.
        precision: of convolutions and products; the halves change images by grey levels.
        compile: fuse pixel-by-pixel arithmetic into compiled kernels; without effect on the inversion.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant; an option
            that is out of its range.
        WeightsMissing: the perceptual network is not here.
    """

    system = "semanticstylegan"
    network_class = SemanticStyleGAN
    variants = tuple(VARIANTS)

    def __init__(
        self,
        weights: str,
        variant: str | None = None,
        edit: Change = "restyle",
        steps: int = 400,
        through: Through = "vgg",
        noise: NoiseMaps = "stored",
        tuning: int = 0,
        tuning_rate: float = 1e-4,
        truncation: float = 0.7,
        precision: Precision = "float32",
        compile: bool = False,
    ) -> None:
        for option, value, literal in (
            ("edit", edit, Change),
            ("through", through, Through),
            ("noise", noise, NoiseMaps),
        ):
            check_choice(self.system, option, value, literal)
        _check_numbers(steps, tuning, tuning_rate, truncation)
        # A rate that no step goes by decides nothing.
        rate = {"tuning_rate": tuning_rate} if tuning else {}
        self.load(
            weights,
            variant,
            Arithmetic(precision, compile),
            edit=edit,
            steps=steps,
            noise=noise,
            tuning=tuning,
            truncation=truncation,
            **rate,
        )
        assert isinstance(self.network, SemanticStyleGAN)
        self.generator = self.network
        distance = perceptual_distance(through)
        self.identity["perceptual"] = distance.identity
        self.inverter = Inverter(self.generator, distance)
        # What is moved to a device, and counted, is everything that an edit goes through.
        self.network = self.inverter
        self.edits, self.truncation = edit, truncation
        self.needs = frozenset() if edit == "fill" else frozenset({"original"})
        self.schedule = Schedule(
            steps=steps,
            optimise_noise=noise == "optimised",
            tuning=tuning,
            tuning_rate=tuning_rate,
        )
        self._mean: Tensor | None = None

    @property
    def demands(self) -> Demands:
        """Faces, as squares; regions to restyle, or masked regions to fill beside known pixels."""
        filling = self.edits == "fill"
        names = self.generator.config.names
        return Demands(
            masked=True,
            known=filling,
            square=True,
            named={name: frozenset(PARTS.get(name, ())) for name in names},
            operations=frozenset({"inpaint"} if filling else {"restyle"}),
        )

    def generate(self, batch: EditBatch) -> Tensor:
        """Whole images, made from the codes that were found and changed.

        Raises:
            EditFailed: a region that is none of the network's classes, or no whole image.
        """
        numbers = [self._class(batch, i) for i in range(len(batch))]
        # One by one: four hundred steps of a company's rounding would reach every image.
        made = [self._edited(batch.take([i]), number) for i, number in enumerate(numbers)]
        height, width = batch.labels.shape[1:]
        return fit_images(torch.cat(made).float().clamp(-1, 1), (int(height), int(width)))

    def _edited(self, edit: EditBatch, number: int | None) -> Tensor:
        side = self.generator.config.size
        if self.edits == "fill":
            hidden = F.adaptive_max_pool2d(edit.mask, side)
            found = self._invert(fit_lanczos(edit.masked, side), 1 - hidden)
        else:
            if edit.original is None:
                raise EditFailed("original: the batch has no whole image to restyle")
            found = self._invert(fit_lanczos(edit.original, side), None)
        codes = found.codes
        if number is not None:
            codes = self.replaced(codes, number, edit.generator(0))
        image: Tensor = found.network(codes, noise=found.noise, segment=False).image
        return image

    def _invert(self, image: Tensor, known: Tensor | None) -> Inversion:
        return self.inverter.invert(image, self.mean_code(), self.schedule, known)

    def replaced(self, codes: Tensor, number: int, generator: Generator) -> Tensor:
        """The codes [1,rows,D] with a random one in a class's rows, drawn towards the mean code."""
        z = torch.randn(1, codes.shape[2], generator=generator).to(codes)
        drawn = truncate(self.generator.style(z), self.mean_code(), self.truncation)
        shape, texture = class_rows(self.generator.config, number)
        changed = codes.clone()
        for row in (texture,) if self.edits == "restyle" else (shape, texture):
            changed[:, row] = drawn
        return changed

    def mean_code(self) -> Tensor:
        """The mean of 10,000 mapped codes [D], from a keyed stream; computed once a device."""
        device = next(self.generator.style.parameters()).device
        if self._mean is None or self._mean.device != device:
            word = int(Stream("semanticstylegan", "mean code").words(1)[0])
            with torch.no_grad():
                self._mean = self.generator.mean_code(Generator().manual_seed(word >> 1))
        return self._mean

    def _class(self, batch: EditBatch, i: int) -> int | None:
        if self.edits == "fill":
            return None
        names = self.generator.config.names
        number = class_of(batch.regions[i], names)
        if number is None:
            raise EditFailed(
                f"regions: edit {batch.ids[i]} is of {batch.regions[i] or 'no named region'!r}, but "
                f"the network restyles {', '.join(names)}; use a protocol that names one of them"
            )
        return number


def _check_numbers(steps: int, tuning: int, tuning_rate: float, truncation: float) -> None:
    where = f"editor {SemanticStyleGANEditor.system!r}"
    for option, value, least in (("steps", steps, 1), ("tuning", tuning, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise BadInput(f"{where}: {option}: {value!r} is no whole number from {least}")
    if isinstance(tuning_rate, bool) or not isinstance(tuning_rate, (int, float)):
        raise BadInput(f"{where}: tuning_rate: {tuning_rate!r} is no number above 0")
    if not 0 < tuning_rate < math.inf:
        raise BadInput(
            f"{where}: tuning_rate: {tuning_rate!r} is out of range; give one above 0, such as 1e-4"
        )
    if isinstance(truncation, bool) or not isinstance(truncation, (int, float)):
        raise BadInput(f"{where}: truncation: {truncation!r} is no number from 0 to 1")
    if not 0 <= truncation <= 1:
        raise BadInput(f"{where}: truncation: {truncation!r} is out of range; give 0 to 1")
