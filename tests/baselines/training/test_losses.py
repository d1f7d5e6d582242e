"""The losses against closed forms."""

import math

import pytest
import torch
from torch.nn import functional as F
from torchmetrics.functional.classification import multiclass_jaccard_index

from baselines.training.config import Weights as LossWeights
from baselines.training.losses import (
    colour_distance,
    discriminator_hinge,
    discriminator_softplus,
    feature_matching,
    generator_hinge,
    generator_softplus,
    gradient_penalty,
    l1_sum,
    least_squares,
    pixel_parts,
)
from baselines.training.perceptual import PerceptualLoss, gram, perceptual_network
from baselines.training.segmenter import soft_jaccard
from bench.networks.weights import WeightsMissing


class Weights:
    """What the weights finder finds."""

    def __init__(self, state):
        self.state = state

    def load(self):
        return self.state


def test_the_hinge_is_zero_once_both_sides_are_beyond_their_margins():
    assert discriminator_hinge([torch.tensor([1.0, 3.0])], [torch.tensor([-1.0, -9.0])]) == 0


def test_the_hinge_is_the_mean_over_scales_of_both_sides():
    real, fake = [torch.tensor([0.0]), torch.tensor([2.0])], [torch.tensor([0.5])] * 2
    assert discriminator_hinge(real, fake).item() == pytest.approx((1 + 1.5 + 0 + 1.5) / 2)


def test_the_generators_hinge_is_minus_the_mean_score():
    assert generator_hinge([torch.tensor([1.0, 3.0]), torch.tensor([0.0])]).item() == -1.0


def test_softplus_losses_of_undecided_scores_are_log_two():
    zero = torch.zeros(3)
    assert generator_softplus(zero).item() == pytest.approx(math.log(2))
    assert discriminator_softplus(zero, zero, 0.5).item() == pytest.approx(1.5 * math.log(2))


def test_the_gradient_penalty_of_a_linear_score_is_its_weights_squared_norm():
    images = torch.randn(5, 3, 4, 4, requires_grad=True)
    weight = torch.randn(3, 4, 4)
    scores = (images * weight).sum((1, 2, 3))
    assert gradient_penalty(scores, images).item() == pytest.approx(
        weight.square().sum().item(), rel=1e-5
    )


def test_least_squares_are_distances_from_the_target_summed_over_scales():
    scores = [torch.tensor([1.0, 3.0]), torch.tensor([0.0])]
    assert least_squares(scores, 1.0).item() == pytest.approx((0 + 4) / 2 + 1)
    assert least_squares(scores, 0.0).item() == pytest.approx((1 + 9) / 2 + 0)


def test_the_colour_distance_is_blind_to_what_is_drawn_within_a_place():
    flat, drawn = torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)
    drawn[..., ::2, :] = 0.5
    drawn[..., 1::2, :] = -0.5
    assert colour_distance(drawn, flat, cells=8) == 0
    assert colour_distance(drawn, flat, cells=16) == 0.5


def test_the_colour_distance_is_the_mean_shift_of_places():
    true, made = torch.zeros(1, 3, 64, 64), torch.zeros(1, 3, 64, 64)
    made[:, 0, :32] = 0.6  # red in one half
    assert colour_distance(made, true).item() == pytest.approx(0.6 / 2 / 3)


def test_losses_of_the_image_are_summed_over_its_sizes_and_left_out_where_they_are_off():
    pairs = [(torch.full((2, 3, s, s), 0.1), torch.zeros(2, 3, s, s)) for s in (16, 32)]
    found = pixel_parts(LossWeights(l1=10, colour=5), pairs)
    assert {name: round(float(value), 4) for name, value in found.items()} == {
        "l1": 2.0,
        "colour": 1.0,
    }
    assert list(pixel_parts(LossWeights(l1=1), pairs)) == ["l1"]
    assert pixel_parts(LossWeights(), pairs) == {}


def test_feature_matching_leaves_the_scores_out_and_does_not_move_the_real_side():
    real = [[torch.ones(2, requires_grad=True), torch.ones(2), torch.full((2,), 99.0)]]
    fake = [[torch.full((2,), 3.0, requires_grad=True), torch.zeros(2), torch.zeros(2)]]
    loss = feature_matching(real, fake)
    loss.backward()
    assert loss.item() == pytest.approx(2 + 1)
    assert real[0][0].grad is None
    assert fake[0][0].grad is not None


def pairs_of_maps(dtype):
    made = [torch.randn(2, 3, side, side, dtype=dtype, requires_grad=True) for side in (4, 6)]
    return made, [torch.randn_like(one) for one in made]


def test_a_sum_of_l1_distances_and_its_gradients_are_pytorchs():
    made, true = pairs_of_maps(torch.float64)
    found = 3 * l1_sum(made, true, (0.25, 2.0))
    expected = 3 * sum(w * F.l1_loss(m, t) for w, m, t in zip((0.25, 2.0), made, true))
    torch.testing.assert_close(found, expected, rtol=1e-14, atol=0)
    pairs = zip(torch.autograd.grad(found, made), torch.autograd.grad(expected, made))
    for one, other in pairs:
        torch.testing.assert_close(one, other, rtol=1e-14, atol=0)


def test_distances_of_half_precision_are_summed_in_single():
    made, true = pairs_of_maps(torch.bfloat16)
    expected = F.l1_loss(made[1].float(), true[1].float())
    torch.testing.assert_close(l1_sum(made[1:], true[1:], [1.0]), expected)


def test_the_perceptual_loss_weights_the_features_l1_and_moves_the_fake_alone():
    look = PerceptualLoss(lambda x: [x, 2 * x], "twice", weights=(0.25, 1.0))
    fake = torch.zeros(1, 3, 2, 2, requires_grad=True)
    real = torch.ones(1, 3, 2, 2, requires_grad=True)
    loss = look(fake, real)
    loss.backward()
    assert loss.item() == pytest.approx(0.25 * 1 + 1.0 * 2)
    assert real.grad is None


def test_a_gram_matrix_is_the_mean_product_of_channels():
    features = torch.stack([torch.full((2, 2), 2.0), torch.full((2, 2), 3.0)])[None]
    assert torch.equal(gram(features)[0], torch.tensor([[4.0, 6.0], [6.0, 9.0]]) / 2)


@pytest.mark.parametrize(
    ("through", "sentence"), [("vgg19", "weights of vgg19"), ("segmenter", "segmenter")]
)
def test_a_perceptual_network_without_weights_is_named_and_not_replaced(through, sentence):
    with pytest.raises(WeightsMissing, match=sentence):
        perceptual_network(through)


def test_vgg_is_seen_at_the_first_activation_of_every_stage(monkeypatch):
    from torchvision.models import vgg19

    torch.manual_seed(0)
    with torch.device("meta"):
        network = vgg19(weights=None).features[:32]
    shapes = {name: value.shape for name, value in network.state_dict().items()}
    state = {f"features.{name}": 0.05 * torch.randn(shape) for name, shape in shapes.items()}
    monkeypatch.setattr("baselines.training.perceptual.require", lambda _: Weights(state))
    fake, real = torch.rand(2, 1, 3, 32, 32) * 2 - 1
    network.load_state_dict({name[9:]: value for name, value in state.items()}, assign=True)
    expected = torch.zeros(())
    # relu1_1, relu2_1, relu3_1, relu4_1, relu5_1: stages of 2, 2, 4, 4, 4 convolutions
    for end, weight in zip((2, 7, 12, 21, 30), (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1)):
        with torch.no_grad():
            one, other = network[:end](fake.clone()), network[:end](real.clone())
        expected = expected + weight * (one - other).abs().mean()
    found = perceptual_network("vgg19")(fake, real)
    torch.testing.assert_close(found.detach(), expected)


def test_sure_guesses_have_the_jaccard_loss_of_their_counts():
    dice = torch.Generator().manual_seed(0)
    labels, guessed = (torch.randint(0, 4, (2, 8, 8), generator=dice) for _ in range(2))
    logits = 1000.0 * torch.nn.functional.one_hot(guessed, 4).permute(0, 3, 1, 2)
    index = multiclass_jaccard_index(guessed, labels, num_classes=4, average="macro")
    assert float(soft_jaccard(logits, labels)) == pytest.approx(1 - float(index), abs=1e-6)


def test_the_jaccard_loss_counts_neither_void_nor_classes_that_are_not_there():
    # Two classes of one pixel each, guessed at a half: (1/2) / (1/2 + 1/2 + 1/2) each.
    labels = torch.tensor([[[0, 1, -1]]])
    logits = torch.tensor([0.0, 0.0, -1000.0]).view(1, 3, 1, 1).repeat(1, 1, 1, 3)
    logits[..., 2] = 7.0
    assert float(soft_jaccard(logits, labels)) == pytest.approx(2 / 3)
