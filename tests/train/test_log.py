"""The log of a resumed run reads as if nothing had happened."""

import json

from signscale.train.log import TrainingLog


def write(tmp_path, steps, start):
    log = TrainingLog(tmp_path / "log.jsonl", tmp_path / "board", start)
    for step in steps:
        log.write(step, 0, {"loss": 1.0 / (step + 1)}, 8, 100)
    log.close()


def steps(tmp_path):
    return [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]


def test_steps_done_again_are_logged_once(tmp_path):
    write(tmp_path, range(7), 0)
    whole = (tmp_path / "log.jsonl").read_bytes()
    write(tmp_path, range(4, 7), 4)
    assert (tmp_path / "log.jsonl").read_bytes() == whole
    assert steps(tmp_path) == list(range(7))


def test_a_line_cut_off_by_a_kill_is_dropped(tmp_path):
    write(tmp_path, range(5), 0)
    path = tmp_path / "log.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    write(tmp_path, range(4, 6), 4)
    assert steps(tmp_path) == list(range(6))


def test_a_run_from_the_start_drops_what_an_older_one_left(tmp_path):
    write(tmp_path, range(5), 0)
    write(tmp_path, range(2), 0)
    assert steps(tmp_path) == [0, 1]
