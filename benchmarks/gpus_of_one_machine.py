"""Jobs over time on each of eight GPUs that are only said to be there, in a real run of Snakemake.

    python benchmarks/gpus_of_one_machine.py [--gpus 8] [--jobs 24] [--picture FILE.svg]

The tiny jobs of tests/workflow/gpu_jobs.smk: one that takes all GPUs, then many that take one each. Prints JSON: jobs
by GPU, whether two were ever on one, and the share of the time from first begin to last end that GPUs were taken.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROW, WIDTH, LEFT = 22, 720, 60


def run(folder: Path, gpus: int, jobs: int) -> list[tuple[str, float, float]]:
    """Run the jobs where nvidia-smi lists that many GPUs; gives what each noted: the GPUs seen, begin, end."""
    program = folder / "nvidia-smi"
    program.write_text("#!/bin/sh\n" + "".join(f"echo {number}\n" for number in range(gpus)))
    program.chmod(0o755)
    paths = os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]])
    surroundings = os.environ | {"PATH": paths, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT / "src")}
    snakefile = ROOT / "tests" / "workflow" / "gpu_jobs.smk"
    command = ["snakemake", "-s", str(snakefile), "--cores", str(gpus), "all", "--config", f"root={ROOT}"]
    subprocess.run([*command, f"jobs={jobs}"], cwd=folder, env=surroundings, check=True, capture_output=True)
    return [tuple(json.loads(path.read_text())) for path in (folder / "every.json", *folder.glob("one/*.json"))]


def by_gpu(notes: list[tuple[str, float, float]]) -> dict[str, list[tuple[float, float]]]:
    """Begin and end of the jobs of each GPU, by time."""
    lanes: dict[str, list[tuple[float, float]]] = {}
    for seen, begin, end in sorted(notes, key=lambda note: note[1]):
        for gpu in seen.split(","):
            lanes.setdefault(gpu, []).append((begin, end))
    return dict(sorted(lanes.items(), key=lambda lane: int(lane[0])))


def picture(lanes: dict[str, list[tuple[float, float]]], first: float, last: float) -> str:
    """A row a GPU, a bar a job, as SVG."""
    scale = (WIDTH - LEFT - 10) / (last - first)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{ROW * len(lanes) + 30}" font-size="12">'
    ]
    for row, (gpu, jobs) in enumerate(lanes.items()):
        lines.append(f'<text x="4" y="{row * ROW + 16}">GPU {gpu}</text>')
        for begin, end in jobs:
            place = f'x="{LEFT + (begin - first) * scale:.1f}" width="{(end - begin) * scale:.1f}"'
            lines.append(f'<rect {place} y="{row * ROW + 3}" height="{ROW - 6}" fill="#4477aa" stroke="white"/>')
    lines.append(f'<text x="{LEFT}" y="{ROW * len(lanes) + 20}">0 to {last - first:.1f} seconds</text></svg>')
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpus", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=24)
    parser.add_argument("--picture", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        notes = run(Path(folder), chosen.gpus, chosen.jobs)
    lanes, first, last = by_gpu(notes), min(note[1] for note in notes), max(note[2] for note in notes)
    if chosen.picture:
        chosen.picture.write_text(picture(lanes, first, last), encoding="utf-8")
    pairs = [(one, other) for jobs in lanes.values() for one, other in pairwise(jobs)]
    taken = sum(end - begin for jobs in lanes.values() for begin, end in jobs)
    result = {
        "jobs": {gpu: len(jobs) for gpu, jobs in lanes.items()},
        "ever_two_on_one": any(other[0] < one[1] for one, other in pairs),
        "share_of_time_taken": round(taken / (last - first) / chosen.gpus, 2),
        "seconds": round(last - first, 1),
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
