"""A made-up corpus small enough to train on in seconds: packs, text store and params, all in one folder."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import yaml

from signscale.formats import skeleton
from signscale.formats.sample import Sample, write_manifest
from signscale.formats.shard import Clip, write_shard
from signscale.params import AugmentParams, Params, load_params, overlay, validate

LETTERS = "ABCD"
WORDS = ["abba", "bad", "cab", "dab", "dad", "bead", "deaf", "fade"]
SIZE = (640, 480)
STILL = dict.fromkeys(AugmentParams.model_fields, 0.0)
MOVED = {"rotate": 10.0, "scale": 0.15, "shear": 0.15, "shift": 0.04, "jitter": 0.02, "speed": 0.3, "mirror": 0.5}
TUNE = {"epochs": 2, "batch_size": 8, "learning_rate": 1e-3, "schedule": "cosine", "augment": MOVED | {"speed": 0.1}}
SMALL: dict[str, Any] = {
    "acquire": {"corpora": ["letters", "words"]},
    "pretrain": {
        "corpora": ["letters", "words"],
        "model": {"graph_channels": [8], "part_width": 16, "blocks": 1, "heads": 2, "shared_width": 8, "dropout": 0.1},
        "splits": ["train"],
        "augment": MOVED,
        "epochs": 2,
        "batch_size": 8,
        "learning_rate": 1e-3,
        "checkpoint_every": 4,
        "deepspeed": {"zero_stage": 0, "precision": "fp32"},
    },
    "finetune": {
        "benchmarks": {
            "only": True,
            "letters": {"corpus": "letters", "task": "islr", "train_splits": ["train"]},
            "cslr": {"corpus": "words", "task": "cslr", "train_splits": ["train"]},
            "slt": {"corpus": "words", "task": "slt", "train_splits": ["train"]},
            "retrieval": {"corpus": "words", "task": "retrieval", "train_splits": ["train"]},
        },
        "islr": TUNE | {"frames": 12},
        "cslr": TUNE | {"hidden": 8},
        "slt": TUNE | {"width": 16, "heads": 2, "vocabulary": 40, "max_tokens": 12, "beam": 2},
        "retrieval": TUNE | {"shared_width": 8},
    },
    "evaluate": {"bootstrap": 100},
}


@dataclass(frozen=True)
class World:
    """Where everything lies; `params` are those in root/params.yaml."""

    root: Path
    params: Params

    @property
    def packs(self) -> list[Path]:
        """The packed corpora."""
        return [self.root / "pack" / name for name in ("letters", "words")]

    @property
    def text(self) -> Path:
        """The text store."""
        return self.root / "text" / "store.h5"


def sample(sample_id: str, **fields: Any) -> Sample:
    """A row with what matters given and the rest filled in."""
    plain = {"corpus": sample_id.split("/")[0], "split": "train", "language": "ase", "signer": "", "clip": "x"}
    plain |= {"start": 0.0, "end": -1.0, "fps": 25.0, "gloss": "", "text": "", "label": "", "view": "made"}
    return Sample(**(plain | {"sample_id": sample_id} | fields))


def signing(letters: str, frames: int, seed: int) -> np.ndarray:
    """(frames, 133, 3): a standing figure whose right hand shows the letters one after the other; no left hand."""
    rng = np.random.default_rng(seed)
    points = np.zeros((frames, 133, 3), np.float32)
    shown = np.concatenate([skeleton.BODY, skeleton.JAW, skeleton.MOUTH])
    figure = np.random.default_rng(99).uniform([200, 100], [440, 300], (len(shown), 2))
    points[:, shown, :2] = figure + rng.normal(0, 2, (frames, 1, 2))
    points[:, shown, 2] = 0.9
    for frame in range(frames):
        letter = letters[frame * len(letters) // frames]
        shape = np.random.default_rng(ord(letter.upper())).uniform(-40, 40, (21, 2))
        points[frame, skeleton.RIGHT_HAND, :2] = np.array([250, 330]) + shape + rng.normal(0, 2, (21, 2))
    points[:, skeleton.RIGHT_HAND, 2] = rng.uniform(0.5, 1, (frames, 21))
    return points


def write_pack(folder: Path, rows: list[tuple[Sample, np.ndarray]]) -> None:
    """A packed corpus as `pack` writes it."""
    write_shard(folder / "shard.h5", [Clip(s.sample_id, points, SIZE, 25.0) for s, points in rows], "made", "1")
    write_manifest(folder / "manifest.parquet", [s for s, _ in rows])


def write_store(path: Path, sentences: list[str], width: int = 6) -> None:
    """A text store of format 1 whose features are drawn from each word's hash."""
    sentences = sorted(set(sentences))
    words = [sentence.split() for sentence in sentences]
    pieces = sorted({word for line in words for word in line})
    seeds = {word: int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "little") for word in pieces}
    features = [np.random.default_rng(seeds[word]).normal(size=width) for line in words for word in line]
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file.create_dataset("features", data=np.array(features, "<f4").reshape(-1, width))
        file["tokens"] = np.array([pieces.index(word) for line in words for word in line], "<i4")
        file["offsets"] = np.cumsum([0, *map(len, words)]).astype("<i8")
        for name, strings in (("pieces", pieces), ("texts", sentences), ("languages", [""] * len(sentences))):
            data = np.asarray(strings, dtype=object)
            file.create_dataset(name, (len(strings),), h5py.string_dtype("utf-8"), data)
        attributes = {"format": 1, "encoder": "made", "weights_sha256": "0" * 64, "width": width, "max_tokens": 128}
        attributes |= {"truncated": 0, "sign_languages": json.dumps({}), "transformers": "none"}
        file.attrs.update(attributes)


def _letters() -> list[tuple[Sample, np.ndarray]]:
    rows = []
    for number in range(24):
        letter, split = LETTERS[number % 4], ("train", "train", "train", "train", "dev", "test")[number // 4]
        text = f"This letter is {letter} ." if number % 4 else ""  # A has no text: unpaired
        row = sample(f"letters/{number:02d}", split=split, label=letter, text=text)
        rows.append((row, signing(letter, 8 + number % 9, number)))
    return rows


def _words() -> list[tuple[Sample, np.ndarray]]:
    rows = []
    for number in range(24):
        word, split = WORDS[number % 8], ("train", "dev", "test")[number // 8]
        row = sample(f"words/{number:02d}", split=split, gloss=" ".join(word), text=f"This word is {word} .")
        rows.append((row, signing(word, 28 + number % 5, 100 + number)))
    return rows


def make_params(repository: Path, changes: dict[str, Any] | None = None) -> Params:
    """The paper's params at the size of this world, with `changes` laid over (no preset's tuning matters here)."""
    plain = overlay(load_params(repository, "paper").model_dump(), SMALL)
    return validate(overlay(plain, changes or {}), "tiny")


class _Quoting(yaml.SafeDumper):
    """Writes every text in quotes, so that none reads as a number (235e8209)."""


_Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def make_world(folder: Path, repository: Path, changes: dict[str, Any] | None = None) -> World:
    """Write packs, text store, params.yaml and its preset into `folder`."""
    params = make_params(repository, changes)
    (folder / "workflow" / "presets").mkdir(parents=True)
    (folder / "params.yaml").write_text(yaml.dump(params.model_dump(), Dumper=_Quoting), encoding="utf-8")
    (folder / "workflow" / "presets" / f"{params.preset}.yaml").write_text("{}\n", encoding="utf-8")
    letters, words = _letters(), _words()
    write_pack(folder / "pack" / "letters", letters)
    write_pack(folder / "pack" / "words", words)
    write_store(folder / "text" / "store.h5", [s.text for s, _ in letters + words if s.text])
    return World(folder, params)
