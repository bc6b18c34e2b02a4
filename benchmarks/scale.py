"""What pre-training is worth on real signs: WLASL's hands, letters and words, and the licensed sets, at equal steps.

Each arm is pre-trained for the same number of steps, then judged against a network from scratch that is fine-tuned for
the same number of steps: WLASL100 and WLASL300 (official test, and signers held out of pre-training too), and one
labelled clip a class of asl_recorders (each of five recorders in turn is the test) and of karsl70. Steps of
fine-tuning are chosen by `choose`, on the two licensed recorders and the dev clips of WLASL100, never on a test. Every
finished piece is a file.

Usage: python benchmarks/scale.py STEP [NAMES...]
       [--material FOLDER] [--letters results/letters] [--out results/scale]
       pretrain ARM SEED STEPS | few SET STEPS DRAWS ARMS... | nearest SET DRAWS ARMS...
       wlasl SUBSET STEPS SEEDS ARMS...
Pre-training wants a GPU: benchmarks/LOG.md says how long it took on which.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import low_shot_sets
import numpy as np
import scale_sets
import scale_table
import torch
from letters import LETTERS, WORDS, load_settings, pack_letters
from low_shot import accuracy, fitted, frozen_features, logistic, nearest, raw_features, resampled

from signscale.data.clips import ClipRef, clips_of, few_shot
from signscale.formats.files import read_json, write_json
from signscale.formats.packed import open_pack
from signscale.params import Params
from signscale.pretrain.clips import training_clips
from signscale.pretrain.run import pretrain
from signscale.text.store import build_store

HERE = Path(__file__).resolve().parent
RECORDED = ("signwish", "traduttore", "ksl13", "asl_recorders")
LICENSED = [LETTERS, WORDS, *RECORDED]
ARMS = {
    "control": [LETTERS, WORDS],
    "licensed": LICENSED,
    **{name: [f"wlasl_{name}", *LICENSED] for name in scale_sets.PARTS},
    "wlasl": ["wlasl_pretrain", *LICENSED],
}
"""What each pre-training sees: `control` letters and words alone, `licensed` all but WLASL, others a part of it too."""
FEW = ("judged_recorders", "wlasl100", "karsl70")
SUBSETS = ("wlasl100", "wlasl300")


def prepare_packs(params: Params, material: Path, letters: Path, out: Path) -> None:
    """All packs and the text store, once each."""
    packs = out / "pack"
    pack_letters(params, letters, out)
    if not (packs / "wlasl_pretrain" / "manifest.parquet").exists():
        scale_sets.wlasl(params, out)
    scale_sets.write_parts(packs)
    for name in RECORDED:
        if not (packs / name / "manifest.parquet").exists():
            scale_sets.recorded(name, material, packs / name)
    if not (packs / "judged_recorders" / "manifest.parquet").exists():
        scale_sets.judged_recorders(material, packs / "judged_recorders")
    if not (out / "text.h5").exists():
        seen = sorted({name for arm in ARMS.values() for name in arm})
        build_store(params, [packs / name / "manifest.parquet" for name in seen], out / "text.h5")
    if not (packs / "karsl70" / "manifest.parquet").exists():
        low_shot_sets.karsl(material, packs / "karsl70", params)


def pretrain_arm(params: Params, arm: str, seed: int, steps: int, out: Path) -> None:
    """Pre-train an arm for about `steps` steps (whole epochs), and write how long it took."""
    packs = [out / "pack" / name for name in ARMS[arm]]
    corpora = [name.split("_")[0] if name.startswith("wlasl") else name for name in ARMS[arm]]
    settings = params.pretrain.model_copy(update={"corpora": corpora})
    clips = len(training_clips(packs, settings, seed))
    epochs = round(steps / -(-clips // settings.batch_size))
    settings = settings.model_copy(update={"epochs": epochs})
    started, cpu = time.time(), time.process_time()
    folder, scratch = (out / kind / f"{arm}-{seed}" for kind in ("pretrain", "scratch"))
    print(f"scale: {arm}, seed {seed}: {clips} clips, {epochs} epochs", file=sys.stderr)
    params = params.model_copy(update={"pretrain": settings, "seed": seed})
    pretrain(params, packs, out / "text.h5", folder, scratch)
    spent = {"seconds": time.time() - started, "processor_seconds": time.process_time() - cpu}
    write_json(folder / "metrics.json", read_json(folder / "metrics.json") | spent)


def left_out(pool: list[ClipRef], person: str, draw: int) -> tuple[list[ClipRef], list[ClipRef]]:
    """One clip of each word that another person shows too, drawn from the others; all clips of these by `person`."""
    theirs = [ref for ref in pool if ref.sample.signer == person]
    shared = {ref.sample.label for ref in pool if ref.sample.signer != person} & {ref.sample.label for ref in theirs}
    others = [ref for ref in pool if ref.sample.signer != person and ref.sample.label in shared]
    return few_shot(others, 1, draw), [ref for ref in theirs if ref.sample.label in shared]


def rounds(out: Path, corpus: str, draws: int) -> Iterator[tuple[str, int, list[ClipRef], list[ClipRef]]]:
    """Name, draw, labelled clips and test clips of every round of a set of one clip a class."""
    if corpus == "wlasl100":
        train, _, test, held = wlasl_parts(out, corpus)
        for draw in range(draws):
            yield corpus, draw, few_shot(train, 1, draw), test + held
        return
    train, test = (clips_of(open_pack(out / "pack" / corpus), "label", [split]) for split in ("train", "test"))
    for draw in range(draws):
        if corpus == "karsl70":
            yield corpus, draw, few_shot(train, 1, draw), test
            continue
        for person in sorted({ref.sample.signer for ref in train}):
            known, asked = left_out(train, person, draw)
            yield f"{corpus}-{person}", draw, known, asked


def choose(params: Params, arms: list[str], out: Path) -> None:
    """Answers by steps of fine-tuning: the licensed recorders in turn, from one clip a class, and WLASL100's dev."""
    for steps in (100, 300, 600):
        for arm in arms:
            for name, draw, known, asked in rounds(out, "asl_recorders", 1):
                done = out / "choose" / f"{name}-{draw}-{arm}-{steps}.json"
                if not done.exists():
                    write_json(done, {"few": hits(params, known, asked, arm, draw, out, steps)})
    train, dev, _, _ = wlasl_parts(out, "wlasl100")
    for steps in (500, 1000, 2000):
        for arm in arms:
            done = out / "choose" / f"wlasl100-{arm}-{steps}.json"
            if not done.exists():
                write_json(done, {"dev": hits(params, train, dev, arm, 1, out, steps)})


def start_of(arm: str, draw: int, out: Path) -> Path | None:
    """The folder of an arm's pre-trained encoder; None from scratch; `released` is the one of this repository.

    Draws take an arm's seeds in turn.
    """
    if arm == "scratch":
        return None
    if arm == "released":
        return HERE.parent / "released" / "pretrained"
    folders = sorted(path.parent for path in (out / "pretrain").glob(f"{arm}-*/metrics.json"))
    return folders[draw % len(folders)]


def hits(
    params: Params, train: list[ClipRef], test: list[ClipRef], arm: str, seed: int, out: Path, steps: int
) -> list[int]:
    """The place of each test clip's label among the answers, 0 for the first.

    A label without a training clip (WLASL300 has such, once signers are held out) takes the place after the last.
    """
    ranked = fitted(params, train, test, start_of(arm, seed, out), seed, out / "text.h5", steps)
    return [scale_table.place_of(ref.sample.label, labels) for labels, ref in zip(ranked, test, strict=True)]


def few(params: Params, corpus: str, steps: int, draws: int, arms: list[str], out: Path) -> None:
    """One clip a class of a judged set, a file a round."""
    for name, draw, known, asked in rounds(out, corpus, draws):
        for arm in arms:
            done = out / f"few-{steps}" / arm / f"{name}-{draw}.json"
            if not done.exists():
                write_json(done, hits(params, known, asked, arm, draw, out, steps))
                print(f"scale: one clip a class, {steps} steps, {name}, draw {draw}, {arm} done", file=sys.stderr)


def nearest_few(params: Params, corpus: str, draws: int, arms: list[str], out: Path) -> None:
    """The nearest labelled clip by time warping, on an arm's frozen features, or on raw keypoints (arm `raw`)."""
    for name, draw, known, asked in rounds(out, corpus, draws):
        for arm in arms:
            done = out / "nearest" / arm / f"{name}-{draw}.json"
            if not done.exists():
                features = [
                    raw_features(refs, params) if arm == "raw" else frozen_of(params, refs, arm, out)
                    for refs in (known, asked)
                ]
                found = nearest(features[0], [ref.sample.label for ref in known], features[1])
                write_json(done, [int(not right) for right in accuracy(found, asked)])


def wlasl_parts(out: Path, subset: str) -> tuple[list[ClipRef], list[ClipRef], list[ClipRef], list[ClipRef]]:
    """Training clips, dev clips, official test clips, and all clips of the held signers, who are in no training."""
    pack = open_pack(out / "pack" / "wlasl")
    train, dev, test = (clips_of(pack, "label", [split], subset) for split in ("train", "dev", "test"))
    held = [ref for ref in (*train, *dev, *test) if scale_sets.is_held(ref.sample.signer)]
    train, dev = ([ref for ref in refs if not scale_sets.is_held(ref.sample.signer)] for refs in (train, dev))
    classes = {ref.sample.label for ref in train}
    return train, dev, test, [ref for ref in held if ref.sample.label in classes]


def linear(params: Params, subset: str, arms: list[str], out: Path) -> None:
    """A linear model on an arm's frozen features of a subset of WLASL, or on raw keypoints (arm `raw`)."""
    train, _, test, held = wlasl_parts(out, subset)
    labels, asked = [ref.sample.label for ref in train], test + held
    for arm in arms:
        features = [
            np.stack([resampled(clip) for clip in clips])
            for clips in (
                (raw_features(refs, params) if arm == "raw" else frozen_of(params, refs, arm, out))
                for refs in (train, asked)
            )
        ]
        wrong = [int(not right) for right in accuracy(logistic(features[0], labels, features[1]), asked)]
        write_json(out / "linear" / f"{arm}-1.json", {"test": wrong[: len(test)], "held": wrong[len(test) :]})
        print(f"scale: {subset} linear {arm} done", file=sys.stderr)


def frozen_of(params: Params, refs: list[ClipRef], arm: str, out: Path) -> list[np.ndarray]:
    """Features of each clip from an arm's encoder as it was pre-trained."""
    return frozen_features(params, refs, start_of(arm, 0, out), out / "text.h5")


def wlasl(params: Params, subset: str, steps: int, arms: list[str], seeds: list[int], out: Path) -> None:
    """A subset of WLASL: one fine-tuning a seed, scored on the official test and on the held signers."""
    train, dev, test, held = wlasl_parts(out, subset)
    ends = np.cumsum([len(dev), len(test), len(held)])
    for seed in seeds:
        for arm in arms:
            done = out / f"{subset}-{steps}" / f"{arm}-{seed}.json"
            if not done.exists():
                places = hits(params, train, dev + test + held, arm, seed, out, steps)
                parts = np.split(places, ends[:-1])
                named = zip(("dev", "test", "held"), parts, strict=True)
                write_json(done, {"train": len(train)} | {name: part.tolist() for name, part in named})
                print(f"scale: {subset}, {steps} steps, {arm} seed {seed} done", file=sys.stderr)


def table(out: Path) -> dict[str, dict]:
    """All figures of what is finished."""
    few_of = {f"one clip a class, {path.name[4:]} steps": (path, "scratch") for path in sorted(out.glob("few-*"))}
    few_of["one clip a class, nearest"] = (out / "nearest", "raw")
    found: dict[str, dict] = {"wlasl": read_json(out / "wlasl.json"), "choose": chosen(out)}
    found["pretraining"] = {
        path.parent.name: read_json(path) for path in sorted((out / "pretrain").glob("*/metrics.json"))
    }
    for name, (folder, base) in few_of.items():
        arms = {path.name: scale_table.few_groups(path) for path in sorted(folder.glob("*"))}
        found[name] = {
            corpus: scale_table.figures({arm: sets[corpus] for arm, sets in arms.items() if corpus in sets}, base=base)
            for corpus in FEW
            if corpus in arms.get(base, {})
        }
    probes = {
        arm: scale_table.wlasl_groups(out / "linear", arm, ("test", "held")) for arm in ("raw", *ARMS, "released")
    }
    found["wlasl100, linear"] = {
        part: scale_table.figures({arm: sets[part] for arm, sets in probes.items() if sets}, base="raw")
        for part in ("test", "held")
    }
    for folder in sorted(path for subset in SUBSETS for path in out.glob(f"{subset}-*")):
        runs = {arm: scale_table.wlasl_groups(folder, arm) for arm in ("scratch", *ARMS, "released")}
        found[f"{folder.name} steps"] = {
            part: scale_table.figures({arm: sets[part] for arm, sets in runs.items() if sets}, tops=(1, 5))
            for part in ("dev", "test", "held")
        }
    return found


def chosen(out: Path) -> dict[str, dict[str, float]]:
    """Percent right of each length of fine-tuning that was tried."""
    runs = {path.stem: read_json(path) for path in sorted((out / "choose").glob("*.json"))}
    return {
        name: {part: 100.0 * sum(place == 0 for place in places) / len(places) for part, places in run.items()}
        for name, run in runs.items()
    }


def main() -> None:
    """Do the step named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=["prepare", "pretrain", "choose", "few", "nearest", "wlasl", "linear", "table"])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--material", type=Path)
    parser.add_argument("--letters", type=Path, default=Path("results/letters"))
    parser.add_argument("--out", type=Path, default=Path("results/scale"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    params = load_settings("scale")
    if options.step == "prepare":
        prepare_packs(params, options.material, options.letters, options.out)
    elif options.step == "pretrain":
        arm, seed, steps = options.names
        pretrain_arm(params, arm, int(seed), int(steps), options.out)
    elif options.step == "wlasl":
        subset, steps, seeds, *arms = options.names
        wlasl(params, subset, int(steps), arms, [int(seed) for seed in seeds.split(",")], options.out)
    elif options.step == "table":
        print(json.dumps(table(options.out), indent=1))
    elif options.step == "linear":
        linear(params, options.names[0], options.names[1:], options.out)
    elif options.step == "choose":
        choose(params, options.names, options.out)
    elif options.step == "few":
        corpus, steps, draws, *arms = options.names
        few(params, corpus, int(steps), int(draws), arms, options.out)
    else:
        corpus, draws, *arms = options.names
        nearest_few(params, corpus, int(draws), arms, options.out)


if __name__ == "__main__":
    main()
