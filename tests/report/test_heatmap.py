"""The heat map: the very matrix the loss is made of, and a drawing that says the same."""

import re
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from signscale.data.clips import evaluation_pose
from signscale.model.similarity import fine_grained_similarity, window_average
from signscale.report.clips import Clips
from signscale.report.heatmap import draw, heat_maps, similarities
from signscale.report.pretrained import read_pretrained


@pytest.fixture
def pretrained(learned):
    return read_pretrained(learned.params, learned.root)


def test_the_similarity_of_the_loss_follows_from_the_map(pretrained):
    model, ref = pretrained.model, pretrained.held_out[-1]
    pose = evaluation_pose(ref, 256)
    text = pretrained.store.features(pretrained.store.index(ref.sample.text, ref.sample.language))
    energy = similarities(pose, text, pretrained)
    assert energy.shape == (-(-len(pose) // model.loss.window), len(text))
    temperature = model.loss.attention_temperature
    attention = np.exp(energy / temperature) / np.exp(energy / temperature).sum(axis=1, keepdims=True)
    with torch.no_grad():
        valid = torch.ones(1, len(pose), dtype=torch.bool)
        frames = model.project_sign(model.encoder(torch.from_numpy(pose[None]), valid))
        sign, mask = window_average(frames, valid, model.loss.window)
        tokens = F.normalize(model.project_text(torch.from_numpy(text)), dim=1)[None]
        every = torch.ones(1, len(text), dtype=torch.bool)
        expected = fine_grained_similarity(F.normalize(sign, dim=2), tokens, mask, every, temperature)
    assert (attention * energy).sum(axis=1).mean() == pytest.approx(float(expected), abs=1e-5)


def test_every_cell_is_drawn_and_the_nearest_token_of_each_window_is_marked():
    energy = np.array([[0.1, 0.9], [0.2, 0.8], [0.5, -0.1]])
    chart = draw(energy, ["b", "ad"], frames=11, window=4, fps=25.0)
    strengths = [float(s) for s in re.findall(r'class="heat" opacity="([\d.]+)"', chart)]
    assert strengths == [0.2, 1.0, 0.3, 0.9, 0.6, 0.0]
    dots = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', chart)]
    assert [x for x, _ in dots] == sorted(x for x, _ in dots)
    assert dots[0][1] == dots[1][1] > dots[2][1]
    assert "Nearest token: ad in windows 1 to 2, b in window 3." in chart


def test_without_a_fine_grained_similarity_there_is_no_map(learned, pretrained):
    with closing(Clips(learned.root)) as clips:
        assert [m.text for m in heat_maps(pretrained, clips)] == [
            ref.sample.text for ref in pretrained.shown(2, 4)
        ]  # fmt: skip
        assert heat_maps(None, clips) == []
        pretrained.model.coarse = True
        assert heat_maps(replace(pretrained), clips) == []
