"""The pre-trained model behind the pictures: absent, torn, and which clips it is shown with."""

import shutil

import pytest

from signscale.errors import SignScaleError
from signscale.report.pretrained import read_pretrained


def test_without_a_model_there_is_nothing_to_show(learned, tmp_path):
    assert read_pretrained(learned.params, tmp_path) is None


def test_a_torn_model_is_one_line_naming_it(learned, tmp_path):
    results = shutil.copytree(learned.root, tmp_path / "results")
    weights = results / "pretrain" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    with pytest.raises(SignScaleError, match=r"pretrain/model\.safetensors: not a whole file"):
        read_pretrained(learned.params, results)


def test_clips_shown_are_held_out_from_every_corpus_and_say_different_things(learned):
    shown = read_pretrained(learned.params, learned.root).shown(per_corpus=2, most=4)
    assert [ref.sample.corpus for ref in shown] == ["letters", "letters", "words", "words"]
    assert {ref.sample.split for ref in shown} == {"dev"}
    assert len({ref.sample.text for ref in shown}) == 4
