"""A step that is not taken: which, how many in a row, whose samples; the same in a resumed run."""

import json

import pytest

from signscale.errors import SignScaleError
from signscale.params import SkipParams
from signscale.pretrain.skips import BEHIND, Skips

RULE = SkipParams(spike=3.0, stop_after=3)


def test_a_spike_is_measured_by_the_median_of_the_steps_behind_it(tmp_path):
    skips = Skips(tmp_path / "s", RULE, [], 0)
    for loss in [1.0, 1000.0] * (BEHIND // 2 - 1) + [1.0]:
        assert not skips.reason(loss)
        skips.took(loss)
    assert not skips.reason(1e9)  # one step short of 64
    skips.took(1.0)
    assert skips.reason(3.01) == "the loss is above 3.0 times the median of 64 steps"
    assert not skips.reason(3.0)
    assert not Skips(tmp_path / "s", RULE.model_copy(update={"spike": 0.0}), [], 0).reason(1e9)


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_never_taken(tmp_path, loss):
    assert Skips(tmp_path / "s", RULE, [], 0).reason(loss) == "the loss is no number"


def test_the_run_ends_at_so_many_in_a_row_and_a_resumed_one_too(tmp_path):
    skips, log = Skips(tmp_path / "s", RULE, [], 0), []
    for step, good in enumerate([False, False, True, False, False]):
        if good:
            skips.took(1.0)
        else:
            skips.skipped(step, float("nan"), 0.0, "the loss is no number", [f"a/{step}"])
        log.append({"step": step, "loss": 1.0 if good else None, "skipped": not good})
    again = Skips(tmp_path / "s", RULE, log, 5)
    for each in (skips, again):
        assert each.is_last()
        with pytest.raises(SignScaleError, match=r"a/5, \.\.\.; all in .*3 steps in a row were not taken"):
            each.skipped(5, float("nan"), 0.0, "the loss is no number", ["a/5"])
    lines = [json.loads(line) for line in (tmp_path / "s").read_text().splitlines()]
    assert [(line["step"], line["samples"]) for line in lines] == [(k, [f"a/{k}"]) for k in (0, 1, 3, 4, 5)]
