"""A run's checkpoint: one safetensors file with every tensor that training needs to go on.

Networks and optimisers are tensors alone, so the file holds no pickle and appears whole or not at
all. Its metadata has the step, the configuration, and what its data was; a file of another
configuration or of other data is refused, wherever the data lies. Random draws need no state, because
every one is keyed by its step.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel
from pydantic_core import to_jsonable_python
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from baselines.checkpoints.checking import differences, not_finite, other_kinds, shapes_of
from baselines.training.config import TrainingConfig, without_data_fields
from baselines.training.recipe import MovingAverage, Player
from bench.core.atomic import whole_file
from bench.core.documents import parse_json
from bench.core.errors import BadInput
from bench.core.identity import Record, differing_fields

__all__ = ["load_checkpoint", "save_checkpoint"]

KEY = "sebench.training"
_AVERAGE = "moving average/"
_BY_CONTENTS = {"path", "masks", "otherwise", "keep"}
"""Fields of the data that are compared by what they hold, or decide no weight."""


def save_checkpoint(
    path: Path,
    players: Mapping[str, Player],
    step: int,
    identity: Record,
    average: MovingAverage | None = None,
    contents: Record | None = None,
) -> None:
    """Writes the state after `step` steps, with the moving average where one is kept.

    Args:
        path: the file.
        players: networks and optimisers by name.
        step: how many steps they have seen.
        identity: the configuration's.
        average: the moving average.
        contents: what its files hold: data, masks, weights that it starts from or compares with.

    Raises:
        BadInput: no space; an earlier checkpoint of that name is untouched then.
    """
    tensors: dict[str, Tensor] = {}
    for name, player in players.items():
        for key, value in player.plain.state_dict().items():
            tensors[f"{name}/network/{key}"] = value
        for number, moments in player.optimiser.state_dict()["state"].items():
            for key, value in moments.items():
                tensors[f"{name}/optimiser/{number}/{key}"] = torch.as_tensor(value)
    if average is not None:
        tensors |= {f"{_AVERAGE}{name}": value for name, value in average.means.items()}
    plain = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    more = {} if contents is None else {"contents": contents}
    record = json.dumps({"step": step, "identity": identity, **more})
    content = save(plain, metadata={KEY: record})
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


def load_checkpoint(
    path: Path,
    players: Mapping[str, Player],
    identity: Record,
    average: MovingAverage | None = None,
    contents: Record | None = None,
) -> int:
    """Puts a checkpoint's state into the players and the average; returns how many steps it has seen.

    Args: as of `save_checkpoint`. Of a checkpoint without `contents`, from an earlier version, the
        paths must be the same.

    Raises:
        BadInput: the file is damaged, no checkpoint, of another configuration, of other data, or of
            other tensors than its configuration; the sentence says what differs.
    """
    try:
        with safe_open(path, framework="pt") as archive:
            text = (archive.metadata() or {}).get(KEY)
            tensors = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise BadInput(
            f"{path}: not a whole checkpoint ({error}); remove it to begin anew"
        ) from None
    if text is None:
        raise BadInput(f"{path}: not a training checkpoint; choose another folder")
    record = parse_json(text, str(path))
    step = record.get("step") if isinstance(record, dict) else None
    if not isinstance(step, int) or step < 0 or not isinstance(record.get("identity"), dict):
        raise BadInput(
            f"{path}: its record has no step or no configuration; remove it to begin anew"
        )
    wanted = json.loads(json.dumps(identity))
    stored = _completed(record["identity"], wanted, TrainingConfig)
    held = record.get("contents")
    if contents is not None and isinstance(held, dict):
        stored, wanted = _without_files(stored), _without_files(wanted)
        changed = differing_fields(held, json.loads(json.dumps(contents)))
    else:
        changed = []
    found = differing_fields(stored, wanted)
    if found:
        raise BadInput(
            f"{path}: is a checkpoint of another configuration ({'; '.join(found[:3])}); "
            "use that configuration or another folder"
        )
    if changed:
        raise BadInput(
            f"{path}: was trained with other files than are here now ({'; '.join(changed[:3])}); bring "
            "them back as they were, or use another folder"
        )

    def check(name: str, wrong: list[str]) -> None:
        if wrong:
            raise BadInput(
                f"{path}: does not fit its own configuration; {name}: {'; '.join(wrong)}; remove it "
                "to begin anew"
            )

    for name, player in players.items():
        network = _under(tensors, f"{name}/network/")
        wrong = differences(shapes_of(network), shapes_of(player.plain), whole=True)
        wrong += other_kinds(network, player.plain) or not_finite(network)
        if not wrong:
            wrong = _restore(player, network, _under(tensors, f"{name}/optimiser/"))
        check(name, wrong)
    if average is not None:
        means = _under(tensors, _AVERAGE)
        wrong = differences(shapes_of(means), shapes_of(average.means), whole=True)
        check("the moving average", wrong or not_finite(means))
        for name, value in average.means.items():
            value.copy_(means[name])
    return step


def _completed(stored: Record, wanted: Record, model: type[BaseModel]) -> Record:
    """An older configuration with the fields that came later, where these have their defaults."""
    found = dict(stored)
    for name, value in wanted.items():
        known = model.model_fields.get(name)
        if name not in stored and known is not None and not known.is_required():
            default = to_jsonable_python(known.get_default(call_default_factory=True))
            if value == default:
                found[name] = value
        elif known is not None and isinstance(value, dict) and isinstance(stored[name], dict):
            part = known.annotation
            if isinstance(part, type) and issubclass(part, BaseModel):
                found[name] = _completed(stored[name], value, part)
    return found


def _without_files(identity: Record) -> dict[str, Any]:
    """A configuration without the files that it names."""
    kept = without_data_fields(identity, _BY_CONTENTS)
    kept.pop("start", None)
    return kept


def _restore(player: Player, network: dict[str, Tensor], optimiser: dict[str, Tensor]) -> list[str]:
    """Puts one player's state in place; says what does not belong to its optimiser."""
    parameters = [one for group in player.optimiser.param_groups for one in group["params"]]
    moments: dict[int, dict[str, Any]] = {}
    for name, value in optimiser.items():
        number, _, key = name.partition("/")
        known = number.isdecimal() and int(number) < len(parameters)
        if not known or (value.dim() and value.shape != parameters[int(number)].shape):
            return [f"optimiser/{name} is {list(value.shape)}, which no parameter has"]
        if value.dim():  # files hold rows; a fused step wants the parameter's own layout
            value = torch.empty_like(parameters[int(number)], dtype=value.dtype).copy_(value)
        moments.setdefault(int(number), {})[key] = value
    player.plain.load_state_dict(network)
    groups = player.optimiser.state_dict()["param_groups"]
    player.optimiser.load_state_dict({"state": moments, "param_groups": groups})
    return []


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): value for n, value in tensors.items() if n.startswith(prefix)}
