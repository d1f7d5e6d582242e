"""What a training run is: one YAML file, checked once.

    system: spmpgan
    variant: full
    network: {size: 64, ngf: 5, hidden: 12}
    data: {dataset: procedural-rooms, load: [64, 64]}
    steps: 20000

The shipped files in `configs/` hold the papers' values, one per system, and one `small-SYSTEM`
preset each for networks that fit into the package. An ablation is the same file with another
variant, so that data, steps, seed and budget are shared.
"""

from __future__ import annotations

import bisect
import contextlib
import itertools
from collections.abc import Collection, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from bench.core.documents import read_yaml
from bench.core.errors import BadInput, first_fault, unknown
from bench.core.identity import Record
from bench.suite.places import beside
from bench.suite.protocols import parameters_beside, protocol_class
from masks import MaskError

__all__ = [
    "MaskProtocol",
    "Optimisation",
    "TrainingConfig",
    "TrainingData",
    "Weights",
    "changed_config",
    "config_names",
    "read_config",
    "without_data_fields",
]

_STRICT = ConfigDict(frozen=True, extra="forbid")


def _placed(written: Path, info: ValidationInfo) -> Path:
    """A path as a suite's: from the folder of the file that is read, `start` also the name of weights."""
    home = (info.context or {}).get("home")
    return Path(beside(str(written), home, by_name=info.field_name == "start"))


def _with_folders(written: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    """A protocol's parameters, its folders found as a suite's; an unknown protocol is refused later."""
    with contextlib.suppress(BadInput, MaskError):
        kind = protocol_class(info.data.get("protocol", ""))
        return parameters_beside(kind, written, (info.context or {}).get("home"))
    return written


_Place = Annotated[Path, AfterValidator(_placed)]
_Beta = Annotated[float, Field(ge=0, lt=1)]


class MaskProtocol(BaseModel):
    """One type of mask in the mixture: a protocol of `masks` with its parameters."""

    model_config = _STRICT

    protocol: str
    parameters: Annotated[dict[str, Any], AfterValidator(_with_folders)] = Field(
        default_factory=dict
    )


class TrainingData(BaseModel):
    """Which scenes, and how one becomes an example.

    Attributes:
        dataset, subset, path, count: as for `bench.datasets.open_dataset`; `subset` is the split, and
            `path` counts from the configuration's file.
        also: further datasets that take turns with the first, step by step (the segmenter's).
        load: (height, width) that scenes are brought to; None = as they are.
        crop: (height, width) of the random crop; None = no crop.
        flip: mirror every other image, drawn by key (left and right classes are not swapped).
        masks: the mixture; empty = nothing is masked (synthesis). With one, Pix2PixHD's features and
            SEAN's style codes come from what it leaves; without, from the whole image, as published.
            SPADE looks at no image.
        otherwise: the mask of a scene for which the drawn type has none (published: the brush).
        mixture: "index" = the scene's place in the dataset picks the type, so that a scene always
            gets the same one (docs/protocol/editing.md, D.4); "key" = drawn anew each time.
        keep: how many decoded scenes stay in memory.
    """

    model_config = _STRICT

    dataset: str
    subset: str | None = "train"
    path: _Place | None = None
    count: int | None = Field(default=None, ge=1)
    also: tuple[str, ...] = ()
    load: tuple[PositiveInt, PositiveInt] | None = None
    crop: tuple[PositiveInt, PositiveInt] | None = None
    flip: bool = True
    masks: tuple[MaskProtocol, ...] = ()
    otherwise: MaskProtocol = MaskProtocol(protocol="freeform@1")
    mixture: Literal["index", "key"] = "index"
    keep: int = Field(default=4096, ge=0)


class Weights(BaseModel):
    """The weights of the losses; 0 switches one off. Every default is off.

    Attributes:
        gan: adversarial. l1: mean absolute error. perceptual, style: through `through`. colour: of
            the mean colours of places; no paper has it (`baselines.training.losses`).
        matching: of the discriminator's features. rebuilt, swapped, patch: the Swapping
            Autoencoder's adversarial losses. r1, patch_r1, segmentation_r1: gradient penalties,
            computed at every `lazy`-th step and scaled by it. objects, context, layout_gan: HIM's
            layout generator's cross entropies of the object and of the labels around it, and its
            adversarial loss. path, coarse: SemanticStyleGAN's path length, at every `path_lazy`-th
            step, and its coarse segmentation's distance to the final one.
            patch, object_l1, cycle of SIEDOB: its border patches' adversarial loss, its objects'
            mean absolute error, and that of the style codes read back.
        mixing: the share of batches that mix two of SemanticStyleGAN's codes.
        through: the network of the perceptual and style losses; named in every card. Both must be
            there: one never stands in for the other unasked.
    """

    model_config = _STRICT

    gan: float = Field(default=0, ge=0)
    l1: float = Field(default=0, ge=0)
    colour: float = Field(default=0, ge=0)
    perceptual: float = Field(default=0, ge=0)
    style: float = Field(default=0, ge=0)
    matching: float = Field(default=0, ge=0)
    rebuilt: float = Field(default=0, ge=0)
    swapped: float = Field(default=0, ge=0)
    patch: float = Field(default=0, ge=0)
    r1: float = Field(default=0, ge=0)
    patch_r1: float = Field(default=0, ge=0)
    objects: float = Field(default=0, ge=0)
    context: float = Field(default=0, ge=0)
    layout_gan: float = Field(default=0, ge=0)
    object_l1: float = Field(default=0, ge=0)
    cycle: float = Field(default=0, ge=0)
    lazy: int = Field(default=16, ge=1)
    segmentation_r1: float = Field(default=0, ge=0)
    path: float = Field(default=0, ge=0)
    path_lazy: int = Field(default=4, ge=1)
    coarse: float = Field(default=0, ge=0)
    mixing: float = Field(default=0, ge=0, le=1)
    through: Literal["vgg19", "segmenter"] = "vgg19"


class Optimisation(BaseModel):
    """Adam for both sides.

    Attributes:
        generator, discriminator: learning rates. betas: of both.
        constant: share of the steps at full rate; then it falls linearly to 0 (1 = constant).
    """

    model_config = _STRICT

    generator: float = Field(gt=0)
    discriminator: float = Field(gt=0)
    betas: tuple[_Beta, _Beta]
    constant: float = Field(default=1.0, ge=0, le=1)

    def factor(self, step: int, steps: int) -> float:
        """What the learning rates are multiplied with at a step of 0..steps-1."""
        falling = steps * (1 - self.constant)
        return 1.0 if falling <= 0 else min(1.0, (steps - step) / falling)


class TrainingConfig(BaseModel):
    """A training run.

    Attributes:
        system, variant: as `baselines.checkpoints` knows them; "segmenter" is not one of these.
        network: fields of the system's configuration beside the variant's; the classes come from
            the data.
        data, weights, optimisation: see there.
        batch: examples a step, on each device.
        epochs: passes over the data where `steps` is None.
        steps: steps of the whole run.
        seed: of the initial weights and of every draw.
        phases: shares of the steps for the parts of a training: SSAE's three (autoencoder, mask
            predictors, refinement), HIM's two (image, layout), the segmenter's two; for
            Pix2PixHD's local enhancer, the share in which it is trained alone, and the rest;
            SIEDOB's four (background, object inpainting, object style, fusion); (1) where there is
            one.
        batches: examples a step in each phase, on each device; `batch` where empty.
        phase_data: the scenes of each phase where they are not those of `data` (SIEDOB cuts its
            objects out of larger ones); empty = `data` in all.
        start: weights of what was trained before, as `load_network` takes them: SSAE's autoencoder or
            all of an SSAE, Pix2PixHD's global generator, HIM's image generator, the generator of SPMPGAN,
            DivSem, SPADE, SESAME, SEAN and SIEDOB, also of another size. Discriminators begin anew.
        balance: (low, high): where a term of the layout's discriminator is below `low`, it rests for
            the step; where one is above `high`, the generator does; HIM on ADE20K.
        ema: what a moving average of the weights keeps of itself at each step (0.999); it is what is
            saved. 0 = none is kept.
        precision: of Lightning Fabric.
        checkpoint, picture: steps between two checkpoints, and between two logged images.
        source: where the values come from.
    """

    model_config = _STRICT

    system: str
    variant: str
    network: dict[str, Any] = Field(default_factory=dict)
    data: TrainingData
    weights: Weights = Weights()
    optimisation: Optimisation
    batch: int = Field(ge=1)
    epochs: float | None = Field(default=None, gt=0)
    steps: int | None = Field(default=None, ge=1)
    seed: int = Field(default=0, ge=0)
    phases: tuple[Annotated[float, Field(ge=0)], ...] = (1.0,)
    batches: tuple[Annotated[int, Field(ge=1)], ...] = ()
    phase_data: tuple[TrainingData | None, ...] = ()
    start: _Place | None = None
    balance: tuple[float, float] | None = None
    ema: float = Field(default=0, ge=0, lt=1)
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    checkpoint: int = Field(default=500, ge=1)
    picture: int = Field(default=500, ge=1)
    source: str = ""

    @model_validator(mode="after")
    def _one_length(self) -> TrainingConfig:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("give exactly one of epochs and steps")
        if abs(sum(self.phases) - 1) > 1e-9:
            raise ValueError("phases must add up to 1")
        for name, given in (("batches", self.batches), ("phase_data", self.phase_data)):
            if given and len(given) != len(self.phases):
                raise ValueError(f"{name} must have one entry for each of the phases")
        return self

    def phase(self, step: int, steps: int) -> tuple[int, range]:
        """Number and steps of the phase that a step of 0..steps-1 lies in."""
        ends = self._ends(steps)
        number = bisect.bisect_right(ends, step)
        return number, range(ends[number - 1] if number else 0, ends[number])

    def examples(self, done: int, steps: int, devices: int = 1) -> int:
        """How many examples the first `done` of `steps` steps take, on all devices together."""
        parts = itertools.pairwise([0, *(min(done, end) for end in self._ends(steps))])
        batches = self.batches or (self.batch,) * len(self.phases)
        return devices * sum(batch * (end - begin) for batch, (begin, end) in zip(batches, parts))

    def _ends(self, steps: int) -> list[int]:
        """The step at which each phase has ended."""
        return [round(share * steps) for share in itertools.accumulate(self.phases)]

    def length(self, scenes: int, devices: int) -> int:
        """How many steps the run has."""
        if self.steps is not None:
            return self.steps
        assert self.epochs is not None
        return max(1, round(self.epochs * scenes / (self.batch * devices)))

    def identity(self) -> Record:
        """What must be equal where a run is resumed: everything but how often it is written down.

        More steps may be asked for later where no schedule depends on their number.
        """
        free = {"checkpoint", "picture", "source"}
        if self.optimisation.constant == 1 and self.phases[0] == 1:
            free |= {"steps", "epochs"}
        return self.model_dump(mode="json", exclude=free)


def config_names() -> list[str]:
    """The shipped configurations, sorted."""
    folder = resources.files("baselines.training") / "configs"
    return sorted(Path(f.name).stem for f in folder.iterdir() if f.name.endswith(".yaml"))


def read_config(name: str | Path, changes: Mapping[str, Any] | None = None) -> TrainingConfig:
    """A configuration from a file, or the shipped one of that name.

    Args:
        name: path of a YAML file, or one of `config_names()`.
        changes: fields in place of the file's; `steps` puts `epochs` out of use, and the other way round.

    Raises:
        BadInput: no such file, no YAML, or a field that is unknown, missing or out of its range.
    """
    file, home = _file(name)
    content = read_yaml(file)
    if not isinstance(content, dict):
        raise BadInput(f"{name}: holds no fields; see the shipped {', '.join(config_names())}")
    return _checked({**content, **_of_one_length(changes or {})}, name, home)


def changed_config(
    config: TrainingConfig, changes: Mapping[str, Any], source: str
) -> TrainingConfig:
    """A configuration with other values in some of its fields.

    Args:
        config: the one to change; it stays as it is.
        changes: values by field, such as `batch`; a field of a field is named with a dot, such as
            `data.count`. A length is given as in `read_config`.
        source: what an error names.

    Raises:
        BadInput: a field that is not there, or a value that is out of its range.
    """
    content = config.model_dump()
    for name, value in _of_one_length(changes).items():
        *path, last = name.split(".")
        place: Any = content
        for part in path:
            place = place.get(part) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise BadInput(f"{source}: {name}: {'.'.join(path)} has no fields of its own")
        place[last] = value
    return _checked(content, source)


def without_data_fields(config: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """A plain configuration, whose data and that of each phase lack some fields."""

    def lacking(data: Any) -> Any:
        if isinstance(data, list):
            return [lacking(one) for one in data]
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if name not in fields}
        return data

    return {
        name: lacking(value) if name in ("data", "phase_data") else value
        for name, value in config.items()
    }


def _of_one_length(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes that, where they give a length, put the other way of giving it out of use."""
    lengths = dict.fromkeys(("steps", "epochs"))
    return {**lengths, **changes} if lengths.keys() & changes.keys() else dict(changes)


def _checked(
    content: Mapping[str, Any], source: str | Path, home: Path | None = None
) -> TrainingConfig:
    try:
        return TrainingConfig.model_validate(content, context={"home": home})
    except ValidationError as error:
        where, why = first_fault(error)
        raise BadInput(f"{source}: {where or 'the file'}: {why}") from None


def _file(name: str | Path) -> tuple[Path, Path | None]:
    """The file, and the folder that its paths count from; a shipped one has none."""
    path = Path(name)
    if path.suffix or len(path.parts) > 1:
        return path, path.parent
    if str(name) not in config_names():
        raise unknown("training configuration", str(name), config_names())
    return Path(str(resources.files("baselines.training"))) / "configs" / f"{name}.yaml", None
