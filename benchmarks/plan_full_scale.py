"""Time and memory of planning the full corpus, `snakemake -n all`, and of the ablations, in a copy of this repository.

    python benchmarks/plan_full_scale.py [--samples 1563701] [--clips-per-shard 400] [--raw]

The manifests of the paper's nine corpora are made up, as long as the paper's; nothing else is there, so every shard is
planned, and every job after it. With --raw every clip has its (empty) raw file, as where all is fetched. Where other
work shares the cores, the processor's seconds tell more than the clock's. Prints JSON: for `ablations`, too, how many
jobs are its own and how many it shares with `all`.
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

from signscale.corpora.audit import PAPER_SAMPLES
from signscale.formats.sample import Sample, write_manifest
from signscale.params import load_params
from signscale.provenance import records

ROOT = Path(__file__).resolve().parents[1]
LABELS = 300  # classes of the made-up clips


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


def write_manifests(place: records.Place, samples: int, raw: bool) -> None:
    """Manifests of equal length, with records that say they are current."""
    names = place.params.acquire.corpora
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
    total = jobs.pop("total")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    measured = {"seconds": round(seconds, 1), "processor_seconds": round(processor, 1)}
    counts = {"jobs": total}
    if target == "ablations":
        counts |= {"own": {name: count for name, count in jobs.items() if name.startswith("ablation_")}}
        counts |= {"shared": total - 1 - sum(counts["own"].values())}  # less the target itself
    return counts | measured | {"peak_gib": round(used.ru_maxrss / 2**20, 2)}


def main() -> None:
    """Lay out the copy, plan twice (the second time stamps are there), print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=PAPER_SAMPLES)
    parser.add_argument("--clips-per-shard", type=int, default=400)
    parser.add_argument("--raw", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "signscale"
        copy_repository(root)
        text = (root / "params.yaml").read_text(encoding="utf-8")
        size = f"clips_per_shard: {chosen.clips_per_shard}"
        (root / "params.yaml").write_text(text.replace("clips_per_shard: 500", size), encoding="utf-8")
        os.chdir(root)
        print("writing the manifests", file=sys.stderr)
        write_manifests(records.Place(load_params(root, "paper"), root), chosen.samples, chosen.raw)
        plans = []
        for target, which in (("all", "first"), ("all", "second"), ("ablations", "first")):
            plans.append({"target": target, "plan": which} | plan(root, target))
            print(plans[-1], file=sys.stderr)
    result = {
        "samples": chosen.samples,
        "clips_per_shard": chosen.clips_per_shard,
        "raw_files": chosen.raw,
        "plans": plans,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
