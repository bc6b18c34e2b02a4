"""Searching finds what the literal similarity does, and an index that does not fit is one line."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from signscale.errors import SignScaleError
from signscale.predict.index import Index, build_index, clips_of_pack
from signscale.predict.model import SignScale


@pytest.fixture
def index(world, folder, stored_text, tmp_path):
    """An index of the test words."""
    model = SignScale.from_pretrained(folder("retrieval"))
    assert build_index(model, clips_of_pack(world.packs[1], "test"), tmp_path / "index") == 8
    return tmp_path / "index"


def literal(model, sign, text):
    """The similarity of one clip's windows and one sentence's tokens, as the paper writes it."""
    energy = torch.from_numpy(sign @ text.T).double()
    attention = (energy / model.net.recipe.attention_temperature).softmax(dim=1)
    return float((attention * energy).sum(dim=1).mean())


def test_a_sentence_finds_the_clips_by_their_similarity(index, words):
    opened = Index(index)
    clips = {s.sample_id: words.shard.clip(k) for k, s in enumerate(words.samples) if s.split == "test"}
    text = opened.model.text_windows("This word is dab .")
    expected = {name: literal(opened.model, opened.model.sign_windows(clip), text) for name, clip in clips.items()}
    hits = opened.clips_for("This word is dab .", top=5)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
    assert [hit.name for hit in hits] == sorted(expected, key=expected.get, reverse=True)[:5]
    assert [hit.score for hit in hits] == pytest.approx(sorted(expected.values(), reverse=True)[:5], abs=1e-5)


def test_a_clip_finds_the_sentences_by_their_similarity(index, words):
    opened, clip = Index(index), words.shard.clip(0)
    sign = opened.model.sign_windows(clip)
    texts = sorted({s.text for s in words.samples if s.split == "test"})
    expected = {text: literal(opened.model, sign, opened.model.text_windows(text)) for text in texts}
    assert [hit.name for hit in opened.texts_for(clip)] == sorted(expected, key=expected.get, reverse=True)


def test_equal_clips_give_equal_bytes_and_a_sentence_is_kept_once(world, folder, stored_text, tmp_path):
    model = SignScale.from_pretrained(folder("retrieval"))
    for name in ("a", "b"):
        build_index(model, clips_of_pack(world.packs[1], ""), tmp_path / name)
    for file in ("index.json", "index.safetensors"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    content = json.loads((tmp_path / "a" / "index.json").read_text())
    assert (len(content["clips"]), len(content["texts"])) == (24, 8)
    windows = load_file(tmp_path / "a" / "index.safetensors")["clip"]
    np.testing.assert_allclose(np.linalg.norm(windows, axis=1), 1, atol=1e-5)


def test_a_bad_clip_is_named_and_the_rest_is_indexed(folder, stored_text, words, tmp_path, capsys):
    model = SignScale.from_pretrained(folder("retrieval"))
    clips = [("good", words.shard.clip(0), "", ""), ("bad", tmp_path / "none.mp4", "", "")]
    assert build_index(model, clips, tmp_path / "index") == 1
    assert "none.mp4: no such file" in capsys.readouterr().err
    with pytest.raises(SignScaleError, match="the index has no sentences"):
        Index(tmp_path / "index").texts_for(words.shard.clip(0))
    with pytest.raises(SignScaleError, match="no clip is left"):
        build_index(model, clips[1:], tmp_path / "other")
    with pytest.raises(SignScaleError, match="a clip stands twice"):
        build_index(model, clips[:1] * 2, tmp_path / "other")


def test_an_index_of_another_model_or_torn_is_one_line(index, folder, stored_text, tmp_path):
    with pytest.raises(SignScaleError, match="built by another model than"):
        Index(index, folder("letters"))
    torn = shutil.copytree(index, tmp_path / "torn")
    (torn / "index.safetensors").write_bytes(b"torn")
    with pytest.raises(SignScaleError, match="not a whole index"):
        Index(torn)
    cut = shutil.copytree(index, tmp_path / "cut")
    content = json.loads((cut / "index.json").read_text())
    (cut / "index.json").write_text(json.dumps(content | {"clips": content["clips"][1:]}))
    with pytest.raises(SignScaleError, match="disagree; build it again"):
        Index(cut)


def test_only_a_model_of_retrieval_searches(folder, words):
    with pytest.raises(SignScaleError, match="a model of islr; searching needs retrieval"):
        SignScale.from_pretrained(folder("letters")).sign_windows(words.shard.clip(0))
