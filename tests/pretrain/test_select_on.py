"""Which epoch is kept where dev is trained on or is not there: the last, and nothing is measured on dev."""

import json

from tiny_world import make_world

from signscale.finetune.run import finetune
from signscale.model.folder import load_config

LAST = {"corpus": "letters", "task": "islr", "train_splits": ["train", "dev"], "select_on": "last"}


def run(folder, root, entry, out):
    world = make_world(folder, root, {"finetune": {"benchmarks": {"only": True, "letters": entry}}})
    finetune(world.params, "letters", "scratch", 1, world.packs[0], world.text, None, out)
    return [json.loads(line) for line in (out / "curves.jsonl").read_text().splitlines()]


def test_with_dev_trained_on_the_last_epoch_is_kept_unmeasured(root, tmp_path, capsys):
    curve = run(tmp_path / "world", root, LAST, tmp_path / "out")
    assert [line.keys() for line in curve] == [{"epoch", "train_loss"}] * 2
    assert "finetune: kept epoch 1" in capsys.readouterr().err
    config = load_config(tmp_path / "out")
    assert (config["select_on"], config["subset"]) == ("last", "")
