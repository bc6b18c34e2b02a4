"""Time and memory of planning the full corpus, `snakemake -n all`, and of the ablations, in a copy of this repository.

    python benchmarks/plan_full_scale.py [--samples 1563701] [--clips-per-shard 400] [--raw] [--frames 10000 1000000]

The manifests of the paper's nine corpora are made up, as long as the paper's; nothing else is there, so every shard is
planned, and every job after it. With --raw every clip has its (empty) raw file, as where all is fetched. With --frames
PHOENIX-2014T has folders of 116 empty frames, that many in all: for each number the job that fetches reads them
(`reading`), and `all` is planned; at last `all` again, and `keypoints` when all of them are made (`nothing to do`).
Where other work shares the cores, the processor's seconds tell more than the clock's. Prints JSON: for `ablations`,
too, how many jobs are its own and how many it shares with `all`.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from signscale.corpora.audit import PAPER_SAMPLES
from signscale.formats.sample import Sample, write_manifest
from signscale.params import load_params
from signscale.provenance import records
from signscale.provenance.place import Place

ROOT = Path(__file__).resolve().parents[1]
LABELS = 300  # classes of the made-up clips
FRAMED, FRAMES = "phoenix14t", 116  # a corpus of folders of frames, and the frames of a clip


def copy_repository(to: Path) -> None:
    """What git knows of this repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = [name for name in listed.stdout.decode().split("\0") if (ROOT / name).is_file()]
    for name in names:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        (to / name).write_bytes((ROOT / name).read_bytes())


def sample(corpus: str, number: int) -> Sample:
    """A made-up row; one in ten thousand is for dev, one for test."""
    split = {0: "dev", 1: "test"}.get(number % 10000, "train")
    words = f"the sign of number {number} in this corpus"
    label = str(number % LABELS)
    name = f"{number // 1000:04d}/{number:07d}.mp4"
    return Sample(f"{corpus}/{number}", corpus, split, "ase", "", name, 0.0, -1.0, 25.0, label, words, label, "mmpose")


def write_manifests(place: Place, samples: int, raw: bool, framed: bool = False) -> None:
    """Manifests of equal length, with records that say they are current. framed: not of the corpus of frames."""
    names = [name for name in place.params.acquire.corpora if not framed or name != FRAMED]
    for corpus in names:
        rows = [sample(corpus, number) for number in range(samples // len(names))]
        write_manifest(place.manifest(corpus), rows)
        for row in rows if raw else []:
            path = place.raw(corpus) / row.clip
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    records.settle(place)
    for corpus in names:
        records.finish(place, f"acquire/{corpus}", records.begin(place, f"acquire/{corpus}"))


def write_frames(place: Place, frames: int) -> dict[str, float]:
    """The corpus of frames, with its manifest and record; returns what reading the frames took, in the acquire job."""
    step, rows = f"acquire/{FRAMED}", [sample(FRAMED, number) for number in range(-(-frames // FRAMES))]
    begun = records.begin(place, step)
    write_manifest(place.manifest(FRAMED), rows)
    for number, row in enumerate(rows):
        folder = place.raw(FRAMED) / row.clip
        folder.mkdir(parents=True, exist_ok=True)
        for frame in range(min(FRAMES, frames - number * FRAMES)):
            os.close(os.open(folder / f"{frame:04d}.png", os.O_CREAT))
    (place.raw(FRAMED) / "ledger.csv").touch()
    clock, processor = time.perf_counter(), time.process_time()
    records.finish(place, step, begun)
    measured = {"seconds": time.perf_counter() - clock, "processor_seconds": time.process_time() - processor}
    return {name: round(value, 1) for name, value in measured.items()}


def make_keypoints(place: Place) -> None:
    """What the extraction leaves, empty."""
    for name, fresh in records.settle(place).items():
        if name.startswith("keypoints/") and not fresh:
            begun = records.begin(place, name)
            for end in ("h5", "excluded.csv", "quality.csv"):
                record = place.record(name)
                record.parent.mkdir(parents=True, exist_ok=True)
                record.with_name(record.name.replace("provenance.json", end)).touch()
            records.finish(place, name, begun)


def plan_frames(root: Path, sizes: list[int], samples: int, raw: bool) -> list[dict[str, Any]]:
    """The plans where one corpus has these numbers of frames, one after the other, and the others their clips."""
    params = load_params(root, "paper")
    write_manifests(Place(params, root), samples, raw, framed=True)
    plans = []
    for frames in sizes:
        plans.append({"frames": frames, "plan": "reading"} | write_frames(Place(params, root), frames))
        plans.append({"frames": frames, "plan": "all"} | plan(root))
        print(plans[-2:], file=sys.stderr)
    plans.append({"frames": frames, "plan": "all, again"} | plan(root))
    make_keypoints(Place(params, root))
    return [*plans, {"frames": frames, "plan": "nothing to do"} | plan(root, "keypoints")]


def plan(folder: Path, target: str = "all") -> dict[str, float | dict[str, int]]:
    """Jobs, seconds and memory of one dry run of a target."""
    environment = os.environ | {"PYTHONPATH": str(folder / "src")}
    command = [sys.executable, "-m", "snakemake", "--profile", "local", "-n", target, "--quiet", "rules"]
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    table = done.stdout.partition("Job stats:")[2].strip().split("\n\n")[0].splitlines()[2:]
    jobs = {name: int(count) for name, count in map(str.split, table)}
    total = jobs.pop("total", 0)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    measured = {"seconds": round(seconds, 1), "processor_seconds": round(processor, 1)}
    counts = {"jobs": total}
    if target == "ablations":
        counts |= {"own": {name: count for name, count in jobs.items() if name.startswith("ablation_")}}
        counts |= {"shared": total - 1 - sum(counts["own"].values())}  # less the target itself
    return counts | measured | {"peak_gib": round(used.ru_maxrss / 2**20, 2)}


def machine() -> dict[str, Any]:
    """Where it was measured, and what else ran there."""
    return {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "python": platform.python_version()}


def main() -> None:
    """Lay out the copy, plan twice (the second time stamps are there), print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=PAPER_SAMPLES)
    parser.add_argument("--clips-per-shard", type=int, default=400)
    parser.add_argument("--raw", action="store_true")
    parser.add_argument("--frames", type=int, nargs="+")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "signscale"
        copy_repository(root)
        text = (root / "params.yaml").read_text(encoding="utf-8")
        size = f"clips_per_shard: {chosen.clips_per_shard}"
        (root / "params.yaml").write_text(text.replace("clips_per_shard: 500", size), encoding="utf-8")
        os.chdir(root)
        if chosen.frames:
            plans = plan_frames(root, chosen.frames, chosen.samples, chosen.raw)
            print(
                json.dumps({"samples": chosen.samples, "raw_files": chosen.raw, "plans": plans} | machine(), indent=1)
            )
            return
        print("writing the manifests", file=sys.stderr)
        write_manifests(Place(load_params(root, "paper"), root), chosen.samples, chosen.raw)
        plans = []
        for target, which in (("all", "first"), ("all", "second"), ("ablations", "first")):
            plans.append({"target": target, "plan": which} | plan(root, target))
            print(plans[-1], file=sys.stderr)
    result = {
        "samples": chosen.samples,
        "clips_per_shard": chosen.clips_per_shard,
        "raw_files": chosen.raw,
        "plans": plans,
    }
    print(json.dumps(result | machine(), indent=1))


if __name__ == "__main__":
    main()
