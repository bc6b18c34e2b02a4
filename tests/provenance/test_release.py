"""Releasing: the encoder's card takes the one-shot results, those of other models and the original stay as they are."""

from types import SimpleNamespace

import pytest
import yaml

from signscale.formats.files import write_json
from signscale.model.folder import FILES
from signscale.provenance import release
from signscale.provenance.release import release_models

CARD = "# Encoder\n\n## From one labelled clip a sign\n\nNot measured for this model.\n"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A repository in which every model is current and DVC only writes its file."""

    def dvc(root, command, *arguments):
        if command == "add":
            content = {"outs": [{"md5": "0" * 32, "path": arguments[-1].rpartition("/")[2]}]}
            (root / f"{arguments[-1]}.dvc").write_text(yaml.safe_dump(content))

    monkeypatch.setattr(release, "_dvc", dvc)
    monkeypatch.setattr(release, "_check_current", lambda place, model: None)
    monkeypatch.setattr(release, "commit", lambda root: "0123abc")
    monkeypatch.setattr(release, "describe", lambda model: "made of nothing")
    for step in ("pretrain", "finetune/letters/pretrained-1"):
        folder = tmp_path / "results" / step
        for name in FILES:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(CARD if name == "README.md" else name)
        write_json(folder / "provenance.json", {"step": step})
    return SimpleNamespace(root=tmp_path, results=tmp_path / "results")


def test_one_shot_results_are_put_on_the_encoders_card_alone(place):
    (place.root / "one_shot.md").write_text("| set | top-1 |\n|---|---|\n| a | 61.2 |\n")
    models = [place.results / "pretrain", place.results / "finetune/letters/pretrained-1"]
    tracked = release_models(place, models, place.root / "one_shot.md")
    assert [str(path) for path in tracked] == ["released/pretrained.dvc", "released/letters.dvc"]
    card = (place.root / "released/pretrained/README.md").read_text()
    assert card == CARD.replace("Not measured for this model.", "| set | top-1 |\n|---|---|\n| a | 61.2 |")
    assert (place.root / "released/letters/README.md").read_text() == CARD
    assert (models[0] / "README.md").read_text() == CARD
    assert yaml.safe_load((place.root / "released/letters.dvc").read_text())["outs"][0]["remote"] == "released"


def test_without_results_the_card_says_that_nothing_was_measured(place):
    release_models(place, [place.results / "pretrain"])
    assert (place.root / "released/pretrained/README.md").read_text() == CARD
