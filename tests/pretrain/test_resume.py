"""Checkpoints are whole or do not count; a request to stop is heard; a killed run ends as if it had not been."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from signscale.errors import SignScaleError
from signscale.pretrain import resume
from signscale.pretrain.resume import Checkpoints, stop_signals

LONG = {"pretrain": {"epochs": 8, "checkpoint_every": 5, "keep_checkpoints": 2}}  # 24 steps


class Engine:
    """Writes and reads folders as DeepSpeed does, without what is in them."""

    def __init__(self):
        self.loaded = None

    def save_checkpoint(self, folder, tag, save_latest):
        assert not save_latest
        (Path(folder) / tag).mkdir(parents=True)
        (Path(folder) / tag / "state").write_text(tag)

    def load_checkpoint(self, folder, tag):
        path = Path(folder) / tag / "state"
        self.loaded = path.read_text() if path.exists() else None
        return (str(path) if self.loaded else None), {}


@pytest.fixture
def checkpoints(tmp_path, monkeypatch):
    monkeypatch.setattr(resume.dist, "barrier", lambda: None)
    return Checkpoints(tmp_path, 2, 0, {"processes": 1, "batch size": 8})


def test_the_newest_few_are_kept_and_the_newest_is_loaded(checkpoints, tmp_path):
    engine = Engine()
    assert checkpoints.resume(engine) == 0
    for step in (5, 10, 15):
        checkpoints.save(engine, step)
    assert sorted(path.name for path in tmp_path.glob("step-*")) == ["step-00000010", "step-00000015"]
    assert checkpoints.resume(engine) == 15
    assert engine.loaded == "step-00000015"


def test_a_half_written_checkpoint_does_not_count_and_is_written_anew(checkpoints, tmp_path):
    engine = Engine()
    checkpoints.save(engine, 5)
    (tmp_path / "step-00000010").mkdir()
    (tmp_path / "step-00000010" / "leftover").write_text("half")
    assert checkpoints.resume(engine) == 5
    checkpoints.save(engine, 10)
    assert sorted(path.name for path in (tmp_path / "step-00000010").iterdir()) == ["content.json", "state"]


def test_what_was_half_written_never_counts_among_those_kept(checkpoints, tmp_path):
    engine = Engine()
    for step in (5, 10):
        checkpoints.save(engine, step)
    for torn in ("step-00000015", "step-00000018"):
        (tmp_path / torn).mkdir()
    assert checkpoints.resume(engine) == 10
    checkpoints.save(engine, 12)
    assert sorted(path.name for path in tmp_path.glob("step-*")) == ["step-00000010", "step-00000012"]
    assert checkpoints.resume(engine) == 12


def test_a_checkpoint_that_is_gone_is_an_error_not_a_fresh_start(checkpoints, tmp_path):
    checkpoints.save(Engine(), 5)
    (tmp_path / "step-00000005" / "state").unlink()
    with pytest.raises(SignScaleError, match=r"step-00000005: not a whole checkpoint, .*; move .* away and run again"):
        checkpoints.resume(Engine())


@pytest.mark.parametrize("damage", ["emptied", "shortened", "gone", "without its content"])
def test_a_torn_checkpoint_gives_way_to_the_one_before(checkpoints, tmp_path, capsys, damage):
    engine = Engine()
    for step in (5, 10):
        checkpoints.save(engine, step)
    folder = tmp_path / "step-00000010"
    if damage == "gone":
        shutil.rmtree(folder)
    elif damage == "without its content":
        (folder / "content.json").unlink()
    else:
        (folder / "state").write_text("" if damage == "emptied" else "step")
    assert checkpoints.resume(engine) == 5
    assert engine.loaded == "step-00000005"
    assert "step-00000010: not a whole checkpoint; going on from step-00000005" in capsys.readouterr().err


def test_an_empty_newest_loses_no_checkpoint(checkpoints, tmp_path):
    """What a loss of power used to leave; every checkpoint was deleted and the run began at 0."""
    checkpoints.save(Engine(), 5)
    (tmp_path / "newest").write_text("")
    assert checkpoints.resume(Engine()) == 5


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ({"processes": 2, "batch size": 8}, "saved with processes 1, this run has 2"),
        ({"processes": 1, "batch size": 16}, "saved with batch size 8, this run has 16"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_in_a_line(checkpoints, tmp_path, run, said):
    checkpoints.save(Engine(), 5)
    with pytest.raises(SignScaleError, match=said) as error:
        Checkpoints(tmp_path, 2, 0, run).resume(Engine())
    assert "\n" not in str(error.value)
    assert (tmp_path / "step-00000005" / "state").exists()


def test_the_first_signal_asks_a_second_sigterm_changes_nothing_and_a_second_sigint_stops():
    before = signal.getsignal(signal.SIGTERM)
    with stop_signals() as stopped:
        assert not stopped()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopped()
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before


def command(world):
    out = ["out", "pack/letters", "pack/words", "--text", "text/store.h5", "--scratch", "scratch"]
    return world.root, "-m", "signscale", "pretrain", *out


def stopped_at(process, world, lines, number):
    """Send a signal once the log holds so many lines; returns the exit status."""
    log, deadline = world.root / "scratch" / "log.jsonl", time.monotonic() + 60
    while not log.exists() or log.read_bytes().count(b"\n") < lines:
        assert process.poll() is None, (world.root / "output.txt").read_text()[-2000:]
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(number)
    return process.wait(timeout=500)


@pytest.fixture(scope="module")
def runs(tiny, start):
    """The same pre-training three times: undisturbed, asked to stop, killed; the latter two run again."""
    worlds = {name: tiny(LONG) for name in ("whole", "asked", "killed")}
    whole = start(*command(worlds["whole"]))
    status = {
        name: stopped_at(start(*command(worlds[name])), worlds[name], lines, number)
        for name, lines, number in (("asked", 3, signal.SIGTERM), ("killed", 7, signal.SIGKILL))
    }
    unfinished = {name: not (worlds[name].root / "out").exists() for name in status}
    again = [start(*command(worlds[name])) for name in status]
    assert [process.wait(timeout=500) for process in [whole, *again]] == [0, 0, 0]
    return worlds, status, unfinished


def test_a_stopped_run_leaves_no_model_and_says_where_it_is(runs):
    worlds, status, unfinished = runs
    assert status == {"asked": 130, "killed": -signal.SIGKILL}
    assert unfinished == {"asked": True, "killed": True}
    output = (worlds["asked"].root / "output.txt").read_text()
    assert "signscale: stopping after this step and saving; Ctrl-C now stops at once" in output
    assert "of 24, saved in scratch; run again" in output


@pytest.mark.parametrize("name", ["asked", "killed"])
def test_it_goes_on_from_where_it_was(runs, name):
    line = [text for text in (runs[0][name].root / "output.txt").read_text().splitlines() if "steps from" in text]
    assert len(line) == 2
    at = [int(text.split("steps from ")[1].split(",")[0]) for text in line]
    assert at[0] == 0
    assert 3 <= at[1] < 24
    if name == "killed":
        assert at[1] % 5 == 0


@pytest.mark.parametrize("name", ["asked", "killed"])
@pytest.mark.parametrize("file", ["model.safetensors", "log.jsonl", "metrics.json", "config.json"])
def test_the_end_is_bit_for_bit_that_of_an_undisturbed_run(runs, name, file):
    whole, other = (runs[0][which].root / "out" / file for which in ("whole", name))
    assert whole.read_bytes() == other.read_bytes()


def test_a_finished_run_asked_again_publishes_the_same(runs, start):
    world = runs[0]["whole"]
    before = {path.name: path.read_bytes() for path in (world.root / "out").iterdir()}
    assert start(*command(world)).wait(timeout=500) == 0
    assert {path.name: path.read_bytes() for path in (world.root / "out").iterdir()} == before
