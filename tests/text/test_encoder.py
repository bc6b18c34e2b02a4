"""The frozen encoder gives transformers' own features, whatever stands beside a sentence in its batch."""

import numpy as np
import pytest
import torch
from sentencepiece import SentencePieceProcessor
from small_mbart import make_mbart
from transformers import AutoModel, MBartModel

from signscale.errors import SignScaleError
from signscale.text.encoder import load_encoder

LANGUAGES = {"ase": "en_XX", "gsg": "de_DE", "csl": "zh_CN"}
SENTENCES = [("this word is lake", "ase"), ("das wetter morgen : regen und house", "gsg"), ("天 气 ?", "csl")]


def reference_ids(folder, text: str, language: str) -> list[int]:
    """mBART's ids by hand: sentencepiece moved up by one (unknown: 3), </s> = 2, language (alphabetical by code)."""
    model = SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model"))
    place = {"de_DE": 2, "en_XX": 3, "zh_CN": 24}[language]
    return [id_ + 1 if id_ else 3 for id_ in model.encode(text)] + [2, model.get_piece_size() + 1 + place]


def test_mbart_features_are_those_of_transformers_with_the_language_token_after_the_end(mbart):
    encoder = load_encoder(str(mbart), LANGUAGES, 32)
    reference = MBartModel.from_pretrained(mbart).eval()
    assert encoder.width == 16
    for text, language in SENTENCES:
        ids = torch.tensor([reference_ids(mbart, text, LANGUAGES[language])])
        with torch.no_grad():
            expected = reference(input_ids=ids).encoder_last_hidden_state[0].numpy()
        (found,) = encoder.encode([(text, language)])
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_padding_in_a_batch_does_not_change_a_sentence_s_features(mbart):
    encoder = load_encoder(str(mbart), LANGUAGES, 32)
    together = encoder.encode(SENTENCES)
    assert len({len(features) for features in together}) == len(SENTENCES), "the sentences must differ in length"
    for sentence, features in zip(SENTENCES, together, strict=True):
        np.testing.assert_allclose(features, encoder.encode([sentence])[0], atol=1e-5)


def test_the_language_token_changes_the_features_of_every_token(mbart):
    encoder = load_encoder(str(mbart), LANGUAGES, 32)
    english, german = encoder.encode([("this word is lake", "ase"), ("this word is lake", "gsg")])
    assert (np.abs(english - german).max(axis=1) > 1e-3).all()


def test_a_long_sentence_keeps_its_special_tokens_and_loses_its_last_words(mbart):
    encoder = load_encoder(str(mbart), LANGUAGES, 6)
    (tokens,) = encoder.tokenize(["this word is lake and river and tax"], "en_XX")
    assert encoder.strings(tokens.ids) == ["▁this", "▁word", "▁is", "▁lake", "</s>", "en_XX"]
    assert tokens.cut
    (features,) = encoder.encode([("this word is lake and river and tax", "ase")])
    assert features.shape == (6, 16)
    np.testing.assert_allclose(features, encoder.encode([("this word is lake", "ase")])[0], atol=1e-6)
    assert [t.cut for t in encoder.tokenize(["this word is lake", "this word is lake tax"], "en_XX")] == [False, True]


def test_full_width_punctuation_is_the_same_token_as_ascii(mbart):
    encoder = load_encoder(str(mbart), LANGUAGES, 32)
    wide, narrow = encoder.tokenize(["天 气 ？", "天 气 ?"], "zh_CN")
    assert wide.ids == narrow.ids
    assert "<unk>" not in encoder.strings(wide.ids)


def test_the_encoder_is_frozen_and_repeats_itself_bit_for_bit(mbart):
    encoder = load_encoder(str(mbart), LANGUAGES, 32)
    for first, second in zip(encoder.encode(SENTENCES), encoder.encode(SENTENCES), strict=True):
        assert first.tobytes() == second.tobytes()
    assert not encoder._model.training
    assert not any(weight.requires_grad for weight in encoder._model.parameters())


def test_a_sign_language_without_an_entry_is_named_with_its_key(mbart):
    encoder = load_encoder(str(mbart), {"ase": "en_XX"}, 32)
    with pytest.raises(SignScaleError, match=r"^text\.languages: .* add an entry for csl, gsg"):
        encoder.encode(SENTENCES)


def test_a_language_token_mbart_does_not_have_is_refused(mbart):
    with pytest.raises(SignScaleError, match=r"^text\.languages: .* no token pl_PL"):
        load_encoder(str(mbart), {"pso": "pl_PL"}, 32)


def test_an_mbart_of_other_languages_is_refused(tmp_path):
    make_mbart(tmp_path / "mbart50", vocab_size=200)
    with pytest.raises(SignScaleError, match="not an mBART of 25 languages"):
        load_encoder(str(tmp_path / "mbart50"), {"ase": "en_XX"}, 32)


def test_more_tokens_than_positions_are_refused(mbart):
    with pytest.raises(SignScaleError, match=r"^text\.max_tokens: .* at most 64 tokens \(found 128\)"):
        load_encoder(str(mbart), LANGUAGES, 128)


def test_minilm_knows_that_a_lake_is_closer_to_a_river_than_to_a_tax(minilm):
    encoder = load_encoder(minilm, {}, 128)
    assert encoder.width == 384
    means = [
        features.mean(axis=0)
        for features in encoder.encode([(f"This word is {word}.", "ase") for word in ("lake", "river", "tax")])
    ]
    lake, river, tax = (mean / np.linalg.norm(mean) for mean in means)
    assert lake @ river > lake @ tax + 0.1


def test_minilm_features_are_those_of_transformers(minilm):
    encoder = load_encoder(minilm, {}, 128)
    # [CLS] this word is lake . [SEP] in bert-base-uncased's vocabulary
    ids = [101, 2023, 2773, 2003, 2697, 1012, 102]
    assert encoder.tokenize(["This word is lake."], "")[0].ids == ids
    with torch.no_grad():
        expected = AutoModel.from_pretrained(minilm)(input_ids=torch.tensor([ids])).last_hidden_state[0].numpy()
    found, _ = encoder.encode([("This word is lake.", "ase"), ("A longer sentence fills the batch up.", "ase")])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_minilm_cuts_long_sentences_and_says_so(minilm):
    encoder = load_encoder(minilm, {}, 5)
    short, long = encoder.tokenize(["a lake.", "this word is lake."], "")
    assert (encoder.strings(short.ids), short.cut) == (["[CLS]", "a", "lake", ".", "[SEP]"], False)
    assert (encoder.strings(long.ids), long.cut) == (["[CLS]", "this", "word", "is", "[SEP]"], True)


def test_languages_for_an_encoder_without_language_tokens_are_refused(minilm):
    with pytest.raises(SignScaleError, match=r"^text\.languages: .* has no language tokens; leave it empty"):
        load_encoder(minilm, {"ase": "en_XX"}, 128)
