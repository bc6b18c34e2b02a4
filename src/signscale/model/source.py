"""Where a model comes from: a folder, or `org/name` of the Hugging Face hub, which is downloaded once and kept.

In: a name as people write it. Out: a folder with the files of `signscale.model.folder.FILES`, checked against the
sha256 that the hub announces.
"""

import re
import shutil
from pathlib import Path

from signscale.errors import SignScaleError
from signscale.formats.files import written_whole
from signscale.model.folder import FILES, TOKENIZER, load_config

KEPT = "pretrained"
"""Subfolder of the raw data in which models of the hub are kept."""

_HUB_ID = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)(@(?P<revision>[\w.-]+))?")


def is_of_hub(name: str | Path) -> bool:
    """Whether a name is `org/name` or `org/name@revision` of the hub, and not a folder or one that DVC keeps."""
    here = Path(name).exists() or Path(f"{name}.dvc").is_file()
    return not here and isinstance(name, str) and bool(_HUB_ID.fullmatch(name)) and not name.startswith(".")


def folder_of(name: str, raw: Path | str) -> Path:
    """The folder of a model: itself, or where one of the hub is or will be kept."""
    return Path(raw) / KEPT / name.replace("/", "--") if is_of_hub(name) else Path(name)


def fetch_model(name: str, raw: Path | str) -> Path:
    """The folder of a model, downloaded if it is of the hub and not here yet.

    Raises SignScaleError, naming the remedy, if there is no such folder or the hub does not give it.
    """
    folder = folder_of(name, raw)
    if not folder.is_dir():
        if not is_of_hub(name):
            remedy = f"run `dvc pull {name}.dvc`" if Path(f"{name}.dvc").is_file() else "correct the name"
            raise SignScaleError(f"{name}: no such model folder; {remedy}")
        _download(name, folder)
    return folder


def _download(name: str, folder: Path) -> None:
    """The model's files at one commit of the hub, whole or not at all."""
    from signscale.fetch.hub import HubError, snapshot  # a plan, which only asks for names, does without the library

    parts, cache = _HUB_ID.fullmatch(name), folder.with_name(f"{folder.name}.hub")
    try:
        files = snapshot(parts["name"], parts["revision"], cache, [*FILES, TOKENIZER])
    except HubError as error:
        raise SignScaleError(
            f"{name}: no folder here, and the hub does not give such a model ({error}); correct the name, or log in "
            "with `hf auth login` if it is private"
        ) from error
    if missing := [file for file in FILES if not (files / file).is_file()]:
        raise SignScaleError(f"{name}: not a model of SignScale: the hub has no {missing[0]} of it")
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for file in sorted(files.iterdir()):
        shutil.copyfile(file, partial / file.name)
    partial.rename(folder)
    shutil.rmtree(cache)


def check_is_pretrained(folder: Path) -> None:
    """Raise SignScaleError unless a folder holds a model of pre-training."""
    if (kind := load_config(folder).get("kind")) != "pretrain":
        raise SignScaleError(f"{folder}: a model folder of {kind}, not of pretrain; name the pre-trained model")


def take_over(name: str, raw: Path | str, out: Path) -> None:
    """Copy the files of a pre-trained model, of a folder or of the hub, into the folder `out`; config.json last.

    Raises SignScaleError if it cannot be had, or is not of pre-training.
    """
    source = fetch_model(name, raw)
    check_is_pretrained(source)
    out.mkdir(parents=True, exist_ok=True)
    for file in reversed(FILES):
        if not (source / file).is_file():
            raise SignScaleError(f"{source / file}: no such file; fetch the model again")
        with written_whole(out / file) as partial:
            shutil.copyfile(source / file, partial)
