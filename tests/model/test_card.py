"""The card of a pre-trained encoder: its corpora with licences and hours, and a place for one-shot results."""

import pytest

from signscale.errors import SignScaleError
from signscale.model.card import model_card, with_one_shot
from signscale.model.preprocessing import Preprocessing

CONFIG = {
    "kind": "pretrain",
    "corpora": {"ksl13": 520, "mine": 1200},
    "hours": {"ksl13": 0.217, "mine": 1.5},
}


@pytest.fixture
def card(preprocessing: Preprocessing) -> str:
    return model_card(CONFIG, preprocessing)


def test_the_card_lists_every_corpus_with_its_licence_clips_and_hours(card):
    lines = card.splitlines()
    assert "- Trained on: 1,720 clips, 1.72 hours of signing; see Data" in lines
    assert "| ksl13: hand-sign-recognition, 13 Korean words | Apache-2.0 | 520 | 0.22 |" in lines
    assert "| mine | not known here | 1,200 | 1.50 |" in lines
    assert lines.index("## Data") < lines.index("## From one labelled clip a sign") < lines.index("## Limits")


def test_one_shot_results_take_their_place_once(card):
    filled = with_one_shot(card, "| set | top-1 |\n|---|---|\n| a | 61.2 |\n")
    assert "## From one labelled clip a sign\n\n| set | top-1 |\n|---|---|\n| a | 61.2 |\n\n## Limits" in filled
    with pytest.raises(SignScaleError, match="no place for one-shot results"):
        with_one_shot(filled, "again")
