"""A small world to train in, and a pre-trained folder that fits it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_world import World, make_world

from signscale.data.clips import clips_of
from signscale.formats.packed import open_pack
from signscale.model.preprocessing import preprocessing_of, save_preprocessing
from signscale.model.weights import save_model
from signscale.pretrain.model import PretrainingModel


def _environment(root: Path) -> dict[str, str]:
    """This process's, less what a launcher of ranks may have set; one thread, so that bits do not depend on cores."""
    left = {name: value for name, value in os.environ.items() if name not in ("RANK", "LOCAL_RANK", "WORLD_SIZE")}
    return left | {"PYTHONPATH": f"{root / 'src'}:{root / 'tests'}", "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="session")
def start(root):
    """Start python with arguments in a folder, its output in a file there."""

    def begin(folder: Path, *arguments: str) -> subprocess.Popen:
        with (folder / "output.txt").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *map(str, arguments)],
                cwd=folder, env=_environment(root), stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    return begin


@pytest.fixture(scope="session")
def tiny(root, tmp_path_factory):
    """The function that makes a world with changed params."""

    def make(changes: dict | None = None) -> World:
        return make_world(tmp_path_factory.mktemp("world") / "w", root, changes)

    return make


@pytest.fixture(scope="session")
def world(tiny) -> World:
    """A world as it comes."""
    return tiny()


@pytest.fixture(scope="session")
def pretrained(world) -> Path:
    """A model folder as pre-training leaves it, of random weights."""
    settings = world.params.pretrain
    torch.manual_seed(5)
    net = PretrainingModel(settings.model, settings.loss, 6)
    folder = world.root / "pretrained"
    save_model(folder, net.state_dict(), {"kind": "pretrain", "model": settings.model.model_dump()})
    refs = clips_of(open_pack(world.packs[0]), "label", ["train"])
    save_preprocessing(folder, preprocessing_of(refs, world.params, None))
    return folder
