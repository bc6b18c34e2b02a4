"""A pre-training batch is a function of (seed, epoch, sample ids); unpaired samples have no text; shares nest."""

from collections import Counter

import numpy as np
import pytest
import torch
from tiny_world import make_world, sample

from signscale.pretrain.batches import PretrainClips
from signscale.pretrain.clips import held_out_clips, in_share, training_clips
from signscale.text.store import TextStore


@pytest.fixture
def world(root, tmp_path):
    return make_world(tmp_path / "world", root)


@pytest.fixture
def clips(world):
    settings = world.params.pretrain
    return PretrainClips(training_clips(world.packs, settings, 1), TextStore(world.text), settings, 1)


def make(clips, indices, epoch):
    """The batch of some clips in one epoch."""
    return clips.collate([clips[epoch, index] for index in indices])


def test_a_sample_is_the_same_in_any_batch(clips):
    together, alone = make(clips, [3, 7, 20], 2), make(clips, [7], 2)
    frames = int(alone.valid.sum())
    for name in ("masked", "target", "touched"):
        torch.testing.assert_close(getattr(together, name)[1, :frames], getattr(alone, name)[0], rtol=0, atol=0)
    assert not together.masked[1, frames:].any()
    assert together.valid[1].sum() == frames


def test_an_epoch_changes_augmentation_and_mask(clips):
    first, second = make(clips, [3], 0), make(clips, [3], 1)
    shortest = min(first.valid.sum(), second.valid.sum())
    assert (first.touched[0, :shortest] != second.touched[0, :shortest]).any()
    assert (first.target[0, :shortest] != second.target[0, :shortest]).any()


def test_lengths_are_those_of_the_clips_made(clips):
    for epoch in (0, 1):
        made = make(clips, range(24), epoch).valid.sum(dim=1)
        np.testing.assert_array_equal(made, clips.lengths(epoch))


def test_texts_are_distinct_and_point_at_their_sentence(clips):
    batch = make(clips, range(24), 0)
    store = clips.store
    assert len(set(batch.text_id.tolist())) == len(batch.text_id) == 3 + 8
    for clip, column in enumerate(batch.text_of_clip.tolist()):
        row = clips.refs[clip].sample
        if not row.text:
            assert column == -1
            continue
        number = store.index(row.text, row.language)
        assert batch.text_id[column] == number
        np.testing.assert_array_equal(batch.text[column][batch.text_valid[column]], store.features(number))


def test_a_sample_without_text_is_unpaired(clips):
    unpaired = [k for k, ref in enumerate(clips.refs) if not ref.sample.text]
    assert len(unpaired) == 4
    batch = make(clips, unpaired, 0)
    assert batch.text_of_clip.tolist() == [-1] * 4
    assert batch.text.shape[0] == batch.text_valid.shape[0] == len(batch.text_id) == 0
    assert batch.touched.any()


def test_no_sample_makes_an_empty_batch(clips):
    batch = make(clips, [], 0)
    whole = make(clips, [0], 0)
    for name in batch.__slots__:
        one, other = getattr(batch, name), getattr(whole, name)
        assert len(one) == 0
        assert (one.dtype, one.dim()) == (other.dtype, other.dim())


def test_held_out_clips_are_neither_augmented_nor_trained_on(world):
    refs = held_out_clips(world.packs, world.params.pretrain)
    assert {ref.sample.split for ref in refs} == {"dev"}
    assert all(ref.sample.text for ref in refs)
    held_out = PretrainClips(refs, TextStore(world.text), world.params.pretrain, 1, held_out=True)
    one, other = (make(held_out, [0], epoch).target for epoch in (0, 1))
    assert held_out.lengths(0)[0] == one.shape[1] == refs[0].frames
    torch.testing.assert_close(one, other, rtol=0, atol=0)
    with_dev = world.params.pretrain.model_copy(update={"splits": ["train", "dev"]})
    assert held_out_clips(world.packs, with_dev) == []


def test_a_smaller_share_is_part_of_a_larger_one():
    samples = [sample(f"c/{k}") for k in range(4000)]
    chosen = {share: {s.sample_id for s in samples if in_share(s, share, 1)} for share in (0.25, 0.5, 0.75, 1.0)}
    assert chosen[0.25] < chosen[0.5] < chosen[0.75] < chosen[1.0]
    for share, ids in chosen.items():
        assert len(ids) / 4000 == pytest.approx(share, abs=0.03)
    assert chosen[0.5] != {s.sample_id for s in samples if in_share(s, 0.5, 2)}


def test_training_clips_are_those_of_the_splits_and_the_share(world):
    settings = world.params.pretrain
    assert len(training_clips(world.packs, settings, 1)) == 16 + 8
    both = settings.model_copy(update={"splits": ["train", "dev"]})
    assert len(training_clips(world.packs, both, 1)) == 20 + 16
    half = {r.sample.sample_id for r in training_clips(world.packs, settings.model_copy(update={"data_share": 0.5}), 1)}
    assert 4 < len(half) < 20


def test_a_label_of_a_corpus_has_at_most_so_many_clips_and_equal_draws(world):
    settings = world.params.pretrain
    every = training_clips(world.packs, settings, 1)
    few = training_clips(world.packs, settings.model_copy(update={"clips_per_label": 1}), 1)
    labels = Counter((ref.sample.corpus, ref.sample.label) for ref in every if ref.sample.label)
    assert max(labels.values()) > 1
    assert Counter((ref.sample.corpus, ref.sample.label) for ref in few if ref.sample.label) == dict.fromkeys(labels, 1)
    ids = [ref.sample.sample_id for ref in few]
    assert [ref.sample.sample_id for ref in every if ref.sample.sample_id in ids] == ids
    assert {ref.sample.sample_id for ref in every if not ref.sample.label} <= set(ids)
    many = training_clips(world.packs, settings.model_copy(update={"clips_per_label": 1000}), 1)
    assert [ref.sample for ref in many] == [ref.sample for ref in every]
