"""What may lie beside the tensors of a checkpoint, stood in for by objects that do nothing.

Training scripts save their options with the weights: an `argparse.Namespace`, a NumPy scalar, a path,
an OmegaConf configuration. To read the tensors nobody needs these, so every name of the list below
is taken for a class of our own, which drops whatever it is given. The real class is never imported,
and a name that is not on the list is refused as before: the list says what is harmless beside weights.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

__all__ = ["NAMES", "listed", "offering", "stand_in"]


class _Nothing:
    """Takes every argument and every state, and keeps none."""

    __slots__ = ()

    def __new__(cls, *_: Any, **__: Any) -> Any:
        return object.__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __setstate__(self, state: Any) -> None: ...


class _Mapping:
    """A dictionary of a class of its own: its entries are kept, as those of a plain one."""

    def __new__(cls, *_: Any, **__: Any) -> Any:
        return OrderedDict()  # which PyTorch lets be filled


class _List:
    """A list of a class of its own."""

    def __new__(cls, *_: Any, **__: Any) -> Any:
        return []


_MAPPINGS = (
    "addict.addict.Dict",
    "collections.defaultdict",
    "easydict.EasyDict",
    "lightning.fabric.utilities.data.AttributeDict",
    "lightning_fabric.utilities.data.AttributeDict",
    "lightning.pytorch.utilities.parsing.AttributeDict",
    "pytorch_lightning.utilities.parsing.AttributeDict",
    "mmcv.utils.config.ConfigDict",
    "mmengine.config.config.ConfigDict",
    "munch.Munch",
    "fvcore.common.config.CfgNode",
    "yacs.config.CfgNode",
)
_LISTS = ("collections.deque",)
_OBJECTS = (
    "argparse.Namespace",
    *(
        f"builtins.{name}"
        for name in ("bool", "bytes", "dict", "float", "frozenset", "int", "list", "object")
    ),
    *(f"builtins.{name}" for name in ("range", "slice", "str", "tuple", "type")),
    "copyreg._reconstructor",
    *(f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta", "timezone")),
    "decimal.Decimal",
    "fractions.Fraction",
    "mmengine.logging.history_buffer.HistoryBuffer",
    "ml_collections.config_dict.config_dict.ConfigDict",
    *(
        f"numpy.{core}.{name}"
        for core in ("core", "_core")
        for name in ("multiarray.scalar", "multiarray._reconstruct", "numeric._frombuffer")
    ),
    *(f"numpy.{name}" for name in ("bool_", "dtype", "ndarray", "str_")),
    *(f"numpy.{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)),
    *(f"numpy.float{bits}" for bits in (16, 32, 64)),
    "operator.getitem",  # how a generic alias of `typing` is pickled
    *(
        f"pathlib{local}.{kind}Path"
        for local in ("", "._local")
        for kind in ("", "Posix", "Windows", "Pure", "PurePosix", "PureWindows")
    ),
    "torch.torch_version.TorchVersion",
    "types.SimpleNamespace",
    "uuid.UUID",
)
_PACKAGES = ("numpy.dtypes.", "omegaconf.", "typing.")
"""Everything in these modules is harmless as a stand-in, and there is much of it."""

NAMES = frozenset((*_MAPPINGS, *_LISTS, *_OBJECTS))
"""Full names of what is stood in for, beside the modules `numpy.dtypes`, `omegaconf` and `typing`."""


def listed(name: str) -> bool:
    """Whether a full name may be stood in for."""
    return name in NAMES or name.startswith(_PACKAGES)


def stand_in(name: str) -> type:
    """The class that stands in for a full name."""
    kind = _Mapping if name in _MAPPINGS else _List if name in _LISTS else _Nothing
    module, _, short = name.rpartition(".")
    # PyTorch looks a class up by the name that it bears.
    return type(short, (kind,), {"__module__": module, "__qualname__": short, "__slots__": ()})


@contextmanager
def offering(names: frozenset[str]) -> Iterator[None]:
    """While the block runs, PyTorch's weights-only reader takes these names for their stand-ins."""
    before = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()  # nothing real, whatever another library allowed
    torch.serialization.add_safe_globals([stand_in(name) for name in sorted(names)])
    try:
        yield
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(before)
