"""Trainings that were not made alike are named, as far as their editors say how they were made."""

from pathlib import Path

from bench.judge.compare.recipes import misnumbered_stages, unlike_networks, unlike_trainings
from bench.judge.scores import ScoreSet
from bench.run.reader import Run
from bench.run.schema import Header, MethodRow
from tests.bench.judge.made_scores import per_edit, score_set


def recipe(seed: int = 0, variant: str = "full", **changes) -> dict:
    return {
        "seed": seed,
        "network": {"variant": variant, "ngf": 5},
        "examples": 64000,
        "steps": 4000,
        "batch": 16,
        "weights": {"gan": 0.1, "l1": 10.0},
        **changes,
    }


def run(**recipes: dict | None) -> ScoreSet:
    """A run of methods with the recipes that they say, each of weights of its own."""
    rows = [
        MethodRow(
            name=name.replace("_", "-"),
            slug=name,
            title=name,
            editor="spmpgan",
            record={"identity": {"weights": name}},
            recipe=said or {},
        )
        for name, said in recipes.items()
    ]
    header = Header(format=2, name="made", title="Made", methods=tuple(rows))
    scores = [per_edit("lpips", [0.1, 0.2], method=row.name) for row in rows]
    return score_set(*scores, run=Run(Path("run"), header))


def test_trainings_that_differ_by_seed_and_variants_by_network_are_alike() -> None:
    known = run(
        full=recipe(0),
        full_seed1=recipe(1),
        S=recipe(0, "S"),
        S_seed1=recipe(1, "S"),
    )
    assert unlike_trainings(known) == []


def test_a_training_by_another_recipe_is_named_with_its_fields() -> None:
    losses = {"gan": 1.0, "l1": 10.0}
    known = run(full=recipe(0), full_seed1=recipe(1, examples=32000, weights=losses))
    (said,) = unlike_trainings(known)
    assert said == (
        "full-seed1: was trained otherwise than full (examples: 32000 against 64000; weights.gan: 1.0 "
        "against 0.1), so their spread is not that of trainings alone; train both by one recipe"
    )


def test_a_training_of_another_network_is_none_of_the_variant() -> None:
    (said,) = unlike_trainings(run(full=recipe(0), full_seed1=recipe(1, "S")))
    assert '(network.variant: "S" against "full")' in said


def test_one_seed_twice_is_named() -> None:
    (said,) = unlike_trainings(run(full=recipe(0), full_seed1=recipe(1), full_seed2=recipe(1)))
    assert said.startswith("full-seed2: has the seed of full-seed1 (1), so the spread")


def test_a_variant_that_saw_half_the_examples_is_named_once() -> None:
    half = {"examples": 32000, "steps": 2000}
    known = run(S=recipe(0, "S", **half), S_seed1=recipe(1, "S", **half), full=recipe(0))
    (said,) = unlike_trainings(known, "full")
    assert said.startswith(
        "S: was trained otherwise than full (examples: 32000 against 64000; steps: 2000 against 4000)"
    )
    assert unlike_trainings(known)[0].startswith("full: was trained otherwise than S (")


def test_of_many_fields_the_first_are_named() -> None:
    other = dict.fromkeys(("examples", "steps", "batch"), 1)
    known = run(full=recipe(), S=recipe(0, "S", weights={"gan": 2, "l1": 2}, **other), P=None)
    extra = run(full=recipe(ema=0.5), S=recipe(ema=0.9, weights={"gan": 2, "l1": 2}, **other))
    assert "other field" not in unlike_trainings(known)[0]
    assert "weights.l1: 2 against 10.0; 1 other field)" in unlike_trainings(extra)[0]


def test_who_says_nothing_or_less_is_not_asked() -> None:
    assert unlike_trainings(run(full=None, full_seed1=None, S=recipe(steps=1))) == []
    assert unlike_trainings(run(full=recipe(ema=0.5), S=recipe(), S_seed1=None)) == []
    assert unlike_trainings(score_set(per_edit("lpips", [0.1], method="full"))) == []


def test_a_stage_of_other_examples_than_are_given_for_it_is_named() -> None:
    early = run(full=recipe(examples=8000), S=recipe(examples=8000), mean=None)
    late = run(full=recipe(), S=recipe())
    assert misnumbered_stages([early, late], [8000, 64000]) == []
    (said,) = misnumbered_stages([early, late], [8000, 32000])
    assert said == (
        "made scores: full had seen 64,000 examples and not 32,000, and 1 other method had not either; "
        "give the examples that the networks of this run had seen"
    )


def test_networks_of_one_editor_that_were_not_trained_alike_are_told_together() -> None:
    known = run(
        full=recipe(),
        S=recipe(variant="S"),
        old=recipe(examples=12000, steps=1500, batch=8),
        older=recipe(examples=9000),
    )
    assert known.run is not None
    (sentence,) = found = unlike_networks(known.run.header.methods)
    assert found[sentence] == ("old", "older")
    assert sentence == (
        "old, older: trained otherwise than full (old in examples: 12000 against 64000; steps: 1500 "
        "against 4000; 1 other field), so their differences are not those of the networks alone."
    )


def test_nothing_is_said_of_other_editors_and_of_networks_without_a_recipe() -> None:
    known = run(full=recipe(), foreign=None, other=recipe(batch=8))
    assert known.run is not None
    full, foreign, other = known.run.header.methods
    assert unlike_networks([full, foreign, other.model_copy(update={"editor": "sean"})]) == {}


def test_no_folder_of_a_recipe_is_named() -> None:
    known = run(full=recipe(data="/home/me/one"), S=recipe(data="/home/me/two"))
    assert known.run is not None
    (sentence,) = unlike_networks(known.run.header.methods)
    assert "/home" not in sentence
    assert "…/two" in sentence
