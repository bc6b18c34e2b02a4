"""Few examples a class: real signs recognised from 1, 3 and 5 labelled clips, from scratch and pre-trained.

traduttore words: 22 words and letters of two committers; 1, 3 or 5 clips of each are labelled (five draws), and all
clips of a third committer, who has 13 of them, are the test. karsl70: 70 signs of one signer, one labelled video each,
one test video each; its draws differ in the network's seed alone. Pre-training sees the embedded corpus, signwish, and
the training clips of traduttore without text or label; never the tested committer, and nothing of karsl70. Methods: a
linear model on raw keypoints; the network from scratch; the pre-trained network fine-tuned; a linear model on its
frozen features; and the nearest labelled clip by dynamic time warping, on raw keypoints and on frozen features. Means
over draws; intervals by a bootstrap over draws and test clips. Prints JSON; progress on stderr. MediaPipe stands in for
HRNet + DARK, MiniLM for mBART.

Usage: python benchmarks/low_shot.py --material FOLDER [--letters results/letters] [--out results/low_shot] [--jobs 2]
"""

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import low_shot_sets
import numpy as np
import torch
from letters import load_settings, pack_letters
from torch.nn import functional as F

from signscale.data.clips import ClipRef, clips_of, evaluation_pose, few_shot
from signscale.data.randomness import generator
from signscale.finetune.run import load_encoder, train_epochs, with_min_steps
from signscale.formats.files import read_json, write_json
from signscale.formats.packed import open_pack
from signscale.model.weights import set_deterministic
from signscale.params import Params
from signscale.pretrain.run import pretrain
from signscale.tasks import load_task
from signscale.tasks.model import TaskModel, predict_clips
from signscale.text.store import TextStore, build_store

HERE = Path(__file__).resolve().parent
FRAMES = 16
"""Frames a clip is brought to for the linear models."""
STEPS = 400
"""Steps of fine-tuning, the same from either start, by `scale.py choose` on other people; 70 signs may want more."""
SIGN_SETS = {"traduttore": [1, 3, 5], "karsl70": [1]}


def prepare_packs(params: Params, material: Path, letters: Path, out: Path) -> None:
    """All packs and the text store, once."""
    packs = out / "pack"
    pack_letters(params, letters, out)
    for name in ("signwish", "traduttore"):
        if not (packs / name / "manifest.parquet").exists():
            low_shot_sets.recorded(name, material, packs / name)
    if not (packs / "karsl70" / "manifest.parquet").exists():
        low_shot_sets.karsl(material, packs / "karsl70", params)
    if not (out / "text.h5").exists():
        build_store(params, [packs / name / "manifest.parquet" for name in params.pretrain.corpora], out / "text.h5")


def accuracy(predicted: list[str], test: list[ClipRef]) -> list[bool]:
    """Whether each test clip's class was found."""
    return [label == ref.sample.label for label, ref in zip(predicted, test, strict=True)]


def logistic(train_x: np.ndarray, labels: list[str], test_x: np.ndarray) -> list[str]:
    """Multinomial logistic regression with an L2 penalty of one on standardised features, solved by L-BFGS."""
    names = sorted(set(labels))
    mean, spread = train_x.mean(0), train_x.std(0) + 1e-3
    x, tests = (torch.tensor((part - mean) / spread / np.sqrt(part.shape[1])).double() for part in (train_x, test_x))
    y = torch.tensor([names.index(label) for label in labels])
    weight = torch.zeros(x.shape[1], len(names), dtype=torch.double, requires_grad=True)
    solver = torch.optim.LBFGS([weight], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        solver.zero_grad()
        loss = F.cross_entropy(x @ weight, y, reduction="sum") + 0.005 * weight.square().sum()
        loss.backward()
        return loss

    solver.step(closure)
    return [names[k] for k in (tests @ weight).argmax(1).tolist()]


def resampled(sequence: np.ndarray) -> np.ndarray:
    """(T, D) -> (FRAMES * D,): frames at even distances, side by side."""
    at = np.linspace(0, len(sequence) - 1, FRAMES).round().astype(int)
    return sequence[at].ravel()


def warped_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Dynamic time warping of (T, D) and (U, D) by squared distance, over the longer length."""
    cost = np.square(a).sum(1)[:, None] + np.square(b).sum(1)[None] - 2 * a @ b.T
    total = np.full((len(a) + 1, len(b) + 1), np.inf)
    total[0, 0] = 0
    for i in range(len(a)):
        for j in range(len(b)):
            total[i + 1, j + 1] = cost[i, j] + min(total[i, j], total[i, j + 1], total[i + 1, j])
    return float(total[-1, -1] / max(len(a), len(b)))


def nearest(train: list[np.ndarray], labels: list[str], test: list[np.ndarray]) -> list[str]:
    """The label of the nearest labelled sequence."""
    return [labels[int(np.argmin([warped_distance(clip, known) for known in train]))] for clip in test]


@torch.no_grad()
def frozen_features(params: Params, refs: list[ClipRef], pretrained: Path, text: Path) -> list[np.ndarray]:
    """(T, width) of each clip from the pre-trained encoder, each frame's feature of unit length."""
    store = TextStore(text)
    model = TaskModel("islr", params.pretrain.model, params.finetune.islr, ["-"], store)
    load_encoder(model, params.pretrain.model, pretrained)
    model.eval()
    features = []
    for ref in refs:
        pose = evaluation_pose(ref, params.pretrain.model.max_frames)
        found, _ = model.features([pose])
        features.append(F.normalize(found[0], dim=1).numpy())
    return features


def raw_features(refs: list[ClipRef], params: Params) -> list[np.ndarray]:
    """(T, 158) of each clip: the 79 normalised points' x and y."""
    poses = [evaluation_pose(ref, params.pretrain.model.max_frames) for ref in refs]
    return [pose[..., :2].reshape(len(pose), -1) for pose in poses]


def fitted(
    params: Params,
    train: list[ClipRef],
    test: list[ClipRef],
    pretrained: Path | None,
    seed: int,
    text: Path,
    steps: int,
) -> list[list[str]]:
    """Labels of each test clip, best first, by the network fine-tuned for at least `steps` steps; the last epoch."""
    recipe = params.finetune.islr.model_copy(update={"epochs": 1, "min_steps": steps})
    recipe = with_min_steps(recipe, len(train))
    set_deterministic(seed)
    vocabulary = load_task("islr").learn_vocabulary([ref.sample for ref in train], recipe)
    model = TaskModel("islr", params.pretrain.model, recipe, vocabulary, TextStore(text))
    if pretrained:
        load_encoder(model, params.pretrain.model, pretrained)
    train_epochs(model, recipe, train, [], "pretrained" if pretrained else "scratch", seed)
    return [line["ranked"] for line in predict_clips(model, test, 64)]


def one_draw(work: tuple[str, int, int, str]) -> None:
    """All methods on one draw of one set; what each got right goes to a file, and is not done twice."""
    corpus, shots, draw, folder = work
    torch.set_num_threads(1)
    out, params = Path(folder), load_settings("low_shot")
    done = out / "draws" / f"{corpus}-{shots}-{draw}.json"
    if done.exists():
        return
    pack = open_pack(out / "pack" / corpus)
    test = clips_of(pack, "label", ["test"])
    train = few_shot(clips_of(pack, "label", ["train"]), shots, draw)
    labels = [ref.sample.label for ref in train]
    right = {}
    for kind, (known, asked) in {
        "raw": (raw_features(train, params), raw_features(test, params)),
        "frozen": [frozen_features(params, refs, out / "pretrain", out / "text.h5") for refs in (train, test)],
    }.items():
        linear = logistic(np.stack([resampled(c) for c in known]), labels, np.stack([resampled(c) for c in asked]))
        right[f"linear, {kind}"] = accuracy(linear, test)
        right[f"nearest, {kind}"] = accuracy(nearest(known, labels, asked), test)
    for init, pretrained in {"scratch": None, "pretrained": out / "pretrain"}.items():
        ranked = fitted(params, train, test, pretrained, draw, out / "text.h5", STEPS)
        right[f"network, {init}"] = accuracy([labels[0] for labels in ranked], test)
    write_json(done, right)
    print(f"low_shot: {corpus} {shots} shots, draw {draw} done", file=sys.stderr)


def summary(files: list[Path]) -> dict[str, dict[str, float]]:
    """Per method: mean over draws and its 95 % interval, draws and test clips both being drawn again."""
    runs, table = [read_json(path) for path in files], {}
    for method in runs[0]:
        hits = 100.0 * np.array([run[method] for run in runs])  # (draws, clips)
        rng = generator(0, "bootstrap", method)
        means = []
        for _ in range(10_000):
            counts = np.bincount(rng.integers(hits.shape[1], size=hits.shape[1]), minlength=hits.shape[1])
            drawn = hits[rng.integers(len(hits), size=len(hits))].mean(axis=0)
            means.append(drawn @ counts / hits.shape[1])
        low, high = np.percentile(means, [2.5, 97.5])
        draws = hits.mean(axis=1).tolist()
        table[method] = {"top1": float(hits.mean()), "low": float(low), "high": float(high), "draws": draws}
    return table


def main() -> None:
    """Prepare, pre-train, run all draws that are not there yet, then print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--material", type=Path, required=True, help="the folder that holds poses/ and videos/")
    parser.add_argument("--letters", type=Path, default=Path("results/letters"), help="letters.py's own folder")
    parser.add_argument("--out", type=Path, default=Path("results/low_shot"))
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    params, out = load_settings("low_shot"), options.out
    prepare_packs(params, options.material, options.letters, out)
    if not (out / "pretrain" / "metrics.json").exists():
        packs = [out / "pack" / name for name in params.pretrain.corpora]
        pretrain(params, packs, out / "text.h5", out / "pretrain", out / "scratch")
    work = [
        (corpus, shots, draw, str(out))
        for corpus, counts in SIGN_SETS.items()
        for shots in counts
        for draw in range(options.draws)
    ]
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        list(pool.map(one_draw, work))
    table = {
        f"{corpus}, {shots} shots": summary(sorted((out / "draws").glob(f"{corpus}-{shots}-*.json")))
        for corpus, counts in SIGN_SETS.items()
        for shots in counts
    }
    test = {corpus: len(clips_of(open_pack(out / "pack" / corpus), "label", ["test"])) for corpus in SIGN_SETS}
    pretraining = read_json(out / "pretrain" / "metrics.json")
    print(json.dumps({"test clips": test, "figures": table, "pretrain": pretraining}, indent=1))


if __name__ == "__main__":
    main()
