"""The reconstruction: coordinates back to pixels, hidden points hidden, untouched points as they were."""

import base64
from contextlib import closing

import numpy as np
import pytest
import tiny_world
import torch

from signscale.data.masking import mask_pose
from signscale.data.normalise import normalise
from signscale.data.randomness import generator
from signscale.formats import skeleton
from signscale.report.clips import Clips
from signscale.report.pretrained import read_pretrained
from signscale.report.reconstruction import MOST, PER_CORPUS, reconstructions, to_pixels
from signscale.report.skeletons import MISSING


@pytest.fixture
def pretrained(learned):
    return read_pretrained(learned.params, learned.root)


@pytest.fixture
def clips(learned):
    with closing(Clips(learned.root)) as clips:
        yield clips


def _points(clips, picture):
    data = clips.data()["clips"][picture.id]
    return np.frombuffer(base64.b64decode(data["points"]), "<i2").reshape(-1, skeleton.NODES, 2)


def test_pixels_come_back_from_normalised_coordinates():
    keypoints = tiny_world.signing("cab", 9, 1)
    truth = keypoints[:, skeleton.SELECTED]
    back = to_pixels(normalise(keypoints, tiny_world.SIZE)[..., :2], truth, tiny_world.SIZE)
    seen = truth[..., 2] > 0
    assert np.abs(back - truth[..., :2])[seen].max() < 0.01


def test_hidden_points_are_not_drawn_and_untouched_ones_stay(learned, pretrained, clips):
    one = reconstructions(pretrained, learned.params, clips)[0]
    target, masked, filled = (_points(clips, picture) for picture in (one.target, one.masked, one.filled))
    ref = pretrained.shown(PER_CORPUS, MOST)[0]
    pose = normalise(ref.shard.keypoints(ref.index), tiny_world.SIZE)
    rng = generator(learned.params.seed, "mask", 0, ref.sample.sample_id)
    shown, touched = mask_pose(pose, learned.params.pretrain.mask, rng)
    step = -(-len(pose) // len(target))
    assert ((masked[..., 0] == MISSING) == (shown[::step, :, 2] <= 0)).all()
    assert np.abs(filled.astype(int) - target)[~touched[::step]].max() <= 1
    assert one.share == touched.sum() / (pose[..., 2] > 0).sum()


def test_a_model_that_knows_the_answer_misses_nothing(learned, pretrained, clips):
    ref = pretrained.shown(PER_CORPUS, MOST)[0]
    pose = normalise(ref.shard.keypoints(ref.index), tiny_world.SIZE)

    class Knows(torch.nn.Module):
        def forward(self, features):
            return torch.from_numpy(pose[: len(features), :, :2].copy())

    honest = reconstructions(pretrained, learned.params, clips)[0].missed
    pretrained.model.decoder = Knows()
    pretrained.held_out[:] = [ref]
    assert reconstructions(pretrained, learned.params, clips)[0].missed == pytest.approx(0, abs=1e-4)
    assert honest > 0.05
