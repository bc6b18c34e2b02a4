"""RWTH's rules, gloss by gloss."""

import pytest

from signscale.errors import SignScaleError
from signscale.tasks.metrics.gloss_cleanup import clean_sentence, clean_words


def cleaned(text, cleanup="phoenix14"):
    return " ".join(clean_sentence(text, cleanup))


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("loc-NORD cl-KOMMEN qu-WO poss-EUCH lh-REGEN", "NORD KOMMEN WO EUCH REGEN"),
        ("S0NNE HABEN2 neg-HABEN2", "SONNE HABEN neg-HABEN"),
        ("__EMOTION__ REGEN __PU__ __LEFTHAND__ WIND __EPENTHESIS__", "REGEN WIND"),
        ("__ON__ REGEN __OFF__", "__ON__ REGEN __OFF__"),
        ("WETTER WIE AUSSEHEN", "WETTER WIE-AUSSEHEN"),
        ("ZEIGEN MORGEN ZEIGEN", "ZEIGEN-BILDSCHIRM MORGEN ZEIGEN-BILDSCHIRM"),
        ("ZEIGEN-BILDSCHIRM", "ZEIGEN-BILDSCHIRM"),
        ("JETZT S H WETTER", "JETZT S+H WETTER"),
        ("JETZT K U N A", "JETZT K+U+N+A"),
        ("JETZT E R Z REGEN", "JETZT E+R+Z REGEN"),
        ("E R Z REGEN", "E R+Z REGEN"),  # an odd corner of the scripts, kept
        ("S H", "S H"),  # another
        ("IX SCH W REGEN", "IX SCH+W REGEN"),
        ("NORDRAUM RAUM", "NORD RAUM"),
        ("REGEN-PLUSPLUS", "REGEN"),
        ("REGEN REGEN REGEN WIND REGEN", "REGEN WIND REGEN"),
        ("REGEN loc-REGEN", "REGEN"),
        ("REGEN __EMOTION__ REGEN", "REGEN"),
        ("  REGEN   WIND ", "REGEN WIND"),
        ("", ""),
        ("__PU__", ""),
    ],
)
def test_phoenix14_rules(raw, clean):
    assert cleaned(raw) == clean


def test_phoenix14t_has_the_same_rules_without_two():
    assert cleaned("S0NNE ZEIGEN loc-NORD HABEN2 REGEN REGEN", "phoenix14t") == "S0NNE ZEIGEN NORD HABEN REGEN"


def test_none_only_splits():
    assert cleaned("loc-NORD  REGEN REGEN 你 好", "none") == "loc-NORD REGEN REGEN 你 好"


def test_word_by_word_no_rule_sees_two_glosses():
    raw = "loc-NORD WIE AUSSEHEN IX S H REGEN REGEN __PU__ ZEIGEN"
    assert " ".join(clean_words(raw, "phoenix14")) == "NORD WIE AUSSEHEN IX S H REGEN REGEN ZEIGEN-BILDSCHIRM"


def test_word_by_word_phoenix14t_still_collapses_repeats():
    assert clean_words("REGEN loc-REGEN WIND", "phoenix14t") == ["REGEN", "WIND"]


def test_an_unknown_name_is_refused():
    with pytest.raises(SignScaleError, match="'phoenix' is none of none, phoenix14, phoenix14t"):
        clean_sentence("A", "phoenix")
