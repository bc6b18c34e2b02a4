"""A job's processes: the same shard as one alone; killed at any moment it goes on; a death costs one clip."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from made_clips import row, write_video

from signscale import cpus
from signscale.errors import SignScaleError
from signscale.formats.excluded import read_excluded
from signscale.formats.sample import write_manifest
from signscale.formats.shard import Shard
from signscale.keypoints import workers

CLIPS = [4, 5, 6, 7, 8, 9, 10, 11]  # frames of each


class Job:
    """Eight short videos, the one of 6 frames an empty file, in a folder of their own."""

    def __init__(self, folder: Path, root: Path):
        self.folder, self.root = folder, root
        raw = folder / "data/raw/made"
        raw.mkdir(parents=True)
        for frames in CLIPS:
            write_video(raw / f"{frames}.mp4", frames)
        (raw / "6.mp4").write_bytes(b"")
        write_manifest(folder / "made.parquet", [row(str(frames), f"{frames}.mp4") for frames in CLIPS])

    def start(self, processes: int, seconds: float = 0.0, deadly: int = -1) -> subprocess.Popen:
        script = Path(__file__).with_name("noting_job.py")
        command = [sys.executable, str(script), str(self.root), str(processes), str(seconds), str(deadly)]
        return subprocess.Popen(command, cwd=self.folder, stderr=subprocess.PIPE, text=True)

    def run(self, processes: int, seconds: float = 0.0, deadly: int = -1) -> None:
        done = self.start(processes, seconds, deadly)
        error = done.communicate(timeout=120)[1]
        assert done.returncode == 0, error

    def notes(self, what: str) -> list[tuple[int, int]]:
        """(frames of the clip, process) of each note."""
        path = self.folder / "notes"
        lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return [(int(line[1]), int(line[2])) for line in lines if line[0] == what and len(line) == 3]

    def shard(self) -> bytes:
        return (self.folder / "00000.h5").read_bytes()


@pytest.fixture
def job(tmp_path: Path, root: Path) -> Job:
    return Job(tmp_path, root)


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.02)


def alive(process: int) -> bool:
    """Whether the process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_after_kill_9_at_most_one_clip_a_process_is_done_again_and_the_bytes_are_those_of_one_process(job: Job) -> None:
    job.run(1)
    alone = job.shard()
    (job.folder / "00000.h5").unlink()
    (job.folder / "notes").unlink()
    killed = job.start(2, 0.3)
    wait_until(lambda: len(job.notes("ended")) >= 3)
    killed.kill()
    killed.communicate()
    wait_until(lambda: not any(alive(process) for _, process in job.notes("begun")))
    assert not (job.folder / "00000.h5").exists()
    done = job.notes("ended")
    assert len({process for _, process in done}) == 2
    job.run(2)
    times = Counter(frames for frames, _ in job.notes("begun"))
    assert set(times) == set(CLIPS) - {6}
    assert sum(times.values()) - len(times) <= 2, "at most one clip a process is begun twice"
    assert job.shard() == alone
    with Shard(job.folder / "00000.h5") as shard:
        assert shard.lengths().tolist() == [frames for frames in CLIPS if frames != 6]
    (bad,) = read_excluded(job.folder / "00000.excluded.csv")
    assert (bad.sample_id, "6.mp4: not a readable video" in bad.reason) == ("made/6", True)
    assert not list((job.folder / "scratch").rglob("*.h5"))


def test_a_clip_that_kills_its_process_twice_is_excluded_by_name(job: Job) -> None:
    job.run(2, deadly=8)
    assert Counter(frames for frames, _ in job.notes("begun"))[8] == 2
    with Shard(job.folder / "00000.h5") as shard:
        assert shard.lengths().tolist() == [frames for frames in CLIPS if frames not in (6, 8)]
    reasons = {aside.sample_id: aside.reason for aside in read_excluded(job.folder / "00000.excluded.csv")}
    assert "two processes died of this clip (SIGKILL)" in reasons["made/8"]
    assert len(reasons) == 2


def _halve(minimum: int) -> Callable[[int], int]:
    def half(number: int) -> int:
        if number < minimum:
            raise SignScaleError(f"{number} is too small")
        return number // (number % 2 == 0) // 2

    return half


def test_results_come_with_their_index_and_faults_of_items_as_results() -> None:
    results = dict(workers.each(_halve, (4,), [8, 2, 6], 1))
    assert (results[0], results[2]) == (4, 3)
    assert isinstance(results[1], SignScaleError)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        list(workers.each(_halve, (4,), [5], 1))


def test_no_more_cpus_are_used_than_the_job_was_given(monkeypatch):
    monkeypatch.setattr(cpus.os, "sched_getaffinity", lambda _: set(range(64)))
    for name in ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(cpus, "_granted", [])
    assert cpus.available_cpus() == 64
    cpus.grant(8)
    assert cpus.available_cpus() == 8
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "2")
    assert cpus.available_cpus() == 2


LIGHT = """
import sys
import signscale.__main__, signscale.keypoints.pictures, signscale.keypoints.workers
import signscale.keypoints.readers.frames, signscale.keypoints.estimators.mmpose.decoding
print([name for name in ("torch", "transformers", "pandas", "mmpose") if name in sys.modules])
"""


def test_a_process_that_decodes_and_crops_imports_no_torch():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
