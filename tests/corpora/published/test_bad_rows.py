"""Bad rows are excluded with a reason, and every good row beside them stays."""

import pytest

from signscale.corpora import load_corpus
from signscale.errors import SignScaleError

PHOENIX_HEADER = "id|folder|signer|annotation\n"
PHOENIX_T_HEADER = "name|video|start|end|speaker|orth|translation\n"
HOW2SIGN_HEADER = "VIDEO_ID\tVIDEO_NAME\tSENTENCE_ID\tSENTENCE_NAME\tSTART_REALIGNED\tEND_REALIGNED\tSENTENCE\n"


def _reasons(name, raw):
    """(row, reason) of the faults in files that are there."""
    return [(fault.row, fault.reason) for fault in load_corpus(name).annotation_faults(raw) if fault.row]


def _ids(name, raw):
    return [sample.sample_id.rpartition("/")[2] for sample in load_corpus(name).samples(raw)]


def test_missing_and_extra_columns_are_counted(published, tmp_path):
    rows = "a-1|a-1/1/*.png|Signer01|REGEN\na-2|a-2/1/*.png|Signer01\na-3|a-3/1/*.png|Signer01|WIND|x\n"
    published.phoenix14(tmp_path, "train", PHOENIX_HEADER + rows)
    assert _ids("phoenix14", tmp_path) == ["a-1"]
    assert _reasons("phoenix14", tmp_path) == [
        (3, "3 columns, the header has 4"),
        (4, "5 columns, the header has 4"),
    ]


def test_bom_and_crlf_are_no_part_of_the_text(published, tmp_path):
    content = PHOENIX_T_HEADER + "a-1|a-1/*.png|-1|-1|Signer01|REGEN|es regnet in münchen\n"
    published.phoenix14t(tmp_path, "dev", b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode())
    (sample,) = load_corpus("phoenix14t").samples(tmp_path)
    assert sample.text == "es regnet in münchen"
    assert sample.gloss == "REGEN"


def test_umlauts_in_latin_1_are_excluded_and_named(published, tmp_path):
    row = "a-1|a-1/*.png|-1|-1|Signer01|REGEN|es regnet in münchen\n"
    good = "a-2|a-2/*.png|-1|-1|Signer01|WIND|es wird windig\n"
    published.phoenix14t(tmp_path, "dev", (PHOENIX_T_HEADER + row + good).encode("latin-1"))
    assert _ids("phoenix14t", tmp_path) == ["a-2"]
    ((line, reason),) = _reasons("phoenix14t", tmp_path)
    assert line == 2
    assert reason.startswith("not UTF-8")
    assert "ISO-8859-1" in reason


def test_chinese_in_gb18030_is_excluded_and_named(published, tmp_path):
    header = "index|name|length|gloss|char|word|postag\n"
    row = "0|S000020_P0000_T00|54|他 今天|他 今 年|他 今年|r t\n"
    published.csl_daily(tmp_path, (header + row).encode("gb18030"), "name|split\nS000020_P0000_T00|dev\n")
    assert _ids("csl_daily", tmp_path) == []
    assert any("GB18030" in reason for _, reason in _reasons("csl_daily", tmp_path))


def test_utf_16_is_one_clear_error(published, tmp_path):
    published.phoenix14(tmp_path, "train", PHOENIX_HEADER.encode("utf-16"))
    with pytest.raises(SignScaleError, match="UTF-16"):
        list(load_corpus("phoenix14").samples(tmp_path))


def test_a_header_without_a_column_is_one_clear_error(published, tmp_path):
    published.phoenix14(tmp_path, "train", "id|folder|signer\na|b|c\n")
    with pytest.raises(SignScaleError, match=r"train\.corpus\.csv: header lacks annotation"):
        list(load_corpus("phoenix14").samples(tmp_path))


def test_frame_end_minus_one_is_the_end_of_the_video(published, tmp_path):
    published.wlasl(tmp_path, [{"gloss": "book", "instances": [{"frame_start": 26, "frame_end": -1}]}])
    (sample,) = load_corpus("wlasl").samples(tmp_path)
    assert (sample.start, sample.end) == (1.0, -1.0)


def test_wlasl_faults_are_named(published, tmp_path):
    bad = [
        {"video_id": "1"},
        {"video_id": "2", "frame_start": 50, "frame_end": 20},
        {"video_id": "3", "frame_start": 0},
        {"video_id": "4", "bbox": [-5, 0, 10, 10]},
        {"video_id": "5", "bbox": [20, 0, 10, 10]},
        {"video_id": "6", "split": "validation"},
        {"video_id": "7", "frame_end": "soon"},
        {"video_id": "1"},
    ]
    published.wlasl(tmp_path, [{"gloss": "book", "instances": bad}])
    assert _ids("wlasl", tmp_path) == ["1"]
    reasons = [reason for _, reason in _reasons("wlasl", tmp_path)]
    expected = ["before frame_start 50", "count from 1", "outside the frame", "outside the frame", "'validation'"]
    expected += ["frame_end: input should be a valid number (found 'soon')", "stands twice"]
    assert len(reasons) == len(expected)
    for reason, part in zip(reasons, expected, strict=True):
        assert part in reason


def test_a_subset_file_that_contradicts_the_annotations_sets_the_clip_aside(published, tmp_path):
    published.wlasl(tmp_path, [{"gloss": "book", "instances": [{"video_id": "1"}, {"video_id": "2"}]}])
    nslt = '{"1": {"subset": "test", "action": [0, 1, 9]}, "2": {"subset": "train", "action": [0, 1, 9]}}'
    published.write(tmp_path / "wlasl" / "nslt_100.json", nslt)
    assert _ids("wlasl", tmp_path) == ["2"]


def test_msasl_box_outside_the_frame_and_end_before_start_are_excluded(published, tmp_path):
    changes = [{}, {"box": [0, 0, 1.2, 1]}, {"start_time": 3.0, "end_time": 3.0}, {"label": 1000}, {"url": "x.org/v"}]
    published.msasl(tmp_path, "train", changes)
    assert _ids("msasl", tmp_path) == ["00000"]
    assert [row for row, _ in _reasons("msasl", tmp_path)] == [1, 2, 3, 4]


def test_msasl_frames_become_seconds_by_the_published_rate(published, tmp_path):
    published.msasl(tmp_path, "train", [{"start": 60, "end": 90}], drop=("start_time", "end_time"))
    (sample,) = load_corpus("msasl").samples(tmp_path)
    assert (sample.start, sample.end) == (2.0, 3.0)


def test_msasl_frames_become_seconds_by_the_rate_of_the_video(published, tmp_path, clip_24_fps):
    published.msasl(tmp_path, "train", [{"start": 12, "end": 36}], drop=("start_time", "end_time", "fps"))
    published.write(tmp_path / "msasl" / "videos" / "youtube" / "C37R_Ix8-qs.mp4", clip_24_fps.read_bytes())
    (sample,) = load_corpus("msasl").samples(tmp_path)
    assert (sample.start, sample.end) == (0.5, 1.5)


def test_torn_json_is_one_clear_error(published, tmp_path):
    published.write(tmp_path / "wlasl" / "WLASL_v0.3.json", '[{"gloss": "book", "inst')
    with pytest.raises(SignScaleError, match=r"WLASL_v0\.3\.json: not whole UTF-8 JSON"):
        list(load_corpus("wlasl").samples(tmp_path))


def test_how2sign_quotes_stay_and_bad_times_go(published, tmp_path):
    rows = [
        'v\tv-1-rgb_front\tv_0\tv_0-1\t1.0\t2.5\tHe said "hi" to me.',
        "v\tv-1-rgb_front\tv_1\tv_1-1\t3.0\t2.5\tEnd before start.",
        "v\tv-1-rgb_front\tv_2\tv_2-1\tnan\t2.5\tNo time.",
        "v\tv-1-rgb_front\tv_3\tv_3-1\t-1.0\t2.5\tBefore the video.",
        "v\tv-1-rgb_front\tv_0\tv_0-1\t1.0\t2.5\tTwice.",
        'v\tv-1-rgb_front\tv_0\tv_0-2\t1.0\t2.5\t"Not closed.',
    ]
    published.write(tmp_path / "how2sign" / "how2sign_realigned_train.csv", HOW2SIGN_HEADER + "\n".join(rows))
    (sample,) = load_corpus("how2sign").samples(tmp_path)
    assert sample.text == 'He said "hi" to me.'
    assert [row for row, _ in _reasons("how2sign", tmp_path)] == [3, 4, 5, 6, 7]


def test_csl_daily_names_that_do_not_match_are_counted_on_both_sides(published, tmp_path):
    sentences = "index|name|length|gloss|char|word|postag\n0|A_P1_T0|30|我|我 好|我 好|r a\n1|B_P1_T0|30|我|我|我|r\n"
    published.csl_daily(tmp_path, sentences, "name|split\nA_P1_T0|train\nC_P1_T0|test\nA_P1_T0|test\n")
    (sample,) = load_corpus("csl_daily").samples(tmp_path)
    assert (sample.sample_id, sample.split) == ("csl_daily/A_P1_T0", "train")
    reasons = [reason for _, reason in _reasons("csl_daily", tmp_path)]
    assert reasons == [
        "A_P1_T0 stands twice; the first is kept",
        "split_1.txt has no B_P1_T0",
        "video_map.txt has no C_P1_T0",
    ]


def test_list_files_give_labels_signers_and_chinese_sentences(published, tmp_path):
    published.write(tmp_path / "slr500" / "gloss.txt", "000\t目标\n001\t苹果\n")
    train = "color/001/P01_s1_00_0_color.avi 1\ncolor/000/P02_s1_00_0_color.avi 500\n../x.avi 0\nalone\n"
    published.write(tmp_path / "slr500" / "train.txt", train)
    (sample,) = load_corpus("slr500").samples(tmp_path)
    assert (sample.label, sample.signer, sample.gloss) == ("1", "P01", "苹果")
    assert sample.text == "这个词是苹果。"
    reasons = [reason for _, reason in _reasons("slr500", tmp_path)]
    assert len(reasons) == 3


def test_an_absent_split_file_is_counted_and_the_others_go_on(published, tmp_path):
    published.phoenix14(tmp_path, "train", PHOENIX_HEADER + "a-1|a-1/1/*.png|Signer01|REGEN\n")
    faults = load_corpus("phoenix14").annotation_faults(tmp_path)
    assert [(fault.file, fault.row) for fault in faults] == [("dev.corpus.csv", 0), ("test.corpus.csv", 0)]
    assert _ids("phoenix14", tmp_path) == ["a-1"]


@pytest.mark.parametrize("name", ["wlasl", "msasl", "nmfs_csl", "slr500", "phoenix14", "phoenix14t", "csl_daily"])
def test_no_annotations_at_all_is_one_line_naming_the_file(name, tmp_path):
    with pytest.raises(SignScaleError) as error:
        list(load_corpus(name).samples(tmp_path))
    assert str(tmp_path / name) in str(error.value)
    assert "\n" not in str(error.value)
