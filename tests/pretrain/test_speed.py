"""Speed by hand from a clock that is ours; memory and the rate of products from the machine."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from tiny_world import make_params

from signscale.pretrain import speed as speed_module
from signscale.pretrain.flops import attention_flops, frame_flops
from signscale.pretrain.speed import Speed, describe, peak_memory, product_rate

CPU = torch.device("cpu")


def test_a_step_by_hand(root, monkeypatch):
    now = iter([0.0, 2.0, 8.0])
    monkeypatch.setattr(speed_module.time, "perf_counter", lambda: next(now))
    model = make_params(root).pretrain.model
    clock = Speed(model, True, 1e9, 12, CPU)
    first, second = (clock.of_step(step, 4, 30, 10 * 10 + 20 * 20) for step in (0, 1))
    assert (first["samples_per_second"], first["frames_per_second"]) == (2.0, 15.0)
    operations = 3 * (30 * frame_flops(model) + attention_flops(model, 10) + attention_flops(model, 20))
    assert first["utilisation"] == pytest.approx(operations / 2 / 1e9)
    assert second["utilisation"] == pytest.approx(operations / 6 / 1e9)
    assert first["hours_left"] == pytest.approx(11 * 2 / 3600)
    assert second["hours_left"] == pytest.approx(10 * 4 / 3600)


def test_the_figures_in_words():
    figures = {"samples_per_second": 12.4, "utilisation": 0.613, "peak_gigabytes": 1.26}
    assert describe(figures) == "12 clips/s, 61% of products, 1.3 GB"


def test_memory_is_the_most_this_program_had_and_not_what_its_parent_had():
    held = np.ones(100_000_000)  # 800 MB
    code = "from signscale.pretrain.speed import peak_memory, torch; print(peak_memory(torch.device('cpu')))"
    child = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)
    assert 1e8 < child < held.nbytes < peak_memory(CPU)
    del held
    assert peak_memory(CPU) > 8e8


def test_the_rate_of_products_leaves_the_state_of_training_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    assert 1e8 < product_rate(CPU, torch.float32) < 1e14
    torch.testing.assert_close(torch.rand(2), expected, rtol=0, atol=0)
