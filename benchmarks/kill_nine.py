"""kill -9 in the middle of a shard of real clips (karsl70), then the same job again: what is kept, what is redone.

Usage: python benchmarks/kill_nine.py [--clips 24] [--processes 2]
Needs ../shared/data/videos/karsl70. Prints JSON, keeps it in benchmarks/results. MediaPipe stands in for HRNet + DARK.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mediapipe_throughput import ROOT, clip_rows, ours

from signscale.formats.files import write_json
from signscale.formats.shard import Shard
from signscale.params import load_params

RESULT = ROOT / "benchmarks/results/kill_nine.json"


def pieces(folder: Path) -> dict[str, int]:
    """Finished clips of the job: file and time of writing."""
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("scratch/*.h5")}


def job(folder: Path, clips: int, processes: int) -> list[str]:
    return [sys.executable, __file__, "--clips", str(clips), "--processes", str(processes), "--job", str(folder)]


def main(clips: int, processes: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        running = subprocess.Popen(job(folder, clips, processes))
        while len(pieces(folder)) < clips // 2:
            time.sleep(0.1)
        running.send_signal(signal.SIGKILL)
        running.wait()
        time.sleep(1)
        before, whole = pieces(folder), (folder / "0.h5").exists()
        subprocess.run(job(folder, clips, processes), check=True)
        after = pieces(folder)
        with Shard(folder / "0.h5") as shard:
            frames = shard.lengths().tolist()
    document = {
        "clips": clips,
        "processes": processes,
        "frames": sum(frames),
        "half_a_shard_left_behind": whole,
        "finished_before_the_kill": len(before),
        "of_them_done_again": sum(after.get(piece) != when for piece, when in before.items()),
        "in_flight_at_the_kill": f"at most {processes}",
        "in_the_shard_at_the_end": len(frames),
    }
    write_json(RESULT, document)
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--job", type=Path, help="be the job itself, in this folder")
    given = parser.parse_args()
    if given.job:
        settings = load_params(ROOT, "demo").keypoints
        ours(clip_rows()[: given.clips], settings, given.processes, given.job / "0.h5", given.job / "scratch")
    else:
        main(given.clips, given.processes)
