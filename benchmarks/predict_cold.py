"""From a cold start to the answer: seconds of `signscale predict` on a clip of 3 s, each run a new process.

Usage: python benchmarks/predict_cold.py [CLIP.mp4]
Without a clip: the real one of the folder ../shared, played on from its start to 3 s. The models are of random weights,
of the demo's size and of the paper's, and cost what trained ones do; MediaPipe estimates the keypoints. Prints one JSON
object, kept in benchmarks/results/predict_cold.json. cpu_seconds is the processors' time of the whole process: on a
machine that does nothing else, two cores cannot be faster than half of it. `stages` is one process, one thing after the
other.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av

from signscale.formats.files import write_json
from signscale.formats.skeleton import SELECTED
from signscale.model.preprocessing import NORMALISATION, Estimator, Preprocessing, save_preprocessing
from signscale.model.weights import save_model
from signscale.params import Params, load_params
from signscale.tasks.model import TaskModel

ROOT = Path(__file__).resolve().parents[1]
SECONDS, RUNS, CLASSES = 3, 3, 2000
STAGES = """
import json, sys, time
begin, told = time.perf_counter(), {}
def stage(name):
    global begin
    told[name] = round(time.perf_counter() - begin, 2)
    begin = time.perf_counter()
import torch; stage("import torch")
from signscale.predict.model import SignScale; stage("import signscale")
model = SignScale.from_pretrained(sys.argv[1]); stage("read model")
import signscale.keypoints.estimators.mediapipe.estimate; stage("import mediapipe")
from signscale.predict.clip import clip_of
clip = clip_of(sys.argv[2], model.preprocessing, None); stage("keypoints")
model.predict(clip); stage("answer")
print(json.dumps(told | {"frames": len(clip.keypoints)}))
"""


def cut(source: Path, out: Path) -> None:
    """A clip of SECONDS: the source's frames, from its beginning again where it ends."""
    with av.open(str(source)) as opened:
        stream = opened.streams.video[0]
        rate = Fraction(round(stream.average_rate))
        frames = [frame.to_ndarray(format="rgb24") for frame in opened.decode(stream)]
    with av.open(str(out), "w") as made:
        stream = made.add_stream("mpeg4", rate=rate)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", 4_000_000
        for k in range(int(SECONDS * rate)):
            made.mux(stream.encode(av.VideoFrame.from_ndarray(frames[k % len(frames)], format="rgb24")))
        made.mux(stream.encode(None))


def model_folder(params: Params, folder: Path) -> None:
    """An isolated recogniser of CLASSES signs with random weights."""
    settings, recipe, labels = params.pretrain.model, params.finetune.islr, [f"S{k:04d}" for k in range(CLASSES)]
    net = TaskModel("islr", settings, recipe, labels, None)
    text = {"encoder": "none", "weights_sha256": "", "width": 1, "max_tokens": 2, "languages": {}, "dtype": "float16"}
    config = {
        "model_type": "signscale", "format": 1, "kind": "finetune", "benchmark": "cold", "task": "islr",
        "corpus": "cold", "subset": "", "select_on": "last", "languages": ["ase"], "init": "scratch", "seed": 1,
        "model": settings.model_dump(), "recipe": recipe.model_dump(), "vocabulary": labels, "text": text,
    }  # fmt: skip
    preprocessing = Preprocessing(
        format=1, skeleton="coco_wholebody_133", nodes=SELECTED.tolist(), normalisation=NORMALISATION,
        estimators=[Estimator(name="mediapipe", version="holistic", clips=1)],
        mediapipe=params.keypoints.mediapipe.model_dump(),
        longest_side=0, fps=25.0, filters=params.pack, max_frames=settings.max_frames, frames=recipe.frames,
    )  # fmt: skip
    save_preprocessing(folder, preprocessing)
    save_model(folder, net.state_dict(), config)


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds by the clock and of the processors."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return round(time.perf_counter() - begin, 2), round(cpu, 2)


def main(clip: str | None) -> None:
    source = Path(clip) if clip else ROOT.parent / "shared/data/pose_reference/FOOTBALL.mp4"
    result = {"seconds_of_clip": SECONDS, "runs": RUNS, "cores": len(os.sched_getaffinity(0))}
    with tempfile.TemporaryDirectory() as scratch:
        video = Path(scratch) / "clip.mp4"
        cut(source, video)
        for preset in ("demo", "paper"):
            folder = Path(scratch) / preset
            model_folder(load_params(ROOT, preset), folder)
            command = [sys.executable, "-m", "signscale", "predict", str(video), "--model", str(folder)]
            timed(command)  # so that files are in memory, as they are for whoever predicts twice
            runs = [timed(command) for _ in range(RUNS)]
            stages = subprocess.run(
                [sys.executable, "-c", STAGES, str(folder), str(video)], check=True, capture_output=True, text=True
            )
            result[preset] = {
                "model_megabytes": round((folder / "model.safetensors").stat().st_size / 1e6, 1),
                "seconds": sorted(wall for wall, _ in runs),
                "cpu_seconds": sorted(cpu for _, cpu in runs),
                "stages": json.loads(stages.stdout),
                "load_average": round(os.getloadavg()[0], 1),
            }
            print(f"{preset}: {result[preset]}", file=sys.stderr)
    print(json.dumps(result, indent=1))
    write_json(ROOT / "benchmarks/results/predict_cold.json", result)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
