"""One bad cell of an annotation file costs its row, which is counted with its reason; the rows beside it stay."""

import json

import pytest

from signscale.corpora import load_corpus

WLASL_CELLS = {
    "url null": ({"url": None}, "url: input should be a valid string"),
    "url a number": ({"url": 7}, "url: input should be a valid string"),
    "url torn": ({"url": "http://[::1/x"}, "url: not an address that can be asked: Invalid IPv6 URL"),
    "url empty": ({"url": " "}, "url: not an address that can be asked: must not be empty"),
    "split a list": ({"split": ["train"]}, "split: input should be 'train', 'val' or 'test'"),
    "video_id null": ({"video_id": None}, "video_id: input should be a valid string"),
    "video_id with NUL": ({"video_id": "a\0b"}, "video_id: 'a\\x00b' has a control character"),
    "video_id of 300 characters": ({"video_id": "v" * 300}, "is longer than the name of a file can be"),
    "video_id leads out": ({"video_id": "../../victim"}, "video_id: '../../victim' leaves the folder"),
    "video_id in a folder": ({"video_id": "a/b"}, "video_id: must be the name of one file"),
    "frame_start null": ({"frame_start": None}, "frame_start: input should be a valid number"),
    "frame_end not finite": ({"frame_end": float("nan")}, "frame_end: input should be a finite number"),
    "bbox of three": ({"bbox": [1, 2, 3]}, "bbox: list should have at least 4 items"),
    "bbox of text": ({"bbox": [1, 2, 3, "4"]}, "bbox.3: input should be a valid number"),
    "signer a list": ({"signer_id": [1]}, "signer_id.int: input should be a valid integer"),
}


@pytest.mark.parametrize("case", WLASL_CELLS)
def test_a_bad_cell_of_wlasl_costs_its_row(case, published, tmp_path):
    change, reason = WLASL_CELLS[case]
    published.wlasl(tmp_path, [{"gloss": "book", "instances": [{"video_id": "1"}, change, {"video_id": "3"}]}])
    corpus = load_corpus("wlasl")
    corpus.settle_parts(tmp_path, 1)
    assert [s.sample_id for s in corpus.samples(tmp_path)] == ["wlasl/1", "wlasl/3"]
    (fault,) = corpus.annotation_faults(tmp_path)
    assert (fault.file, fault.row, fault.kind) == ("WLASL_v0.3.json", 1, "lost")
    assert reason in fault.reason


@pytest.mark.parametrize("gloss", [None, 7, "", ["book"], "\ud800"])
def test_a_gloss_that_is_no_word_costs_its_instances_and_no_sentence_is_made_of_it(gloss, published, tmp_path):
    published.wlasl(tmp_path, [{"gloss": gloss, "instances": [{"video_id": "1"}, {"video_id": "2"}]}])
    corpus = load_corpus("wlasl")
    assert list(corpus.samples(tmp_path)) == []
    assert ["gloss: " in fault.reason for fault in corpus.annotation_faults(tmp_path)] == [True, True]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"action": [0, 1, 9]}, "subset is missing"),
        ({"subset": "train", "action": []}, "action: list should have at least 3 items"),
        ({"subset": "train"}, "action is missing"),
        ({"subset": "train", "action": [None, 1, 9]}, "action.0: input should be a valid integer"),
        (None, "a row is not a set of named values"),
    ],
)
def test_a_bad_row_of_a_subset_file_is_counted_and_the_clip_stays(row, reason, published, tmp_path):
    published.wlasl(tmp_path, [{"gloss": "book", "instances": [{"video_id": "1"}]}])
    published.write(tmp_path / "wlasl" / "nslt_100.json", json.dumps({"1": row}))
    corpus = load_corpus("wlasl")
    assert [s.sample_id for s in corpus.samples(tmp_path)] == ["wlasl/1"]
    (fault,) = corpus.annotation_faults(tmp_path)
    assert fault.file == "nslt_100.json"
    assert fault.reason.startswith(reason)


MSASL_CELLS = {
    "url null": ({"url": None}, "url: input should be a valid string"),
    "url torn": ({"url": "http://[::1/x"}, "url: not an address that can be asked"),
    "end_time null": ({"end_time": None}, "end_time: input should be a valid number"),
    "start_time not finite": ({"start_time": float("inf")}, "start_time: input should be a finite number"),
    "fps 0": ({"fps": 0}, "fps: input should be greater than 0"),
    "text null": ({"text": None}, "text: input should be a valid string"),
    "text a number": ({"text": 3}, "text: input should be a valid string"),
    "label text": ({"label": "5"}, "label: input should be a valid integer"),
    "label beyond": ({"label": 1000}, "label: input should be less than 1000"),
    "box null": ({"box": None}, "box: input should be a valid list"),
}


@pytest.mark.parametrize("case", MSASL_CELLS)
def test_a_bad_cell_of_msasl_costs_its_row(case, published, tmp_path):
    change, reason = MSASL_CELLS[case]
    published.msasl(tmp_path, "train", [{}, change, {}])
    corpus = load_corpus("msasl")
    assert [s.sample_id for s in corpus.samples(tmp_path)] == ["msasl/train/00000", "msasl/train/00002"]
    (fault,) = [fault for fault in corpus.annotation_faults(tmp_path) if fault.kind == "lost"]
    assert (fault.row, fault.split) == (1, "train")
    assert fault.reason.startswith(reason)


def test_text_tables_are_checked_too(published, tmp_path):
    header = "id|folder|signer|annotation\n"
    rows = "a-1|a-1/1/*.png|S|REGEN\n../a|x/1/*.png|S|REGEN\na-3|../../x/1/*.png|S|REGEN\na-4|a-4/1/*.png|S| \n"
    published.phoenix14(tmp_path, "train", header + rows)
    corpus = load_corpus("phoenix14")
    assert [s.sample_id for s in corpus.samples(tmp_path)] == ["phoenix14/a-1"]
    lost = [fault.reason for fault in corpus.annotation_faults(tmp_path) if fault.kind == "lost"]
    assert ["leaves the folder" in reason for reason in lost] == [True, True, False]
    assert lost[2].startswith("annotation: must not be empty")


def test_lists_with_crlf_and_bom_are_read_and_gbk_is_one_kind_of_fault(published, tmp_path):
    words = "".join(f"{label} 词{label}\r\n" for label in range(500))
    folder = tmp_path / "slr500"
    for name in ("P01_a.mp4", "P37_a.mp4"):
        published.write(folder / "color_video_125000" / "003" / name, b"x")
    published.write(folder / "gloss_label.txt", b"\xef\xbb\xbf" + words.encode())
    corpus = load_corpus("slr500")
    assert [(s.label, s.gloss) for s in corpus.samples(tmp_path)] == [("3", "词3"), ("3", "词3")]
    published.write(folder / "gloss_label.txt", words.encode("gbk"))
    assert list(corpus.samples(tmp_path)) == []
    reasons = [fault.reason for fault in corpus.annotation_faults(tmp_path)]
    assert len([reason for reason in reasons if "GB18030" in reason]) == 500
    assert reasons[-2:] == ["the word list has no word for label 3"] * 2
