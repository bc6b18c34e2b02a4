"""Time and memory of the job graph for 300,000 clips: `snakemake -n all` on a made-up manifest, in a copy of the code.

    python benchmarks/dag_full_scale.py [--clips 300000] [--files]

The preset is the paper's with one corpus, How2Sign, whose manifest and record are made up. With --files every clip has
a raw file of its own (a few bytes), so the first run hashes them all, and the second only looks at their times. Prints
JSON: seconds and peak memory of two runs.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from signscale.formats.sample import Sample, write_manifest
from signscale.params import load_params
from signscale.provenance.place import Place
from signscale.provenance.records import begin, finish, settle

ROOT = Path(__file__).resolve().parents[1]
OVERLAY = """

acquire: {corpora: [how2sign]}
pretrain: {corpora: [how2sign]}
finetune: {benchmarks: {only: true, how2sign_slt: {corpus: how2sign, task: slt, train_splits: [train]}}}
"""


def make(root: Path, clips: int, files: bool) -> None:
    """A repository in which How2Sign is acquired, as far as its record knows."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, root / name)
    (root / "workflow" / "presets" / "paper.yaml").write_text(OVERLAY)
    os.chdir(root)
    place = Place(load_params(root, "paper"), root)
    raw = place.raw("how2sign")
    if files:
        for number in range(clips):
            path = raw / f"{number // 1000:04d}" / f"{number}.mp4"
            if number % 1000 == 0:
                path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(number.to_bytes(4, "little"))
    write_manifest(
        place.manifest("how2sign"),
        (
            Sample(
                f"how2sign/{n}", "how2sign", ("train", "dev", "test")[n % 3], "ase", "", f"{n // 1000:04d}/{n}.mp4",
                0.0, 4.0, 0.0, "", f"sentence {n}", "", "mmpose",
            )
            for n in range(clips)
        ),
    )  # fmt: skip
    settle(place)
    finish(place, "acquire/how2sign", begin(place, "acquire/how2sign"))


def dry_run(root: Path) -> dict[str, float]:
    """Seconds, peak memory in MiB and jobs of one `snakemake -n all`."""
    surroundings = os.environ | {"PYTHONPATH": str(root / "src")}
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--profile", "local", "-n", "--quiet", "rules", "all"],
        cwd=root, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(said[-3000:])
    jobs = next((int(line.split()[1]) for line in said.splitlines() if line.startswith("extract_shard")), 0)
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "peak_mib": round(usage.ru_maxrss / 1024),
        "extract_jobs": jobs,
    }


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--clips", type=int, default=300_000)
    arguments.add_argument("--files", action="store_true")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make(root, asked.clips, asked.files)
        runs = [dry_run(root), dry_run(root)]
    print(json.dumps({"clips": asked.clips, "files": asked.files, "first": runs[0], "second": runs[1]}, indent=1))


if __name__ == "__main__":
    main()
