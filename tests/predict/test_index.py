"""Searching finds what the literal similarity does, and an index that does not fit is one line."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from safetensors.torch import load_file as torch_weights
from safetensors.torch import save_file as save_torch

from signscale.errors import SignScaleError
from signscale.predict.index import Entry, Index, build_index, index_files, index_pack
from signscale.predict.model import SignScale

from .conftest import told_estimators


@pytest.fixture
def index(world, folder, stored_text, tmp_path):
    """An index of the test words."""
    model = SignScale.from_pretrained(folder("retrieval"))
    assert index_pack(model, world.packs[1], "test", tmp_path / "index") == 8
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
        index_pack(model, world.packs[1], "", tmp_path / name)
    for file in ("index.json", "index.safetensors"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    content = json.loads((tmp_path / "a" / "index.json").read_text())
    assert (len(content["clips"]), len(content["texts"])) == (24, 8)
    windows = load_file(tmp_path / "a" / "index.safetensors")["clip"]
    np.testing.assert_allclose(np.linalg.norm(windows, axis=1), 1, atol=1e-5)


def test_a_bad_clip_is_named_and_the_rest_is_indexed(folder, stored_text, words, tmp_path, capsys):
    model = SignScale.from_pretrained(folder("retrieval"))
    clips = [Entry("good", words.shard.clip(0)), Entry("bad", tmp_path / "none.mp4")]
    assert build_index(model, clips, 2, tmp_path / "index") == 1
    assert "none.mp4: no such file" in capsys.readouterr().err
    with pytest.raises(SignScaleError, match="the index has no sentences"):
        Index(tmp_path / "index").texts_for(words.shard.clip(0))
    with pytest.raises(SignScaleError, match="no clip is left"):
        build_index(model, clips[1:], 1, tmp_path / "other")
    with pytest.raises(SignScaleError, match="a clip appears twice"):
        build_index(model, clips[:1] * 2, 2, tmp_path / "other")


def test_videos_stand_in_the_index_as_they_were_named_and_as_they_are_alone(
    folder, stored_text, shared, tmp_path, capsys
):
    """The whole way from pixels, several videos at a time; a file that is no video is excluded."""
    model = SignScale.from_pretrained(
        told_estimators(folder("retrieval"), tmp_path / "m", [("mediapipe", "holistic", 1)])
    )
    videos = sorted((shared / "videos" / "karsl70").rglob("*.mp4"))[:3]
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    assert index_files(model, [videos[2], bad, *videos[:2]], tmp_path / "index") == 3
    assert "bad.mp4: not a readable video" in capsys.readouterr().err
    named = [video.as_posix() for video in (videos[2], *videos[:2])]
    assert json.loads((tmp_path / "index" / "index.json").read_text())["clips"] == named
    windows = load_file(tmp_path / "index" / "index.safetensors")
    first, end = windows["clip_offsets"][1:3]
    np.testing.assert_allclose(windows["clip"][first:end], model.sign_windows(videos[0]), atol=1e-6)


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


def test_only_a_model_of_retrieval_searches(folder, words, tmp_path):
    model = SignScale.from_pretrained(folder("letters"))
    for search in (
        lambda: model.sign_windows(words.shard.clip(0)),
        lambda: index_files(model, [tmp_path / "none.mp4"], tmp_path / "index"),
    ):
        with pytest.raises(SignScaleError, match="a model of islr; searching needs retrieval"):
            search()


def test_vectors_that_are_no_numbers_are_neither_kept_nor_searched(index, folder, stored_text, words, tmp_path):
    shutil.copytree(folder("retrieval"), tmp_path / "m")
    weights = torch_weights(tmp_path / "m" / "model.safetensors")
    weights["head.project_sign.weight"] = weights["head.project_sign.weight"].sign() * 3e38
    save_torch(weights, tmp_path / "m" / "model.safetensors")
    with pytest.raises(SignScaleError, match="no clip is left"):
        build_index(SignScale.from_pretrained(tmp_path / "m"), [Entry("a", words.shard.clip(0))], 1, tmp_path / "none")
    vectors = load_file(index / "index.safetensors")
    vectors["clip"][0, 0] = float("nan")
    save_file(vectors, index / "index.safetensors")
    with pytest.raises(SignScaleError, match=r"index\.safetensors: clip holds NaN or infinity; build it again"):
        Index(index)
