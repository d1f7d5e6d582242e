"""The contract of protocols: what one must give, and what else it may say of itself."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from masks.parameters import parameters_of
from masks.spec import DrawnEdit, Impossible, MaskError, Operation, Site
from masks.streams import Stream

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

__all__ = ["Protocol", "title_of"]


class Protocol(abc.ABC):
    """A named, versioned recipe for edits.

    Derive from it to write your own:

        @dataclass(frozen=True)
        class LeftBand(masks.Protocol):
            '''A band at the left of the image is masked, of random width.'''

            key: ClassVar[str] = "left-band@1"
            operation: ClassVar[masks.Operation] = "inpaint"

            widest: float = 0.5

            def draw(self, site, *, seed=0, sample=0):
                share = self.stream(site, seed, sample).uniforms(1)[0] * self.widest
                mask = np.zeros(site.size, dtype=bool)
                mask[:, : int(site.size[1] * share)] = True
                return masks.inpaint(site, mask)

    Its fields are its parameters: declared plainly, or by `masks.parameters` with a range and a
    meaning. A protocol gives `key`, `operation` and `draw`; everything else has a default that suits
    one which draws whole scenes.

    The rules: equal protocols draw the same edit for the same site, seed and sample, in any order,
    process and machine, so random numbers come from `stream` alone. The site's arrays stay as they
    are. What cannot be drawn is an `Impossible` with a reason, never an exception. Once edits are
    published, another outcome is another key (`left-band@2`).

    Attributes:
        key: name and version, as in "freeform@1".
        operation: what its edits ask for, one of `masks.Operation`.
        title: as a reader of a table calls its edits; from the key where it is left out.

    Raises:
        MaskError: when it is made with a value of the wrong kind or range; the sentence names the
            protocol, the field, the value and what was expected.
    """

    key: ClassVar[str]
    operation: ClassVar[Operation]
    title: ClassVar[str] = ""

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        key = getattr(cls, "key", None)
        if not cls.title and isinstance(key, str):
            cls.title = title_of(key)

    def __post_init__(self) -> None:
        for parameter in parameters_of(type(self)):
            value = getattr(self, parameter.name)
            try:
                kept = parameter.check(value)
            except (TypeError, ValueError, OverflowError):
                raise MaskError(
                    f"{self.key}: {parameter.name} must be {parameter.expected}, not {value!r}"
                ) from None
            object.__setattr__(self, parameter.name, kept)

    @abc.abstractmethod
    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of a scene; the same on every machine.

        Args:
            site: the scene; its arrays must not be changed.
            seed: the task's seed, 0 or above.
            sample: the edit's index among the scene's edits, 0 or above.

        Returns:
            The edit, its arrays of the site's size or of `edit_size`, with at least one pixel in its
            mask; or why this scene has none.

        Raises:
            MaskError: where the task cannot mean what it says (a class that the dataset does not
                have); what only this scene lacks is `Impossible`.
        """

    def stream(self, site: Site, seed: int, sample: int) -> Stream:
        """The random stream of one edit, named by key, dataset, scene, seed and sample.

        Parameters are no part of its name: a protocol with another parameter sees the same random
        words, so that a wider brush follows the same path and an ablation over a parameter is paired.
        """
        return Stream(self.key, site.dataset, site.scene, seed, sample)

    def parameters(self) -> dict[str, Any]:
        """The values of all fields as JSON holds them; `make_protocol` makes an equal one of them."""
        values = {one.name: getattr(self, one.name) for one in parameters_of(type(self))}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}

    @property
    def identity(self) -> dict[str, Any]:
        """What the protocol hash says beside the key, as JSON: the parameters.

        A protocol over files tells here what they hold, not where they lie.
        """
        return self.parameters()

    @property
    def varies(self) -> bool:
        """Whether another seed or sample may give another edit of the same scene."""
        return True

    @property
    def coverage(self) -> tuple[float, float] | None:
        """The least and the largest masked share of the image, in 0..1; None where it is not known."""
        return None

    @property
    def drawn_by(self) -> str:
        """The key of the protocol that drew the edits: its own, but for a pack."""
        return self.key

    def edit_size(self, size: tuple[int, int] | None) -> tuple[int, int] | None:
        """(height, width) of every edit that is drawn of scenes of one size.

        Args:
            size: of the scenes; None where each has its own.

        Returns:
            None where edits differ, or where only drawing them tells.
        """
        return size

    def paired_with(self, scenes: Sequence[str]) -> Self:
        """The protocol for the scenes of one dataset: itself, unless edits depend on their order.

        Args:
            scenes: the ids of all scenes, in the dataset's order.

        Raises:
            MaskError: where it has no edits for these scenes.
        """
        del scenes
        return self

    @classmethod
    def trial(cls, sites: Sequence[Site], folder: Path) -> Self:
        """A protocol for the conformance check to try: the one with default parameters.

        Args:
            sites: the made scenes on which it will be tried, with seed 0 and samples 0 to 7.
            folder: an empty folder, for a protocol over files to write what it reads.
        """
        del sites, folder
        return cls()


def title_of(name: str) -> str:
    """A title for a key or name that has none: "left-band@1" is "left band"."""
    return name.partition("@")[0].replace("-", " ")
