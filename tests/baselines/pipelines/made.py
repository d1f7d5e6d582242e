"""Small random pipelines of every kind, with words of their own, made without a network."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

LETTERS = string.ascii_lowercase + ",.-'"
_TOKENS = 48


def stable_diffusion(**more: Any) -> Any:
    """SD inpainting: 9 channels of latents, masked latents and mask; it was trained at 32 pixels."""
    from diffusers import StableDiffusionInpaintPipeline

    given = {"safety_checker": None, "feature_extractor": None, **more}
    given["requires_safety_checker"] = given["safety_checker"] is not None
    return StableDiffusionInpaintPipeline(**_latent_parts(), **given)


def text_to_image() -> Any:
    """SD without inpainting."""
    from diffusers import StableDiffusionPipeline

    return StableDiffusionPipeline(
        **{**_latent_parts(), "unet": _unet(in_channels=4)},
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def checked() -> Any:
    """SD inpainting with a safety checker that refuses every image."""
    from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPImageProcessor

    tower = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = {**tower, "intermediate_size": 16, "image_size": 30, "patch_size": 15}
    config = CLIPConfig(vision_config=vision, text_config=tower, projection_dim=8)
    checker = StableDiffusionSafetyChecker(config)
    checker.concept_embeds_weights.data.fill_(-2.0)
    side = {"height": 30, "width": 30}
    feed = CLIPImageProcessor(size={"shortest_edge": 30}, crop_size=side)
    return stable_diffusion(safety_checker=checker, feature_extractor=feed)


def stable_diffusion_xl() -> Any:
    """SDXL inpainting: two text encoders, sizes as a condition."""
    from diffusers import StableDiffusionXLInpaintPipeline

    parts = _latent_parts()
    unet = _unet(
        in_channels=9,
        cross_attention_dim=64,
        transformer_layers_per_block=(1, 2),
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + 32,
    )
    second = {"text_encoder_2": _text_encoder(projection=32), "tokenizer_2": parts["tokenizer"]}
    return StableDiffusionXLInpaintPipeline(**{**parts, **second, "unet": unet})


def flux_fill() -> Any:
    """FLUX Fill: a transformer over latents, masked latents and mask."""
    from diffusers import (
        AutoencoderKL,
        FlowMatchEulerDiscreteScheduler,
        FluxFillPipeline,
        FluxTransformer2DModel,
    )
    from transformers import T5Config, T5EncoderModel

    torch.manual_seed(4)
    vae = AutoencoderKL(
        sample_size=32,
        block_out_channels=(8,),
        latent_channels=1,
        norm_num_groups=1,
        use_quant_conv=False,
        use_post_quant_conv=False,
        shift_factor=0.06,
        scaling_factor=1.5,
    )
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=12,
        out_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        axes_dims_rope=(4, 4, 8),
        guidance_embeds=True,
    )
    words, count = _pieces()
    t5 = T5EncoderModel(
        T5Config(vocab_size=count, d_model=32, d_ff=37, d_kv=8, num_layers=2, num_heads=4)
    )
    return FluxFillPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=vae,
        text_encoder=_text_encoder(),
        tokenizer=_tokenizer(),
        text_encoder_2=t5,
        tokenizer_2=words,
        transformer=transformer,
    )


def unconditional() -> Any:
    """DDPM over pixels, as RePaint uses it."""
    from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

    torch.manual_seed(6)
    unet = UNet2DModel(
        sample_size=32,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
    )
    return DDPMPipeline(unet=unet, scheduler=DDPMScheduler(num_train_timesteps=20))


def control_net() -> Any:
    """A ControlNet for SD whose answer is not zero, as that of an untrained one would be."""
    from diffusers import ControlNetModel

    torch.manual_seed(3)
    network = ControlNetModel(
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=8,
        norm_num_groups=4,
        conditioning_embedding_out_channels=(8, 16),
    )
    for block in (*network.controlnet_down_blocks, network.controlnet_mid_block):
        torch.nn.init.normal_(block.weight, std=0.3)
    torch.nn.init.normal_(network.controlnet_cond_embedding.conv_out.weight, std=0.3)
    return network


KINDS: dict[str, Callable[[], Any]] = {
    "sd": stable_diffusion,
    "text": text_to_image,
    "checked": checked,
    "sdxl": stable_diffusion_xl,
    "flux": flux_fill,
    "ddpm": unconditional,
    "control": control_net,
}


def save(kind: str, folder: Path) -> Path:
    """The folder, with a pipeline of that kind in it."""
    KINDS[kind]().save_pretrained(folder)
    return folder


def _latent_parts() -> dict[str, Any]:
    from diffusers import AutoencoderKL, DDIMScheduler

    torch.manual_seed(1)
    vae = AutoencoderKL(
        block_out_channels=(16, 16),
        norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=4,
        sample_size=32,
    )
    return {
        "vae": vae,
        "text_encoder": _text_encoder(),
        "tokenizer": _tokenizer(),
        "unet": _unet(in_channels=9),
        "scheduler": DDIMScheduler(clip_sample=False, steps_offset=1),
    }


def _unet(in_channels: int, **more: Any) -> Any:
    from diffusers import UNet2DConditionModel

    torch.manual_seed(2)
    return UNet2DConditionModel(
        block_out_channels=(16, 32),
        layers_per_block=1,
        sample_size=16,
        in_channels=in_channels,
        out_channels=4,
        norm_num_groups=4,
        attention_head_dim=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        **{"cross_attention_dim": 32, **more},
    )


def _tokenizer() -> Any:
    """CLIP's, which spells every word out."""
    import tempfile

    from transformers import CLIPTokenizer

    tokens = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS)]
    vocabulary = [*tokens, "<|startoftext|>", "<|endoftext|>"]
    with tempfile.TemporaryDirectory() as place:
        words, merges = Path(place) / "vocab.json", Path(place) / "merges.txt"
        words.write_text(json.dumps({token: k for k, token in enumerate(vocabulary)}))
        merges.write_text("#version: 0.2\n")
        return CLIPTokenizer(str(words), str(merges), model_max_length=_TOKENS)


def _text_encoder(projection: int | None = None) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    torch.manual_seed(0)
    count = 2 * len(LETTERS) + 2
    sides = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2}
    config = CLIPTextConfig(
        vocab_size=count,
        num_attention_heads=4,
        max_position_embeddings=_TOKENS,
        bos_token_id=count - 2,
        eos_token_id=count - 1,
        pad_token_id=count - 1,
        projection_dim=projection or 32,
        **sides,
    )
    return CLIPTextModel(config) if projection is None else CLIPTextModelWithProjection(config)


def _pieces() -> tuple[Any, int]:
    """T5's words, which are letters, and how many there are."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = [(letter, -1.0) for letter in "▁" + LETTERS]
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *letters]
    words = Tokenizer(models.Unigram(pieces, unk_id=2))
    words.pre_tokenizer = pre_tokenizers.Metaspace()
    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    found = PreTrainedTokenizerFast(tokenizer_object=words, model_max_length=_TOKENS, **special)
    return found, len(pieces)
