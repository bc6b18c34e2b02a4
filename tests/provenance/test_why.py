"""Why steps run again, in words; and edits accepted as changing no number."""

import hashlib
import shutil

import pytest
from made_repository import code, make, stale, weights

from signscale.errors import SignScaleError
from signscale.formats.files import read_json, write_json
from signscale.model.folder import FILES
from signscale.provenance import records
from signscale.provenance.accepted import FILE, read_accepted
from signscale.provenance.place import Place
from signscale.provenance.why import accept, by_stage, reasons


def lines_of(place, changed=None, stage=None) -> list[str]:
    return list(by_stage(reasons(Place(changed or place.params, place.root)), stage))


def edit(place, file: str, text: str) -> None:
    path = code(place, file)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + (path.read_text() if path.exists() else ""))


def test_nothing_is_said_of_a_made_repository(place):
    assert lines_of(place) == []


def test_params_are_told_by_their_key_and_what_follows_names_what_it_follows(place):
    pretrain = place.params.pretrain.model_copy(update={"epochs": 13})
    lines = lines_of(place, place.params.model_copy(update={"pretrain": pretrain}))
    assert lines == [
        "pretrain: pretrain.epochs 100 -> 13",
        "finetune: pretrain made again",
        "evaluate: finetune/signs/pretrained-1 made again",
        "report: pretrain.epochs 100 -> 13",
    ]


def test_code_packages_data_and_outputs_are_told(place):
    edit(place, "data/masking.py", "X = 2\n")
    assert lines_of(place, stage="pretrain") == ["pretrain: data/masking.py changed"]
    lock = place.root / "envs" / "base.txt"
    lock.write_text(lock.read_text().replace("torch==2.13.0", "torch==2.14.0"))
    assert lines_of(place, stage="text") == ["text: torch 2.13.0 -> 2.14.0"]
    (place.raw("letters") / "3.pose").write_text("changed")
    assert lines_of(place, stage="keypoints") == ["keypoints: raw files changed"]
    weights(place, "report").write_text("other")
    assert lines_of(place, stage="report") == ["report: output weights damaged"]
    place.record("pack/words").unlink()
    assert lines_of(place, stage="pack")[-1] == "pack: never made"


def test_a_stage_that_is_none_is_refused(place):
    with pytest.raises(SignScaleError, match="no such stage; there are acquire"):
        lines_of(place, stage="train")


def test_an_accepted_edit_reruns_nothing_and_the_record_says_who_and_why(place):
    edit(place, "data/masking.py", "import pyarrow\nX = 2\n")
    before = stale(place)
    assert before[0] == "pretrain"
    assert accept(Place(place.params, place.root), "pretrain", "only a name") == ["pretrain"]
    assert stale(place) == []
    accepted = read_json(place.record("pretrain"))["accepted"]
    assert accepted["why"] == "only a name" and accepted["who"]
    assert read_accepted(place.root)[0]["changes"][0]["packages"] == {"pyarrow": [None, "26.0.1"]}
    edit(place, "data/masking.py", "Y = 3\n")
    assert stale(place) == before
    assert accept(Place(place.params, place.root), "pretrain", "nor this") == ["pretrain"]
    assert stale(place) == []


def test_what_is_made_after_an_accepted_edit_stays_fresh_where_the_edit_is_not_known_anew(place):
    edit(place, "data/masking.py", "X = 2\n")
    accept(Place(place.params, place.root), "pretrain", "only a name")
    place.record("pretrain").unlink()
    make(Place(place.params, place.root))
    assert read_json(place.record("pretrain"))["accepted"]["why"] == "only a name"
    assert stale(place) == []


def test_a_new_module_can_be_accepted_and_a_param_cannot(place):
    edit(place, "data/other.py", "X = 1\n")
    edit(place, "data/schedule.py", "from signscale.data.other import X\n")
    other = place.params.model_copy(update={"seed": 7})
    accept(Place(place.params, place.root), "pretrain", "moved")
    assert "pretrain" not in stale(place) and "finetune/signs/scratch-1" in stale(place)
    assert "pretrain" in stale(place, other)
    accept(Place(place.params, place.root), "finetune", "moved")
    assert stale(place) == []


def test_there_has_to_be_something_to_accept(place):
    with pytest.raises(SignScaleError, match="there is nothing to accept"):
        accept(Place(place.params, place.root), "pack", "no reason")
    (place.root / "workflow").mkdir()
    (place.root / FILE).write_text("- stage: pack\n")
    with pytest.raises(SignScaleError, match=r"accepted\.yaml: not written by `signscale accept`"):
        records.settle(Place(place.params, place.root))


def test_a_model_taken_over_is_named_and_so_is_a_change_of_it(place, monkeypatch, tmp_path):
    monkeypatch.chdir(place.root)
    code(place, "model").mkdir(exist_ok=True)
    (code(place, "model") / "source.py").write_text("KEPT = 1\n")
    model = place.root / "models" / "encoder"
    model.mkdir(parents=True)
    for name in FILES:
        (model / name).write_text(name)
    start = {"start": "models/encoder"}
    taking = place.params.model_copy(update={"pretrain": place.params.pretrain.model_copy(update=start)})
    assert lines_of(place, taking, "pretrain") == ["pretrain: pretrain.from nothing -> models/encoder"]
    assert lines_of(place, taking, "finetune")[0] == "finetune: pretrain.from nothing -> models/encoder (2 steps)"
    over = Place(taking, place.root)
    make(over)
    assert lines_of(place, taking) == []
    record = read_json(over.record("pretrain"))
    assert record["source"]["model.safetensors"] == hashlib.sha256(b"model.safetensors").hexdigest()
    assert record["params"] == {"pretrain": {"from": "models/encoder"}}
    (model / "model.safetensors").write_text("other")
    assert lines_of(place, taking, "pretrain") == ["pretrain: model.safetensors in models/encoder changed"]
    shutil.rmtree(model)  # a clone that pulled the results alone
    assert lines_of(place, taking) == []


def test_a_result_of_a_direct_command_is_made_again(place):
    record = place.record("pretrain")
    write_json(record, read_json(record) | {"step": "signscale pretrain", "set": ["seed=2"]})
    assert lines_of(place, stage="pretrain") == ["pretrain: made by `signscale pretrain`, not by the workflow"]
    assert "pretrain" in stale(place)
