"""Captured steps: replayed, they do what the same steps do as they are written."""

import gc
from contextlib import nullcontext
from dataclasses import fields, replace

import pytest
import torch
from safetensors.torch import load_file

from baselines.cuda_graphs import WARM
from baselines.layers.label_map import label_maps_as
from baselines.training import loop, progressive, synthesis
from baselines.training.captured import CapturedSteps
from baselines.training.config import changed_config
from baselines.training.data import Examples
from baselines.training.fabric import launch_fabric
from baselines.training.loop import WEIGHTS, train
from baselines.training.perceptual import PerceptualLoss
from baselines.training.pix2pixhd import Pix2PixHDRecipe
from baselines.training.progressive import ProgressiveRecipe
from baselines.training.readings import Readings
from baselines.training.recipe import TrainingRecipe
from baselines.training.trainer import make_recipe
from bench.batch import EditBatch
from bench.core.errors import BadInput
from tests.baselines.training.host import HostTraffic, tensors
from tests.baselines.training.tape import TapeBackend
from tests.baselines.training.tiny import MASKS, SYSTEMS, tiny

ALIKE = ("sae", "sesame", "siedob", "spade", "spmpgan")
"""Systems that train as others here do (`ssae`, `sean`, `divsem`), or are never captured."""

STEPS = {"ssae": 14, "semanticstylegan": 7, "segmenter": 10, "him": 12}
"""So many that a step of every kind is replayed, where it is not four."""

CAPTURED = {"him": 2, "ssae": 2, "semanticstylegan": 2, "segmenter": 2}
"""How many kinds of steps are replayed in the end, where it is not one."""


def prepared(config):
    torch.manual_seed(0)
    names = (config.data.dataset, *config.data.also)
    sources = [Examples(config.data.model_copy(update={"dataset": name}), 0) for name in names]
    recipe = make_recipe(config, sources)
    recipe.setup(launch_fabric("cpu", config), config.steps)
    return recipe, sources


def trained(config, steps=None):
    """Losses of every step and the state in the end; `steps` makes what carries them out."""
    recipe, sources = prepared(config)
    backend = TapeBackend(recipe.state)
    runner = CapturedSteps(recipe, backend)
    found = []
    for step in range(config.steps):
        source = sources[step % len(sources)]
        batch = source.batch(step * config.batch, config.batch, torch.device("cpu"))
        recipe.prepare(step)
        with label_maps_as("lookups"):  # sizes as on a GPU
            if steps == "captured":
                losses = runner(batch, step, seed=step)
            else:
                torch.manual_seed(step)
                losses = recipe.train_on(batch, step)
        found.append({name: float(value) for name, value in losses.items()})
    return found, [one.clone() for one in recipe.state()], runner


@pytest.mark.parametrize("system", [name for name in SYSTEMS if name not in ALIKE])
def test_replayed_steps_train_as_steps_that_are_written(system):
    rates = {"generator": 1e-3, "discriminator": 2e-3, "betas": (0.5, 0.9)}
    config = tiny(system, steps=STEPS.get(system, 4), ema=0.9, optimisation=rates)
    written, state_written, _ = trained(config)
    replayed, state_replayed, runner = trained(config, "captured")
    assert replayed == written
    assert all(torch.equal(a, b) for a, b in zip(state_written, state_replayed, strict=True))
    assert runner.captured == CAPTURED.get(system, 1)


def test_a_step_that_cannot_be_captured_goes_on_as_written_and_says_so_once():
    config = tiny("pix2pixhd", steps=5)
    recipe, sources = prepared(config)

    class Refusing(TapeBackend):
        def capture(self, work):
            raise RuntimeError("operation not permitted when stream is capturing\nCompile with ...")

    runner = CapturedSteps(recipe, Refusing(recipe.state))
    batch = sources[0].batch(0, config.batch, torch.device("cpu"))
    with pytest.warns(UserWarning, match="captured") as told:
        found = [runner(batch, step, seed=step) for step in range(config.steps)]
    (said,) = [str(one.message) for one in told if "captured" in str(one.message)]
    assert said.startswith(
        "pix2pixhd: its training steps (kind 0) cannot be captured (operation not"
    )
    assert "Compile with" not in said
    assert runner.captured == 0
    assert all(found)


def test_a_graph_without_memory_leaves_its_steps_as_written():
    recipe, sources = prepared(tiny("pix2pixhd"))

    class Full(TapeBackend):
        def capture(self, work):
            raise torch.OutOfMemoryError("CUDA out of memory")

    runner = CapturedSteps(recipe, Full(recipe.state))
    batch = sources[0].batch(0, 2, torch.device("cpu"))
    for step in range(WARM):
        runner(batch, step, seed=step)
    with pytest.warns(UserWarning, match=r"\(the GPU has too little memory for its graph\)"):
        runner(batch, WARM, seed=WARM)
    assert len(runner.failures) == 1


def living():
    """Tensors that somebody holds, or that wait for the garbage collector."""
    return sum(issubclass(type(one), torch.Tensor) for one in gc.get_objects())


def test_a_step_goes_on_as_written_when_nothing_of_its_failed_capture_is_kept():
    recipe, sources = prepared(tiny("pix2pixhd"))
    found = []

    class Full(TapeBackend):
        def run(self, work):
            found.append(living())
            super().run(work)

        def capture(self, work):
            work()  # makes all of a step's tensors, which its frames hold
            held = [torch.zeros(1) for _ in range(100)]
            raise torch.OutOfMemoryError("CUDA out of memory", len(held))

    runner = CapturedSteps(recipe, Full(recipe.state))
    batch = sources[0].batch(0, 2, torch.device("cpu"))
    gc.collect()
    gc.disable()
    try:
        for step in range(WARM):
            runner(batch, step, seed=step)
        with pytest.warns(UserWarning, match="too little memory"):
            runner(batch, WARM, seed=WARM)
        runner(batch, WARM + 1, seed=WARM + 1)
    finally:
        gc.enable()
    _, first, in_the_capture, after_it, later = found
    assert in_the_capture > first  # a copy of the state
    assert after_it <= first
    assert later <= first
    (why,) = runner.failures.values()
    assert "Traceback" in why
    assert "CUDA out of memory" in why


def test_where_a_capture_fails_the_other_kinds_are_captured_anew(monkeypatch):
    config = tiny("pix2pixhd", steps=13)
    monkeypatch.setattr(Pix2PixHDRecipe, "kind", lambda recipe, step: step % 2)
    expected, state_expected, _ = trained(config)

    class Picky(TapeBackend):
        """Refuses the second kind."""

        def capture(self, work):
            if len(self.tapes) == 1 and not refused:
                refused.append(work)
                raise RuntimeError("operation not permitted when stream is capturing")
            return super().capture(work)

    refused = []
    monkeypatch.setattr(f"{__name__}.TapeBackend", Picky)
    with pytest.warns(UserWarning, match=r"\(kind 1\) cannot be captured"):
        found, state_found, runner = trained(config, "captured")
    assert found == expected
    assert all(torch.equal(a, b) for a, b in zip(state_found, state_expected, strict=True))
    assert (len(runner.backend.tapes), runner.captured) == (2, 1)


def test_a_graph_that_does_not_give_the_step_is_not_used(monkeypatch):
    config = tiny("pix2pixhd", steps=WARM + 2)
    expected, state_expected, _ = trained(config)

    class Wrong(TapeBackend):
        """Its replays train, but all their losses are zero."""

        def capture(self, work):
            replay = super().capture(work)
            made = [one for *_, out in self.tapes[-1].calls for one in tensors(out)]

            def spoiled():
                replay()
                for one in made:
                    if one.dim() == 0:
                        one.detach().zero_()

            return spoiled

    monkeypatch.setattr(f"{__name__}.TapeBackend", Wrong)
    with pytest.warns(UserWarning, match=r"its first replay gives other losses than the step"):
        found, state_found, runner = trained(config, "captured")
    assert found == expected
    assert all(torch.equal(a, b) for a, b in zip(state_found, state_expected, strict=True))
    assert runner.captured == 0


def captured_on_a_tape(recipe):
    return CapturedSteps(recipe, TapeBackend(recipe.state))


@pytest.fixture
def on_a_tape(monkeypatch):
    """Training as on one GPU: captured steps, losses that are read three steps at a time."""
    monkeypatch.setattr(loop, "steps_of", captured_on_a_tape)
    init = Readings.__init__

    def three(self, fabric, out):
        init(self, fabric, out)
        self._every = 3

    monkeypatch.setattr(Readings, "__init__", three)
    with label_maps_as("lookups"):
        yield


def laid(module):
    """The weights of 2D convolutions, but for those that a spectral norm reads as matrices."""
    return [
        one
        for name, one in module.named_parameters()
        if one.dim() == 4 and not name.endswith("weight_orig")
    ]


def test_on_a_card_weights_lie_like_the_maps_that_they_meet(monkeypatch):
    monkeypatch.setattr(ProgressiveRecipe, "capturable", True)
    config = tiny("divsem")
    recipe, sources = prepared(config)
    stage = recipe.network.G3
    assert all(one.is_contiguous(memory_format=torch.channels_last) for one in laid(stage))
    assert recipe.network.zencoder.enc1.conv.weight.is_contiguous()
    recipe.prepare(0)
    recipe.train_on(sources[0].batch(0, config.batch, torch.device("cpu")), 0)
    for block in (stage.enc1, stage.dec2.gated_conv2d):
        heads = block.mlp_gamma.weight, block.mlp_beta.weight
        assert heads[0].data_ptr() + 4 * heads[0].numel() == heads[1].data_ptr()
    # Autograd copies a gradient that lies otherwise.
    for one in (*stage.parameters(), *recipe.players["D"].plain.parameters()):
        assert one.grad.stride() == one.stride()


@pytest.mark.parametrize("system", ["divsem", "spade", "sesame", "sean"])
def test_on_a_card_weights_are_cast_together_to_the_same_numbers(system, monkeypatch):
    monkeypatch.setattr(TrainingRecipe, "capturable", True)
    config = tiny(system, precision="bf16-mixed", steps=2)
    losses, state, _ = trained(config)
    for recipes in (progressive, synthesis):
        monkeypatch.setattr(recipes, "in_half", lambda network, but: {})
    expected, state_expected, _ = trained(config)
    assert losses == expected
    assert all(torch.equal(a, b) for a, b in zip(state, state_expected, strict=True))


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_on_a_card_a_perceptual_network_is_cast_once_to_the_same_loss(monkeypatch, precision):
    monkeypatch.setattr(ProgressiveRecipe, "capturable", True)
    config = tiny("spmpgan", precision=precision)
    layer, fake, real = torch.nn.Conv2d(3, 4, 3), *torch.randn(2, 2, 3, 8, 8)
    look = PerceptualLoss(lambda image: [layer(image)], "a layer", weights=(1,))
    look.add_module("network", layer)
    recipe = make_recipe(config, [Examples(config.data, 0)])
    recipe.perceptual = look
    losses = []
    for prepare in (lambda: None, lambda: recipe.setup(launch_fabric("cpu", config), 1)):
        prepare()
        with launch_fabric("cpu", config).autocast():
            losses.append(look(fake, real))
    assert torch.equal(*losses)
    half = precision == "bf16-mixed"
    assert layer.weight.dtype == (torch.bfloat16 if half else torch.float32)


@pytest.mark.parametrize("system", SYSTEMS)
def test_weights_that_lie_as_on_a_card_are_saved_as_they_are(system, tmp_path, monkeypatch):
    plain, _ = prepared(tiny(system))
    monkeypatch.setattr(TrainingRecipe, "capturable", True)
    laid, _ = prepared(tiny(system))
    for name, recipe in (("plain", plain), ("laid", laid)):
        with recipe.saved_weights():
            recipe.save(tmp_path / name, half=False)
    found, expected = load_file(tmp_path / "laid"), load_file(tmp_path / "plain")
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


class KilledError(Exception):
    pass


def test_a_captured_run_that_was_killed_and_resumed_ends_in_the_same_weights(tmp_path, on_a_tape):
    falling = {"generator": 1e-3, "discriminator": 2e-3, "betas": (0.5, 0.9)}
    config = tiny("pix2pixhd", steps=10, checkpoint=5, ema=0.9, optimisation=falling)

    def watch(done, total, losses):
        if done == 7:
            raise KilledError

    train(config, tmp_path / "straight")
    with pytest.raises(KilledError):
        train(config, tmp_path / "killed", watch=watch)
    train(config, tmp_path / "killed", resume=True)
    straight, resumed = (load_file(tmp_path / name / WEIGHTS) for name in ("straight", "killed"))
    assert all(torch.equal(straight[name], resumed[name]) for name in straight)


def test_every_step_is_told_in_its_order_where_several_are_read_together(tmp_path, on_a_tape):
    told = []
    train(
        tiny("pix2pixhd", steps=8, checkpoint=100),
        tmp_path,
        watch=lambda done, total, losses: told.append((done, losses["matching"])),
    )
    assert [done for done, _ in told] == list(range(1, 9))
    assert len({loss for _, loss in told}) == 8


def test_a_run_that_diverges_between_readings_names_the_step_at_which_it_did(tmp_path, on_a_tape):
    class Poisoned(Examples):
        def draw(self, place, epoch):
            found = super().draw(place, epoch)
            if epoch == 1:  # the scenes' second turn begins with the fourth step
                image = found.image.astype("float32") * float("nan")
                object.__setattr__(found, "image", image)
            return found

    with pytest.raises(BadInput, match=r"diverged at step 4: .*the last checkpoint is kept"):
        train(
            tiny("pix2pixhd", steps=9),
            tmp_path,
            examples=lambda config, dataset, seed: Poisoned(config, seed),
        )


NO_DEVICE = torch.device("meta")


class NoFabric:
    """What a recipe asks of Fabric, on a device without data."""

    device, world_size = NO_DEVICE, 1
    autocast = staticmethod(nullcontext)

    def no_backward_sync(self, module):
        return nullcontext()


def put_on_no_device(recipe):
    """Everything but the optimisers, which work on tensors with data alone."""
    recipe.fabric, recipe.steps = NoFabric(), STEPS_OF_ALL_PHASES
    for player in recipe.players.values():
        player.module = player.plain.to(NO_DEVICE)
        player.plain.requires_grad_(True)

    def update(name, loss, **_):
        for one in recipe.players[name].plain.parameters():
            one.grad = None
        loss.backward()

    recipe.update = update


STEPS_OF_ALL_PHASES = 24


@pytest.mark.parametrize(
    ("system", "changes"),
    [
        *((name, {}) for name in SYSTEMS if name not in ("sae", "sesame", "siedob", "spade")),
        ("pix2pixhd", {"data.masks": MASKS}),
        ("sean", {"data.masks": MASKS}),
    ],
)
def test_a_step_neither_waits_for_the_device_nor_copies_from_the_host(system, changes, monkeypatch):
    monkeypatch.setattr("torch.autocast", lambda device, **options: nullcontext())
    monkeypatch.setattr("torch.is_autocast_enabled", lambda device: False)
    config = changed_config(tiny(system, steps=STEPS_OF_ALL_PHASES), changes, system)
    sources = [
        Examples(config.data.model_copy(update={"dataset": name}), 0)
        for name in (config.data.dataset, *config.data.also)
    ]
    recipe = make_recipe(config, sources)
    put_on_no_device(recipe)
    batch = sources[0].batch(0, config.batch, torch.device("cpu"))
    batch = EditBatch(
        **{
            one.name: value.to(NO_DEVICE) if isinstance(value, torch.Tensor) else value
            for one in fields(batch)
            for value in [getattr(batch, one.name)]
        }
    )
    steps = {recipe.kind(step): step for step in range(STEPS_OF_ALL_PHASES)}
    steps.pop(None, None)
    with label_maps_as("lookups"):
        for step in steps.values():
            recipe.step(
                replace(batch), step
            )  # as written, as the first of a kind: makes what lasts
            with HostTraffic() as traffic:
                recipe.step(replace(batch), step)
            assert not traffic.found
    assert steps
