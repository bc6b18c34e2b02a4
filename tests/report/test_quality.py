"""The quality section: counted over every extracted clip, the troubled ones named."""

from dataclasses import replace

import pytest

from signscale.errors import SignScaleError
from signscale.formats.excluded import Excluded, write_excluded
from signscale.formats.quality import Quality, write_quality
from signscale.report.quality import CorpusQuality, other_handed, read_corpora_quality
from signscale.report.run import write_report

ROWS = [
    Quality("fingerspelling/a", 10, 1.0, 0.0, 1.0, 0.9, 0, 0),
    Quality("fingerspelling/b", 30, 0.5, 0.0, 0.2, 0.5, 3, 6),
    Quality("fingerspelling/c", 10, 1.0, 0.0, 1.0, 0.9, 4, 0),
]


@pytest.fixture
def letters(params, results):
    write_quality(results / "pack/fingerspelling/quality.csv", ROWS)
    write_excluded(
        results / "pack/fingerspelling/excluded.csv",
        [Excluded("fingerspelling/c", "pack", "jumps"), Excluded("fingerspelling/d", "keypoints", "cut short")],
    )
    return results


def test_corpora_are_weighed_by_frames_and_gates_counted_apart_from_bad_files(params, letters) -> None:
    found = read_corpora_quality(params, letters)[0]
    assert (found.name, found.clips, found.held_back) == ("fingerspelling", 3, 1)
    assert found.whole == Quality("fingerspelling", 50, 0.7, 0.0, 0.52, 0.66, 7, 6)
    assert found.per_thousand(found.whole.jumps) == 140


def test_the_most_troubled_clips_come_first_and_say_whether_they_were_packed(params, letters) -> None:
    found = read_corpora_quality(params, letters)[0]
    assert found.troubled == [(ROWS[2], False), (ROWS[1], True)]
    many = [replace(ROWS[1], sample_id=f"fingerspelling/{n}", jumps=n) for n in range(8)]
    write_quality(letters / "pack/fingerspelling/quality.csv", many)
    assert [clip.jumps for clip, _ in read_corpora_quality(params, letters)[0].troubled] == [7, 6, 5, 4, 3]


def test_the_page_shows_them_and_a_torn_table_is_one_line(params, letters, tmp_path) -> None:
    write_report(params, letters, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Quality of the keypoints" in page
    assert "fingerspelling/c</th>" in page
    assert "140.0</td>" in page
    assert "The paper has 600 signers and 1,780 hours in 9 sources." in page
    (letters / "pack/fingerspelling/quality.csv").write_text("sample_id,frames\na,b\n")
    with pytest.raises(SignScaleError, match=r"quality\.csv: not a quality table"):
        write_report(params, letters, tmp_path / "r.html")


def test_a_corpus_of_which_nothing_was_extracted_is_left_out(params, letters) -> None:
    write_quality(letters / "pack/fingerspelling/quality.csv", [])
    assert [found.name for found in read_corpora_quality(params, letters)] == ["fingerspelled_words"]


def lines_of(params, shares: dict[str, tuple[int, int]], handedness: str = "as_filmed") -> list[str]:
    """Warnings about corpora of so many left-handed clips among so many; pre-training sees `fingerspelling`."""
    found = [CorpusQuality(name, n, ROWS[0], 0, signed=n, left=k, troubled=[]) for name, (k, n) in shares.items()]
    pretrain = params.pretrain.model_copy(update={"corpora": ["fingerspelling"]})
    pack = params.pack.model_copy(update={"handedness": handedness})
    return other_handed(found, params.model_copy(update={"pretrain": pretrain, "pack": pack}))


def test_a_corpus_signed_with_the_other_hand_is_warned_of_unless_clips_are_mirrored(params) -> None:
    shares = {"fingerspelling": (60, 600), "ours": (40, 40), "alike": (6, 40), "few": (1, 3), "empty": (0, 0)}
    line = "ours: the left hand is dominant in 100% of its clips, in those of pre-training in 10%"
    assert lines_of(params, shares) == [line]
    assert lines_of(params, shares, "dominant_right") == []
    assert lines_of(params, {"fingerspelling": (0, 0), "ours": (40, 40)}) == []
    assert lines_of(params, {"fingerspelling": (60, 100), "ours": (0, 100)}) != []  # fewer left-handed ones, too
