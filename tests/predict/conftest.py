"""Small models of every task, fine-tuned on made clips, and what they were made of."""

import json
import shutil
from pathlib import Path

import pytest
from tiny_world import make_world

from signscale.finetune.run import finetune
from signscale.formats.packed import open_pack
from signscale.text.store import TextStore

CORPUS = {"letters": "letters", "cslr": "words", "slt": "words", "retrieval": "words"}


@pytest.fixture(scope="session")
def world(root, tmp_path_factory):
    """A world with a model folder of each benchmark under finetune/."""
    made = make_world(tmp_path_factory.mktemp("world") / "w", root)
    for benchmark, corpus in CORPUS.items():
        pack = made.root / "pack" / corpus
        finetune(made.params, benchmark, "scratch", 1, pack, made.text, None, made.root / "finetune" / benchmark)
    return made


@pytest.fixture
def folder(world):
    """The function that names a benchmark's model folder."""
    return lambda benchmark: world.root / "finetune" / benchmark


@pytest.fixture
def words(world):
    """The packed words."""
    return open_pack(world.packs[1])


@pytest.fixture
def stored_text(world, monkeypatch):
    """Sentences come from the world's store: its made-up encoder exists nowhere else."""
    monkeypatch.setattr("signscale.predict.model.LiveText", lambda *_: TextStore(world.text))


def told_estimators(model: Path, out: Path, estimators: list[tuple[str, str, int]]) -> Path:
    """A copy of a model folder that was told whose keypoints it was trained on (name, version, clips)."""
    shutil.copytree(model, out)
    path = out / "preprocessor_config.json"
    content = json.loads(path.read_text())
    content["estimators"] = [dict(zip(("name", "version", "clips"), one, strict=True)) for one in estimators]
    path.write_text(json.dumps(content | {"longest_side": 0}))
    return out
