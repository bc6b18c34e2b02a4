"""A manifest that holds too little of its annotation file stops the run, with the reasons counted."""

from pathlib import Path

import pytest

from signscale.acquire.kept import check_kept
from signscale.corpora.tables import Fault
from signscale.errors import SignScaleError

PATH = Path("raw/how2sign/annotation_faults.csv")


def _lost(count, reason):
    return [Fault("x.csv", row, reason) for row in range(count)]


def test_rows_lost_beyond_the_share_are_counted_by_reason():
    faults = _lost(380, "id how2sign/a_0 stands twice; the first is kept") + _lost(2, "SENTENCE is missing")
    with pytest.raises(SignScaleError) as stopped:
        check_kept("how2sign", 1977, faults, 0.995, PATH)
    assert str(stopped.value) == (
        "how2sign: 1,977 of 2,359 annotation rows make samples, 83.8 % (380 x id … stands twice; the first is kept; "
        "2 x SENTENCE is missing); all are in raw/how2sign/annotation_faults.csv. Correct the annotations, or lower "
        "acquire.min_kept (0.995)"
    )


def test_the_share_itself_is_enough_and_rules_and_remarks_are_no_loss():
    check_kept("wlasl", 995, _lost(5, "bbox"), 0.995, PATH)
    with pytest.raises(SignScaleError):
        check_kept("wlasl", 994, _lost(6, "bbox"), 0.995, PATH)
    others = [Fault("x.vtt", 1, "0.2 s, shorter than 0.5 s", "rule"), Fault("x.vtt", 0, "moved", "remark")]
    check_kept("bobsl", 1, others * 9, 0.995, PATH)
    check_kept("bobsl", 0, [], 0.995, PATH)
