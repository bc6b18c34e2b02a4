"""One training step of benchmarks/letters.py, in a process of its own: pretrain FOLD, or finetune FOLD METHOD SEED."""

import sys
from pathlib import Path

from letters_recurrent import predict_recurrent

from signscale.data.clips import clips_of
from signscale.finetune.run import load_encoder, train_epochs
from signscale.formats.files import read_json, write_json
from signscale.formats.packed import open_pack
from signscale.model.weights import set_deterministic
from signscale.params import Params, validate
from signscale.pretrain.run import pretrain
from signscale.tasks import load_task
from signscale.tasks.model import TaskModel, predict_clips
from signscale.text.store import TextStore


def finetune(params: Params, fold: Path, init: str, seed: int) -> None:
    """Fine-tune on the fold's training languages to the last epoch and write predictions of the held languages.

    init: scratch, pretrained, or recurrent for the baseline in place of the model.
    """
    pack, recipe = open_pack(fold / "pack" / "fingerspelling"), params.finetune.islr
    train, test = (clips_of(pack, "label", [split]) for split in ("train", "test"))
    set_deterministic(seed)
    vocabulary = load_task("islr").learn_vocabulary([ref.sample for ref in train], recipe)
    if init == "recurrent":
        write_json(fold / f"{init}-{seed}.json", predict_recurrent(recipe, vocabulary, train, test, seed))
        return
    store = TextStore(fold / "text.h5") if init == "pretrained" else None  # isolated recognition reads no sentence
    model = TaskModel("islr", params.pretrain.model, recipe, vocabulary, store)
    if init == "pretrained":
        load_encoder(model, params.pretrain.model, fold / "pretrain")
    train_epochs(model, recipe, train, [], init, seed)
    write_json(fold / f"{init}-{seed}.json", predict_clips(model, test, recipe.batch_size))


def main() -> None:
    """Read the fold's params.json and do the step named."""
    step, fold, *arguments = sys.argv[1:]
    folder = Path(fold)
    params = validate(read_json(folder / "params.json"), f"{folder}/params.json")
    if step == "pretrain":
        packs = [folder / "pack" / name for name in params.pretrain.corpora]
        pretrain(params, packs, folder / "text.h5", folder / "pretrain", folder / "scratch")
    else:
        finetune(params, folder, arguments[0], int(arguments[1]))


if __name__ == "__main__":
    main()
