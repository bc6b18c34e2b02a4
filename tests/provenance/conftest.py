"""The made-up repository, with every step made."""

from types import SimpleNamespace

import pytest
from made_repository import CLIPS, MODULES, make, write_rows

from signscale import corpora
from signscale.params import Params, load_params, validate
from signscale.provenance.place import Place


@pytest.fixture
def params(root) -> Params:
    """Two corpora, `letters` and `words` joined of them; one benchmark with a baseline."""
    content = load_params(root, "paper").model_dump()
    content["acquire"]["corpora"] = ["letters", "words"]
    content["keypoints"]["clips_per_shard"] = 2
    content["pretrain"] |= {"corpora": ["letters"], "splits": ["train"]}
    content["finetune"]["benchmarks"] = {"signs": {"corpus": "letters", "task": "islr", "train_splits": ["train"]}}
    return validate(content, "test")


@pytest.fixture
def place(params, tmp_path, monkeypatch) -> Place:
    """A repository whose every step is made."""
    bases, brought = {"letters": None, "words": "letters"}, {"letters": ("index.csv", "lists"), "words": ()}
    monkeypatch.setattr(corpora, "names", lambda: list(bases))
    monkeypatch.setattr(
        corpora, "load_corpus", lambda name: SimpleNamespace(base=bases[name], kind="pose", dropped=brought[name])
    )
    place = Place(params, tmp_path)
    for file, text in MODULES.items():
        path = tmp_path / "src" / "signscale" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs" / "base.txt").write_text("numpy==2.4.6\npyarrow==26.0.1\ntorch==2.13.0\npytest==9.2.0\n")
    for i in range(CLIPS):
        place.raw("letters").mkdir(parents=True, exist_ok=True)
        (place.raw("letters") / f"{i}.pose").write_text(str(i))
    write_rows(place, CLIPS)
    make(place)
    return place
