"""The log of a resumed run reads as if nothing had happened."""

import json

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny_world import make_params

from signscale.pretrain.log import TrainingLog
from signscale.pretrain.speed import Speed


@pytest.fixture
def write(root):
    """The function that logs some steps of a run that begins or goes on at `start`."""

    def log_of(folder, steps, start):
        speed = Speed(make_params(root).pretrain.model, True, 1e9, 100, torch.device("cpu"))
        log = TrainingLog(folder / "log.jsonl", folder / "board", start, speed)
        for step in steps:
            log.write(step, 0, {"loss": 1.0 / (step + 1)}, 8, 100, 1000)
        log.close()

    return log_of


def steps(tmp_path):
    return [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]


def test_steps_done_again_are_logged_once(tmp_path, write):
    write(tmp_path, range(7), 0)
    whole = (tmp_path / "log.jsonl").read_bytes()
    write(tmp_path, range(4, 7), 4)
    assert (tmp_path / "log.jsonl").read_bytes() == whole
    assert steps(tmp_path) == list(range(7))


def test_a_line_cut_off_by_a_kill_is_dropped(tmp_path, write):
    write(tmp_path, range(5), 0)
    path = tmp_path / "log.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    write(tmp_path, range(4, 6), 4)
    assert steps(tmp_path) == list(range(6))


def test_a_run_from_the_start_drops_what_an_older_one_left(tmp_path, write):
    write(tmp_path, range(5), 0)
    write(tmp_path, range(2), 0)
    assert steps(tmp_path) == [0, 1]


def test_speed_goes_to_tensorboard_and_not_into_the_lines(tmp_path, write):
    write(tmp_path, range(2), 0)
    board = EventAccumulator(str(tmp_path / "board")).Reload()
    speed = {"samples_per_second", "frames_per_second", "utilisation", "peak_gigabytes", "hours_left"}
    assert set(board.Tags()["scalars"]) == {"loss"} | speed
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert {name for line in lines for name in line} == {"step", "epoch", "samples", "frames", "loss"}
