"""Which score meets which: by name, under one protocol, on the same edits; or a refusal in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.core.errors import BadInput, unknown
from bench.core.identity import Record, differing_fields
from bench.core.text import counted
from bench.judge.paired import Paired, pair_classes, pair_scores, pair_values
from bench.judge.scores import ScoreKey, ScoreSet, ScoreValues
from bench.run.kept import recorded
from bench.run.reader import Run

__all__ = ["PairedScore", "check_methods", "difference_of", "pairs"]


@dataclass(frozen=True, eq=False)
class PairedScore:
    """A score before and after, with the paired difference (after minus before)."""

    before: ScoreValues
    after: ScoreValues
    difference: Paired

    @property
    def key(self) -> ScoreKey:
        """Where the newer score stands."""
        return self.after.key


def check_methods(known: ScoreSet, methods: Sequence[str], tasks: Sequence[str]) -> None:
    """Refuses methods that could not run or that failed on some edits.

    Raises:
        BadInput: with the run, the method and the reason.
    """
    for method in methods:
        if method not in known.methods:
            raise unknown(f"method in {known.name}:", method, known.methods)
        if method in known.problems:
            raise BadInput(f"{known.name}: method {method!r} did not run: {known.problems[method]}")
        for task in tasks:
            # Scenes that could not be read stand under no method.
            failed = known.failures.get((task, method)) or known.failures.get((task, ""))
            if failed is not None:
                raise BadInput(
                    f"{known.name}: {task} / {method}: {failed}; a comparison needs every edit, so "
                    "repair the method, or leave it out: `methods` in a gate's policy, --methods of compare"
                )


def pairs(
    before: ScoreSet, after: ScoreSet, methods: Sequence[tuple[str, str]], allow: Sequence[str] = ()
) -> Iterator[PairedScore]:
    """Every score of the paired methods that both have, in the order of `before`.

    Args:
        before: the older scores.
        after: the newer ones; may be the same.
        methods: (name before, name after).
        allow: fields of the protocol record that may differ ("metric.extractor" also allows the
            fields below it).

    Raises:
        BadInput: different protocols, with the fields; different edits; unknown `allow`.
    """
    _check_allowed(before, after, allow)
    looked_at: set[str] = set()
    for old, new in methods:
        for key, one in before.scores.items():
            if key.method != old or one.better == "neither":
                continue
            other = after.scores.get(key._replace(method=new))
            if other is not None and one.value is not None and other.value is not None:
                _same_protocol(before, after, one, other, allow)
                if not allow and key.task not in looked_at:
                    _same_edits(before, after, key.task)
                    looked_at.add(key.task)
                yield PairedScore(one, other, difference_of(one, other, bool(allow)))


def difference_of(before: ScoreValues, after: ScoreValues, common_only: bool = False) -> Paired:
    """The paired difference of two scores.

    Args:
        before: the older score.
        after: the newer score.
        common_only: pair the units that both have, where they differ; else refuse.

    Raises:
        BadInput: the scores are of different edits.
    """
    assert before.value is not None
    assert after.value is not None
    if before.kind == "none" or after.kind == "none" or before.kind != after.kind:
        why = before.reason or after.reason or "the values behind it were not kept"
        return Paired(after.value - before.value, None, 0, 0, note=f"cannot be paired: {why}")
    if set(before.units) != set(after.units) and not (common_only and before.kind == "edits"):
        raise BadInput(_other_units(before, after))
    at = {unit: i for i, unit in enumerate(before.units)}
    there = [(at[unit], i) for i, unit in enumerate(after.units) if unit in at]
    if not there:
        raise BadInput(f"{after.key}: there is no edit in common; compare runs of the same edits")
    old = before.values[[i for i, _ in there]]
    new = after.values[[i for _, i in there]]
    if before.kind == "scenes":
        paired_by = pair_scores if after.key.of == "all" else pair_classes
        return paired_by(before.value, after.value, old, new)
    paired = pair_values(old, new, [after.scenes[i] for _, i in there])
    if len(there) == len(before.units) == len(after.units):
        return paired
    note = f"on {counted(len(there), 'common edit')} of {len(before.units)} and {len(after.units)}"
    return replace(paired, note="; ".join(filter(None, (note, paired.note))))


def _other_units(before: ScoreValues, after: ScoreValues) -> str:
    missing = [unit for unit in before.units if unit not in set(after.units)]
    added = [unit for unit in after.units if unit not in set(before.units)]
    what = "edits" if before.kind == "edits" else "scenes"
    example = f"only one has {(missing or added)[0]!r}"
    return (
        f"{after.key}: n differs: {len(before.units)} {what} against {len(after.units)} "
        f"({example}); compare runs of the same edits"
    )


def _same_protocol(
    before: ScoreSet, after: ScoreSet, old: ScoreValues, new: ScoreValues, allow: Sequence[str]
) -> None:
    if old.protocol == new.protocol:
        return
    left, right = before.record(old.protocol), after.record(new.protocol)
    differing = differing_fields(left, right)
    refused = [line for line in differing if not _covered(line.split(":")[0], allow)]
    if refused:
        allowing = " ".join(dict.fromkeys(f"--allow {line.split(':')[0]}" for line in refused))
        raise BadInput(
            f"{new.key}: the protocols differ, so the scores cannot be compared: "
            f"{'; '.join(refused)}; to compare all the same, add {allowing}"
        )


def _same_edits(before: ScoreSet, after: ScoreSet, task: str) -> None:
    """Refuses runs in which one protocol drew other edits, as where its code was changed.

    A baseline and a run of old keep nothing of that.
    """
    if before.run is None or after.run is None or before.run.folder == after.run.folder:
        return
    old, new = (_drawn(run, task) for run in (before.run, after.run))
    for edit, images in new.items():
        for image in ("mask", "target"):
            if edit in old and old[edit].get(image) != images.get(image):
                raise BadInput(
                    f"{task}: the {image} of edit {edit!r} is not the same in {before.name} and in "
                    f"{after.name}, under one protocol: its code has changed, so give it another key, or "
                    "carry out both runs with one code"
                )


def _drawn(run: Run, task: str) -> dict[str, Mapping[str, str]]:
    """By edit, the hashes of its images."""
    slug = run.task(task).slug
    shards = [recorded(run.layout, slug, i) for i in range(len(run.layout.shards("samples", slug)))]
    return {edit: images for one in shards if one is not None for edit, images in one.edits.items()}


def _covered(field: str, allow: Sequence[str]) -> bool:
    return any(field == name or field.startswith(f"{name}.") for name in allow)


def _check_allowed(before: ScoreSet, after: ScoreSet, allow: Sequence[str]) -> None:
    known: set[str] = set()
    for record in (*before.protocols.values(), *after.protocols.values()):
        known |= _fields(record)
    for name in allow:
        if name not in known:
            raise unknown("protocol field", name, known)


def _fields(record: Record, prefix: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in record.items():
        found.add(f"{prefix}{key}")
        if isinstance(value, dict):
            found |= _fields(value, f"{prefix}{key}.")
    return found
