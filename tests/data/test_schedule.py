"""Learning rates by hand."""

import pytest
from tiny_world import make_params

from signscale.data.schedule import cosine, linear_warmup_decay, step_decay
from signscale.finetune.run import rate_factor


def test_linear_rise_and_fall_by_hand():
    found = [linear_warmup_decay(step, 10, 4) for step in range(11)]
    assert found == pytest.approx([1 / 4, 2 / 4, 3 / 4, 1, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 0])
    assert [linear_warmup_decay(step, 3, 0) for step in range(3)] == pytest.approx([1, 2 / 3, 1 / 3])


def test_cosine_by_hand():
    assert [cosine(step, 6, 2) for step in range(7)] == pytest.approx(
        [0.5, 1, 1, 0.5 + 0.5**1.5, 0.5, 0.5 - 0.5**1.5, 0]
    )


def test_step_decay_by_hand():
    assert [step_decay(step, 2) for step in range(5)] == pytest.approx([1, 1, 0.1, 0.1, 0.01])


def test_a_recipe_counts_its_schedule_in_epochs(root):
    params = make_params(root).finetune
    step = params.islr.model_copy(update={"schedule": "step", "step_epochs": 2, "epochs": 6})
    assert [rate_factor(step, k, 10) for k in (0, 19, 20, 39, 40)] == pytest.approx([1, 1, 0.1, 0.1, 0.01])
    smooth = step.model_copy(update={"schedule": "cosine", "warmup_share": 0.5})
    assert [rate_factor(smooth, k, 10) for k in (0, 29, 30, 45)] == pytest.approx([1 / 30, 1, 1, 0.5])
