"""Fine-tuning in the small world: a whole run of a benchmark, and the parts of one of the letters."""

import torch

from signscale.finetune.run import (
    clips_of,
    finetune,
)
from signscale.formats.packed import open_pack
from signscale.tasks import load_task
from signscale.tasks.model import TaskModel
from signscale.text.store import TextStore

CORPUS = {"letters": "letters", "cslr": "words", "slt": "words", "retrieval": "words"}


def run(world, benchmark, init, seed, pretrained, out):
    pack = world.root / "pack" / CORPUS[benchmark]
    finetune(world.params, benchmark, init, seed, pack, world.text, pretrained, out)
    return out


def letters(world, **changes):
    """Model, recipe, training and dev clips of the letters."""
    recipe = world.params.finetune.islr.model_copy(update=changes)
    pack = open_pack(world.packs[0])
    train, dev = (clips_of(pack, "label", [split]) for split in ("train", "dev"))
    vocabulary = load_task("islr").learn_vocabulary([ref.sample for ref in train], recipe)
    torch.manual_seed(0)
    model = TaskModel("islr", world.params.pretrain.model, recipe, vocabulary, TextStore(world.text))
    return model, recipe, train, dev


def copied(module):
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}
