"""Official files become safetensors with a card, or a sentence that says what is wrong."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

from baselines.checkpoints import load_network, read_card
from baselines.layers.label_map import SymbolMap
from baselines.spade import SPADEConfig, SPADEGenerator
from bench.core.errors import BadInput
from bench.core.identity import file_hash
from bench.plugins.kinds import SYSTEMS
from tests.golden.vectors import vectors

SMALL = {"classes": 3, "ngf": 2, "hidden": 4}


@pytest.fixture
def network():
    torch.manual_seed(0)
    return SPADEGenerator(SPADEConfig(**SMALL)).eval()


@pytest.fixture
def official(network, tmp_path):
    path = tmp_path / "latest_net_G.pth"
    torch.save(network.state_dict(), path)
    return path


def import_checkpoint(system, file, out, **given):
    return SYSTEMS.get(system).import_weights(file, out, **given)


def small(official, out, **changes):
    options = {"ngf": 2, "hidden": 4}
    return import_checkpoint(
        "spade", official, out, **{"variant": "labels", "options": options, **changes}
    )


def labels():
    return SymbolMap.of_labels(torch.arange(3).repeat(1, 64, 22)[:, :, :64], 3, torch.float32)


def test_an_imported_network_gives_what_the_official_one_gives(network, official, tmp_path):
    small(official, tmp_path / "spade.safetensors")
    loaded = load_network("spade", tmp_path / "spade.safetensors", variant="labels")
    with torch.no_grad():
        expected = network(labels())
        torch.testing.assert_close(loaded.network(labels()), expected, atol=1e-5, rtol=1e-5)


def test_the_golden_weights_survive_the_import(tmp_path):
    golden = vectors("spade_small")
    network = SPADEGenerator(SPADEConfig(classes=7, ngf=8))
    golden.fill(network)
    torch.save(network.state_dict(), tmp_path / "golden.pth")
    out = tmp_path / "golden.safetensors"
    import_checkpoint("spade", tmp_path / "golden.pth", out, variant="labels", options={"ngf": 8})
    imported = load_network("spade", out).network.double()
    where = torch.from_numpy(golden.arrays["in_label"])[:, 0].long()
    with torch.no_grad():
        image = imported(SymbolMap.of_labels(where, 7, torch.float64))
    assert golden.deviation("image", image) < 1e-5  # folding rounds to float32


def test_the_card_says_where_the_weights_come_from(official, tmp_path):
    out = tmp_path / "spade.safetensors"
    card = small(official, out, label_space="rooms-3")
    assert card == read_card(out)
    assert card.source == "latest_net_G.pth"
    assert card.source_sha256 == file_hash(official)
    assert card.label_space == "rooms-3"
    assert card.config["classes"] == 3
    assert "NC" in card.licence


def test_spectral_norm_is_folded_away(official, tmp_path):
    small(official, tmp_path / "spade.safetensors")
    network = load_network("spade", tmp_path / "spade.safetensors").network
    names = set(network.state_dict())
    assert "head_0.conv_0.weight" in names
    assert not any(name.endswith(("weight_orig", "weight_u", "weight_v")) for name in names)


def test_a_file_from_an_old_pytorch_without_v_is_accepted(network, official, tmp_path):
    state = {n: v for n, v in network.state_dict().items() if not n.endswith("weight_v")}
    state = {n: v for n, v in state.items() if not n.endswith("num_batches_tracked")}
    torch.save(state, official)
    small(official, tmp_path / "spade.safetensors")
    loaded = load_network("spade", tmp_path / "spade.safetensors").network
    with torch.no_grad():
        assert torch.isfinite(loaded(labels())).all()


def test_a_data_parallel_prefix_is_cut_off(network, official, tmp_path):
    torch.save({f"module.{n}": v for n, v in network.state_dict().items()}, official)
    assert small(official, tmp_path / "spade.safetensors").system == "spade"


@pytest.mark.parametrize("wrapper", ["_orig_mod.", "module._orig_mod.", "_orig_mod.module."])
def test_the_names_of_a_compiled_network_are_cut_off(network, official, tmp_path, wrapper):
    torch.save({f"{wrapper}{n}": v for n, v in network.state_dict().items()}, official)
    assert small(official, tmp_path / "spade.safetensors").system == "spade"


def newly_normalised(network):
    """The state of a network as `torch.nn.utils.parametrizations.spectral_norm` writes it."""
    new = {
        ".weight_orig": ".parametrizations.weight.original",
        ".weight_u": ".parametrizations.weight.0._u",
        ".weight_v": ".parametrizations.weight.0._v",
    }
    state = {}
    for name, value in network.state_dict().items():
        layer, dot, last = name.rpartition(".")
        state[layer + new.get(dot + last, dot + last)] = value
    return state


def test_spectral_norm_of_newer_pytorch_gives_the_same_weights(network, official, tmp_path):
    before = small(official, tmp_path / "old.safetensors")
    torch.save(newly_normalised(network), official)
    assert small(official, tmp_path / "new.safetensors").tensors_sha256 == before.tensors_sha256


@pytest.mark.parametrize(("value", "said"), [(float("nan"), "NaN"), (float("-inf"), "infinite")])
def test_weights_that_are_not_finite_are_refused_by_name(network, official, tmp_path, value, said):
    state = network.state_dict()
    state["conv_img.weight"].view(-1)[3] = value
    torch.save(state, official)
    with pytest.raises(BadInput, match=rf"1 not finite: conv_img\.weight \(1 {said} of"):
        small(official, tmp_path / "o.safetensors")
    assert not (tmp_path / "o.safetensors").exists()


def test_a_spectral_norm_of_nothing_is_refused(network, official, tmp_path):
    state = network.state_dict()
    name = next(name for name in state if name.endswith("weight_u"))
    state[name].zero_()
    torch.save(state, official)
    with pytest.raises(BadInput, match="not finite"):
        small(official, tmp_path / "o.safetensors")


def test_integers_in_place_of_weights_are_refused_by_name(network, official, tmp_path):
    state = network.state_dict()
    state["conv_img.bias"] = state["conv_img.bias"].long()
    torch.save(state, official)
    with pytest.raises(BadInput, match=r"conv_img\.bias is int64, expected float32"):
        small(official, tmp_path / "o.safetensors")


def test_sparse_weights_are_refused_by_name(network, official, tmp_path):
    state = network.state_dict()
    state["fc.weight"] = state["fc.weight"].to_sparse()
    torch.save(state, official)
    with pytest.raises(BadInput, match=r"fc\.weight: sparse"):
        small(official, tmp_path / "o.safetensors")


def test_a_key_says_where_the_network_lies(network, official, tmp_path):
    inner = {"G": network.state_dict(), "ema": network.state_dict()}
    torch.save({"epoch": 3, "nets": inner}, official)
    with pytest.raises(BadInput, match=r"--key nets\.G or nets\.ema"):
        small(official, tmp_path / "o.safetensors")
    assert small(official, tmp_path / "o.safetensors", key="nets.ema").system == "spade"


@pytest.mark.parametrize("number", [10**9, -(10**9), 1e30])
@pytest.mark.parametrize("name", ["classes", "ngf", "hidden"])
def test_a_field_beyond_every_network_is_refused_at_once(official, tmp_path, name, number):
    with pytest.raises(BadInput, match=rf"spade 'labels': {name}: .* is out of range"):
        small(official, tmp_path / "o.safetensors", options={"hidden": 4, name: number})


def test_a_variant_among_the_fields_is_sent_to_its_option(official, tmp_path):
    with pytest.raises(BadInput, match="give --variant"):
        small(official, tmp_path / "o.safetensors", options={"variant": "x"})


class _Bomb:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return (open, (str(self.marker), "w"))


@pytest.mark.parametrize("as_zip", [True, False])
def test_a_pickle_with_code_is_refused_and_nothing_in_it_runs(tmp_path, as_zip):
    marker, path = tmp_path / "ran", tmp_path / "bad.pth"
    if as_zip:
        torch.save({"netG": _Bomb(marker)}, path)
    else:
        path.write_bytes(pickle.dumps(_Bomb(marker), protocol=2))
    with pytest.raises(BadInput, match=r"refused, because it asks for .*open.*nothing in it ran"):
        import_checkpoint("spade", path, tmp_path / "out.safetensors")
    assert not marker.exists()
    assert not (tmp_path / "out.safetensors").exists()


def test_a_truncated_file_is_one_sentence(official, tmp_path):
    content = official.read_bytes()
    official.write_bytes(content[: len(content) // 2])
    with pytest.raises(BadInput, match="not a whole PyTorch checkpoint"):
        small(official, tmp_path / "spade.safetensors")


@pytest.mark.parametrize("text", ["weights are on the drive\n", "this is no checkpoint", ""])
def test_a_text_file_is_no_checkpoint(tmp_path, text):
    path = tmp_path / "readme.pth"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"readme\.pth: not a"):
        import_checkpoint("spade", path, tmp_path / "o.safetensors")


def test_weights_of_another_variant_name_what_differs(official, tmp_path):
    with pytest.raises(BadInput, match=r"not the weights of spade 'ade20k'.*of another shape"):
        import_checkpoint("spade", official, tmp_path / "o.safetensors", variant="ade20k")
    with pytest.raises(BadInput, match=r"missing.*not part of this network") as refused:
        import_checkpoint("sean", official, tmp_path / "o.safetensors", variant="labels")
    said = str(refused.value)
    assert "another of its variants (`siebench models show sean` lists them)" in said
    assert "ResBlk-level encoders" not in said


def test_another_label_count_names_the_parameter(official, tmp_path):
    options = {"classes": 5, "ngf": 2, "hidden": 4}
    with pytest.raises(BadInput, match=r"fc\.weight is \[32, 3, 3, 3\], expected \[32, 5, 3, 3\]"):
        small(official, tmp_path / "o.safetensors", options=options)


@pytest.mark.parametrize(
    ("system", "variant", "message"),
    [("spad", None, "did you mean 'spade'"), ("spade", "ade", "did you mean 'ade20k'")],
)
def test_unknown_names_get_the_nearest_one(official, tmp_path, system, variant, message):
    with pytest.raises(BadInput, match=message):
        import_checkpoint(system, official, tmp_path / "o.safetensors", variant=variant)


def test_an_unknown_field_of_the_configuration_is_named(official, tmp_path):
    with pytest.raises(BadInput, match="spade 'labels': width"):
        small(official, tmp_path / "o.safetensors", options={"width": 3})


def test_a_net_g_dictionary_is_opened(tmp_path):
    system = SYSTEMS.get("spmpgan")
    config = system.configure("full", classes=3, ngf=2, hidden=4, size=32)
    state = system.build(config, training=True).state_dict()
    torch.save({"epoch": 3, "netG": state, "optimizer_G": {"lr": 0.1}}, tmp_path / "city.pth")
    card = import_checkpoint(
        "spmpgan",
        tmp_path / "city.pth",
        tmp_path / "o.safetensors",
        options={"ngf": 2, "hidden": 4, "size": 32},
    )
    assert card.config["classes"] == 3
    assert load_network("spmpgan", tmp_path / "o.safetensors").card == card


def test_a_dictionary_without_a_state_dict_lists_what_it_has(tmp_path):
    torch.save({"epoch": 3, "best": 0.5}, tmp_path / "x.pth")
    with pytest.raises(BadInput, match="one under 'netG'; the file has best, epoch"):
        import_checkpoint("spmpgan", tmp_path / "x.pth", tmp_path / "o.safetensors")


def sean_file(tmp_path):
    system = SYSTEMS.get("sean")
    options = {"ngf": 2, "hidden": 4, "style_length": 6, "encoder_width": 2}
    network = system.build(system.configure("labels", classes=3, **options), training=True)
    torch.save(network.state_dict(), tmp_path / "sean.pth")
    return options


def test_mean_codes_travel_with_sean(tmp_path):
    options = sean_file(tmp_path)
    for label in (0, 2):
        (tmp_path / "mean" / str(label)).mkdir(parents=True)
        code = np.full(6, label + 1, np.float32)
        np.save(tmp_path / "mean" / str(label) / "ACE.npy", code)
    out = tmp_path / "sean.safetensors"
    import_checkpoint(
        "sean",
        tmp_path / "sean.pth",
        out,
        variant="labels",
        options=options,
        style_codes=tmp_path / "mean",
    )
    extras = load_network("sean", out).extras
    assert extras["mean_codes_known"].tolist() == [True, False, True]
    assert extras["mean_codes"][:, 0].tolist() == [1, 0, 3]


def test_a_pickled_mean_code_is_refused(tmp_path):
    options = sean_file(tmp_path)
    (tmp_path / "mean" / "1").mkdir(parents=True)
    with (tmp_path / "mean" / "1" / "ACE.npy").open("wb") as file:
        np.save(file, np.array([_Bomb(tmp_path / "ran")], dtype=object), allow_pickle=True)
    with pytest.raises(BadInput, match="not a plain NumPy array"):
        import_checkpoint(
            "sean",
            tmp_path / "sean.pth",
            tmp_path / "o.safetensors",
            variant="labels",
            options=options,
            style_codes=tmp_path / "mean",
        )
    assert not (tmp_path / "ran").exists()


def test_style_codes_for_a_system_without_are_refused(official, tmp_path):
    with pytest.raises(BadInput, match="spade has no style codes"):
        small(official, tmp_path / "o.safetensors", style_codes=tmp_path)


@pytest.mark.parametrize("name", SYSTEMS.names())
def test_every_variant_of_every_system_can_be_built(name):
    system = SYSTEMS.get(name)
    needed = {"classes", "domains"} & set(system.small)
    for variant, set_by_variant in system.variants.items():
        fields = {name: system.small[name] for name in needed - set(set_by_variant)}
        config = system.configure(variant, **fields)
        assert sum(1 for _ in system.skeleton(config).parameters()) > 10


def test_the_flat_file_of_an_autoencoder_gives_encoder_and_generator(tmp_path):
    system = SYSTEMS.get("sae")
    fields = {"size": 64, "texture": 16, "encoder_capacity": 0.1, "generator_capacity": 0.03}
    variant = next(iter(system.variants))
    state = system.build(system.configure(variant, **fields)).state_dict()
    flat = {**state, "D.final.weight": torch.ones(2), "num_discriminator_iters": torch.tensor(3)}
    torch.save(flat, tmp_path / "100k_checkpoint.pth")
    out = tmp_path / "sae.safetensors"
    import_checkpoint("sae", tmp_path / "100k_checkpoint.pth", out, options=fields)
    loaded = load_network("sae", out).network.state_dict()
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[name], value) for name, value in state.items())
