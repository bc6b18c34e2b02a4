"""Retrieval: the ranks in the prediction lines are those of evaluate.retrieval on the literal similarity."""

import numpy as np
import pytest
import torch
from tiny_world import sample, write_store
from torch.nn import functional as F

from signscale.model.similarity import contrastive_loss
from signscale.tasks.heads.two_towers import TwoTowers
from signscale.tasks.metrics.retrieval import retrieval_ranks
from signscale.text.store import TextStore

TEXTS = ["a dog", "the cat sat", "a", "the cat sat", "dog cat"]


@pytest.fixture
def store(tmp_path):
    write_store(tmp_path / "store.h5", TEXTS)
    return TextStore(tmp_path / "store.h5")


@pytest.fixture
def head(recipe, store):
    torch.manual_seed(0)
    return TwoTowers(recipe("retrieval"), 7, store).eval()


@pytest.fixture
def samples():
    return [sample(f"c/{k}", text=text) for k, text in enumerate(TEXTS)]


def literal(head, features, valid, texts):
    """(clips, texts) similarities, one pair at a time, in float64."""
    out = np.zeros((len(features), len(texts)))
    for clip in range(len(features)):
        projected = head.project_sign(features[clip][valid[clip]]).double()
        windows = [F.normalize(piece.mean(dim=0), dim=0) for piece in projected.split(4)]
        for column, text in enumerate(texts):
            tokens = torch.from_numpy(head.store.features(head.store.index(text, "ase")))
            tokens = F.normalize(head.project_text(tokens).double(), dim=1)
            scores = [tokens @ window for window in windows]
            out[clip, column] = np.mean([float(score.softmax(dim=0) @ score) for score in scores])
    return out


@torch.no_grad()
def test_ranks_are_those_of_the_literal_similarity(head, samples, padded):
    features, valid = padded([9, 4, 13, 1, 6])
    distinct = sorted(set(TEXTS))
    matrix = literal(head, features, valid, distinct)
    t2v, v2t = retrieval_ranks(matrix.T, distinct, TEXTS)
    lines = head.predict(*head.sign_windows(features, valid), samples)
    for clip, (line, text) in enumerate(zip(lines, TEXTS, strict=True)):
        assert line["sample_id"] == f"c/{clip}"
        assert line["t2v_rank"] == t2v[distinct.index(text)]
        assert line["v2t_rank"] == v2t[clip]
        column = matrix[:, distinct.index(text)]
        assert [top["sample_id"] for top in line["top"]] == [f"c/{k}" for k in np.argsort(-column)[:5]]
        assert [top["score"] for top in line["top"]] == pytest.approx(sorted(column, reverse=True)[:5], abs=1e-5)


@torch.no_grad()
def test_equal_texts_share_an_id_and_a_rank(head, samples, padded):
    lines = head.predict(*head.sign_windows(*padded([9, 4, 13, 1, 6])), samples)
    ids = [line["text_id"] for line in lines]
    assert ids[1] == ids[3]
    assert len(set(ids)) == 4
    assert lines[1]["t2v_rank"] == lines[3]["t2v_rank"]


@torch.no_grad()
def test_the_loss_is_the_contrast_of_the_literal_similarity(head, samples, padded):
    features, valid = padded([9, 4, 13, 1, 6])
    rows = sorted({head.store.index(text, "ase") for text in TEXTS})
    ordered = sorted(set(TEXTS), key=lambda text: head.store.index(text, "ase"))
    matrix = torch.from_numpy(literal(head, features, valid, ordered)).float()
    own = torch.tensor([rows.index(head.store.index(text, "ase")) for text in TEXTS])
    expected = contrastive_loss(matrix, own, torch.tensor(0.07))
    torch.testing.assert_close(head.loss(features, valid, samples), expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_a_clip_alone_and_in_a_padded_batch_has_the_same_windows(head, padded):
    features, valid = padded([9, 4, 13])
    windows, mask = head.sign_windows(features, valid)
    for clip, length in enumerate([9, 4, 13]):
        alone, _ = head.sign_windows(features[clip : clip + 1, :length], valid[clip : clip + 1, :length])
        torch.testing.assert_close(windows[clip][mask[clip]], alone[0], rtol=0, atol=1e-5)
