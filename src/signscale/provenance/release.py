"""Released models: copies under released/ that DVC keeps in released/store, a folder of this repository.

A release is what the workflow made, and current: a model whose record is not the one that would be written now is
refused. `dvc pull` in any clone brings it.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from signscale.errors import SignScaleError
from signscale.formats.files import read_json, write_text
from signscale.formats.machine import commit
from signscale.model.card import with_one_shot
from signscale.model.folder import FILES, TOKENIZER
from signscale.provenance.describe import describe, record_of
from signscale.provenance.place import Place
from signscale.provenance.records import expected, is_fresh

KEPT = (*FILES, "provenance.json")


def release_models(place: Place, models: list[Path], one_shot: Path | None = None) -> list[Path]:
    """Copy model folders of `place` to released/, give them to DVC, push them to the released remote.

    one_shot: a Markdown file with what a pre-trained encoder is worth from one labelled clip a sign, for its card.
    Returns the .dvc files. Raises SignScaleError if a model is not current, or tracked files differ from the commit.
    """
    if " with changes" in commit(place.root):
        raise SignScaleError(
            "tracked files have changes that are not committed; commit them, so that the tag describes the release"
        )
    for model in models:
        _check_current(place, model)
    figures = one_shot.read_text(encoding="utf-8") if one_shot else ""
    tracked = [_copy(place, model, figures) for model in models]
    _dvc(place.root, "push", "--quiet", "--remote", "released", *map(str, tracked))
    return tracked


def released_name(step: str) -> str:
    """`pretrained` of the step pretrain; the benchmark's name of finetune/<benchmark>/<init>-<seed>."""
    stage, *rest = step.split("/")
    if stage == "pretrain":
        return "pretrained"
    if stage == "finetune":
        return rest[0]
    raise SignScaleError(f"{step}: not a model; release results of pretrain or finetune")


def _check_current(place: Place, model: Path) -> None:
    step = read_json(record_of(model))["step"]
    released_name(step)
    text = expected(place).get(step, ("", None))[1]
    if text is None or not is_fresh(place, step, text):
        raise SignScaleError(f"{model}: not up to date with params, code and data; run the workflow first")


def _copy(place: Place, model: Path, one_shot: str) -> Path:
    """released/<name> with the model, its provenance and, of a fine-tuned one, its figures; tracked by DVC."""
    step = read_json(record_of(model))["step"]
    folder = place.root / "released" / released_name(step)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    for name in (*KEPT, *([TOKENIZER] if (model / TOKENIZER).is_file() else [])):
        shutil.copyfile(model / name, folder / name)
    if one_shot and step == "pretrain":
        card = (folder / "README.md").read_text(encoding="utf-8")
        write_text(folder / "README.md", with_one_shot(card, one_shot))
    write_text(folder / "provenance.txt", describe(model) + "\n")
    metrics = place.results / step.replace("finetune/", "evaluate/") / "metrics.json"
    if metrics.is_file():
        shutil.copyfile(metrics, folder / "metrics.json")
    relative = folder.relative_to(place.root)
    _dvc(place.root, "add", "--quiet", str(relative))
    return _pin_remote(place.root, relative.with_suffix(".dvc"))


def _pin_remote(root: Path, tracked: Path) -> Path:
    """Let a .dvc file name the released remote, so that no default remote of a lab changes where a release lies."""
    content = yaml.safe_load((root / tracked).read_text(encoding="utf-8"))
    content["outs"][0]["remote"] = "released"
    write_text(root / tracked, yaml.safe_dump(content, sort_keys=False))
    return tracked


def _dvc(root: Path, *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise SignScaleError(f"dvc {arguments[0]}: {(done.stderr or done.stdout).strip()}")


def announce(root: Path, tracked: list[Path]) -> str:
    """One line a released model, with its size."""
    sizes = {path: sum(f.stat().st_size for f in (root / path).with_suffix("").iterdir()) for path in tracked}
    return "\n".join(f"{path.with_suffix('')}: {size / 1e6:.1f} MB" for path, size in sizes.items())
