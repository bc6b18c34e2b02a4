"""Pass a model folder on through the Hugging Face hub: config, safetensors, preprocessing and card, nothing else."""

from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

from signscale.corpora import load_corpus, names
from signscale.corpora.access import is_signed
from signscale.errors import SignScaleError
from signscale.model.folder import FILES, TOKENIZER, load_config
from signscale.model.preprocessing import load_preprocessing
from signscale.model.weights import load_weights

NOT_OURS = {"hands alone": "WLASL's hands, landmarks that somebody published without a licence"}
"""Published keypoints that nobody may pass on, nor models trained on them: version of the estimator -> whose they
are."""


def push(folder: Path, name: str) -> str:
    """Upload a model folder as `org/name` of the hub, made if it is not there; returns its address.

    Raises SignScaleError if a licence of its data forbids that, a file is missing or torn, or the hub refuses.
    """
    config = load_config(folder)
    check_licences(folder, config)
    load_weights(folder)
    files = [*FILES, *([TOKENIZER] if (folder / TOKENIZER).is_file() else [])]
    if missing := [file for file in files if not (folder / file).is_file()]:
        raise SignScaleError(f"{folder / missing[0]}: no such file; train or fetch the model again")
    card = (folder / "README.md").read_text(encoding="utf-8").replace('"FOLDER"', f'"{name}"')
    contents = {file: folder / file for file in files} | {"README.md": card.encode()}
    added = [CommitOperationAdd(file, content) for file, content in contents.items()]
    try:
        api = HfApi()
        made = api.create_repo(name, exist_ok=True)
        api.create_commit(name, added, commit_message="Upload a model of SignScale")
    except (HfHubHTTPError, HFValidationError, OSError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise SignScaleError(f"{name}: the hub does not take it ({reason}); log in with `hf auth login`") from error
    return str(made)


def check_licences(folder: Path, config: dict[str, Any]) -> None:
    """Raise SignScaleError if the licence of some data that a model was trained on forbids to pass it on."""
    for corpus in trained_on(folder, config):
        if corpus not in names():
            raise SignScaleError(f"{folder}: trained on {corpus}, whose licence is not known here; it is not passed on")
        if is_signed(licence := load_corpus(corpus).licence):
            raise SignScaleError(
                f"{folder}: trained on {load_corpus(corpus).title}, under a {licence}; it may not be passed on"
            )
    for one in load_preprocessing(folder).estimators:
        for version, whose in NOT_OURS.items():
            if version in one.version:
                raise SignScaleError(f"{folder}: trained on {whose}; it may not be passed on")


def trained_on(folder: Path, config: dict[str, Any]) -> list[str]:
    """The corpora a model was trained on, including those of the encoder it started from."""
    if config.get("kind") == "pretrain":
        return [name for name, clips in config["corpora"].items() if clips]
    encoder = config.get("pretrained_on") or []
    if config.get("init") == "pretrained" and not encoder:
        raise SignScaleError(f"{folder}: config.json does not say what its encoder was trained on; fine-tune it again")
    return [config["corpus"], *encoder]
