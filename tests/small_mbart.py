"""A small mBART of random weights, in files as the hub has them."""

import random
from pathlib import Path

import sentencepiece
import torch
from transformers import MBartConfig, MBartModel

TEXT = "this word is river lake tax the a of to and sign house das wetter morgen regen 你 好 天 气 , . ? 1 2"


def make_mbart(folder: Path, **changes) -> None:
    """An mBART folder as the hub has it: sentencepiece model, config, weights (random, 2 + 2 layers, width 16)."""
    folder.mkdir()
    rng = random.Random(0)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(rng.choices(TEXT.split(), k=8)) for _ in range(400)]),
        model_prefix=str(folder / "sentencepiece.bpe"), vocab_size=60, hard_vocab_limit=False, model_type="unigram",
        num_threads=1, minloglevel=2,
    )  # fmt: skip
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model")).get_piece_size()
    sizes = {
        "vocab_size": pieces + 1 + 25 + 1, "d_model": 16, "encoder_layers": 2, "decoder_layers": 2,
        "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32,
        "max_position_embeddings": 64, "scale_embedding": True,
    }  # fmt: skip
    torch.manual_seed(0)
    # Weights ten times the usual start, so that each token and its neighbours matter.
    MBartModel(MBartConfig(**(sizes | {"init_std": 0.2} | changes))).save_pretrained(folder)
