"""Tiny raw folders in the layouts of the official releases and of widespread copies, one function a layout.

Names, headers, separators, numbering, time units and known faults are real; each function names where they were read.
Pictures, videos, sentences and most glosses are made up. `python tests/replicas.py FOLDER` writes all of them, as
FOLDER/<layout>/<corpus>/...
"""

import io
import json
import sys
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import av
import numpy as np
from PIL import Image

LAYOUTS: dict[str, Callable[[Path], None]] = {}
"""Layout -> what writes it into a folder of raw data."""


def layout(write: Callable[[Path], None]) -> Callable[[Path], None]:
    """Put a function that writes a layout into LAYOUTS, under its name."""
    LAYOUTS[write.__name__] = write
    return write


def text(path: Path, content: str, encoding: str = "utf-8") -> None:
    """A text file, byte for byte, with its folders."""
    data(path, content.encode(encoding))


def data(path: Path, content: bytes) -> None:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@cache
def picture(shade: int, kind: str) -> bytes:
    """A grey picture of 24x32 pixels."""
    file = io.BytesIO()
    Image.fromarray(np.full((32, 24, 3), shade * 9 % 256, np.uint8)).save(file, kind)
    return file.getvalue()


def frames(folder: Path, name: str, numbers: range) -> None:
    """Pictures `name` with their numbers in the braces."""
    kind = "PNG" if name.endswith("png") else "JPEG"
    for number in numbers:
        data(folder / name.format(number), picture(number, kind))


@cache
def video(seconds: float) -> bytes:
    """A grey mp4 of 32x32 pixels at 10 frames a second."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        for shade in range(round(seconds * 10)):
            grey = np.full((32, 32, 3), shade * 5 % 256, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


# ---- WLASL: keys, -1 ends, subset files and class list from dxli94/WLASL (README, start_kit, code/I3D/preprocess);
# 20065 is one of the 12 ids of nslt_2000.json that the JSON lacks (its issue 45).

_YOUTUBE = "https://www.youtube.com/watch?v="
_WLASL = [
    ("book", "00001", "http://signs.example.org/book.mp4", "train", 1, -1),
    ("book", "00002", "http://signs.example.org/book-2.mp4", "train", 1, -1),
    ("book", "00003", f"{_YOUTUBE}AAAAAAAAAA1", "train", 1, 50),
    ("book", "00004", f"{_YOUTUBE}AAAAAAAAAA2", "val", 2150, 2249),
    ("book", "00005", "http://www.example.org/b/book.swf", "train", 1, -1),
    ("book", "00006", "http://www.example.org/b/book_medicine.swf", "test", 1, -1),
    ("drink", "00007", f"{_YOUTUBE}AAAAAAAAAA3", "val", 26, 50),
]


def _wlasl_annotations(folder: Path) -> None:
    entries: dict[str, list[dict]] = {}
    subsets = {}
    for gloss, name, url, split, first, last in _WLASL:
        instance = {"bbox": [4, 4, 28, 30], "fps": 25, "frame_end": last, "frame_start": first, "instance_id": 0}
        instance |= {"signer_id": 7, "source": "made-up", "split": split, "url": url, "variation_id": 0}
        entries.setdefault(gloss, []).append(instance | {"video_id": name})
        subsets[name] = {"subset": split, "action": [list(entries).index(gloss), first, 50 if last == -1 else last]}
    glosses = [{"gloss": gloss, "instances": instances} for gloss, instances in entries.items()]
    text(folder / "WLASL_v0.3.json", json.dumps(glosses))
    for size in (100, 300, 1000):
        text(folder / f"nslt_{size}.json", json.dumps(subsets))
    orphan = {"20065": {"subset": "val", "action": [152, 1, 209]}}
    text(folder / "nslt_2000.json", json.dumps(subsets | orphan))
    text(folder / "wlasl_class_list.txt", "0\tbook\n1\tdrink\n")


@layout
def wlasl(raw: Path) -> None:
    """As SignScale fetches it; the long YouTube video and one site are gone."""
    _wlasl_annotations(raw / "wlasl")
    for name in ("00001.mp4", "youtube/AAAAAAAAAA1.mp4", "youtube/AAAAAAAAAA3.mp4", "00005.swf", "00006.swf"):
        data(raw / "wlasl" / "videos" / name, video(2.0))


@layout
def wlasl_trimmed(raw: Path) -> None:
    """As start_kit/preprocess.py and the mirrors have it: one cut file a clip; missing.txt by find_missing.py."""
    _wlasl_annotations(raw / "wlasl")
    for _, name, *_ in _WLASL:
        if name != "00002":
            data(raw / "wlasl" / "videos" / f"{name}.mp4", video(1.0))
    text(raw / "wlasl" / "missing.txt", "00002\n")


@layout
def wlasl_raw_videos(raw: Path) -> None:
    """As start_kit/video_downloader.py leaves it: YouTube videos by their own id, the rest by video_id."""
    _wlasl_annotations(raw / "wlasl")
    for name in ("00001.mp4", "AAAAAAAAAA1.mp4", "AAAAAAAAAA3.mkv", "00005.swf", "00006.swf"):
        data(raw / "wlasl" / "raw_videos" / name, video(2.0))


# ---- MS-ASL: names, keys and units from the official README (iamgarcia/msasl-video-downloader, MS-ASL/): start_time is
# start / fps, box [y0, x0, y1, x1] as shares, urls with and without scheme; text is the class's word, clean_text not
# always.


@layout
def msasl(raw: Path) -> None:
    """Four rows in three files; two rows of test are alike, as in the release."""
    usual = {"signer": 0, "height": 360.0, "width": 640.0, "fps": 30.0, "box": [0.05, 0.2, 1.0, 0.7], "file": "made up"}

    def row(word: str, label: int, url: str, start: int, end: int, **changes: object) -> dict:
        times = {"start": start, "end": end, "start_time": start / 30, "end_time": end / 30}
        names = {"org_text": word.upper(), "clean_text": word, "text": word, "label": label, "signer_id": 3, "url": url}
        return usual | times | names | changes

    beer = row("beer", 2, "www.youtube.com/watch?v=BBBBBBBBBB1", 0, 30)
    files = {
        "train": [row("help", 1, f"{_YOUTUBE}BBBBBBBBBB2&t=54s", 30, 45)],
        "val": [row("clear", 0, f"{_YOUTUBE}BBBBBBBBBB3", 600, 660, text="bright")],
        "test": [beer, beer | {"review": 1}],
    }
    for name, rows in files.items():
        text(raw / "msasl" / f"MSASL_{name}.json", json.dumps(rows))
    text(raw / "msasl" / "MSASL_classes.json", json.dumps(["bright", "help", "beer"]))
    for name in ("BBBBBBBBBB1", "BBBBBBBBBB2"):
        data(raw / "msasl" / "videos" / "youtube" / f"{name}.mp4", video(2.0))


# ---- NMFs-CSL: frames and csv lists from FangyunWei/SLRT (NLA-SLR), insider lists and labels from MASA
# (sakura2233565548/MASA). Clip names are made up; no word list is known.

_NMFS = [("0/clipA", 0, "train"), ("609/clipC", 609, "train"), ("610/clipD", 610, "train")]
_NMFS += [("0/clipB", 0, "test"), ("610/clipE", 610, "test"), ("1066/clipF", 1066, "test")]


def _nmfs(folder: Path) -> None:
    for clip, _, _ in _NMFS:
        frames(folder / "jpg_video" / clip, "image_{:05d}.jpg", range(1, 7))


def _nmfs_lines(split: str, line: str) -> str:
    return "".join(line.format(clip=clip, label=label) for clip, label, in_split in _NMFS if in_split == split)


@layout
def nmfs_csl(raw: Path) -> None:
    """The release, seen from inside its folder."""
    _nmfs(raw / "nmfs_csl")
    for split in ("train", "test"):
        text(raw / "nmfs_csl" / f"uni_{split}list01.csv", _nmfs_lines(split, "{clip},{label}\n"))


@layout
def nmfs_csl_outer(raw: Path) -> None:
    """The release with its folder NMFs-CSL_video; lists with BOM and CRLF."""
    top = raw / "nmfs_csl" / "NMFs-CSL_video"
    _nmfs(top)
    for split in ("train", "test"):
        text(top / f"uni_{split}list01.csv", _nmfs_lines(split, "{clip},{label}\r\n"), "utf-8-sig")


@layout
def nmfs_csl_insider(raw: Path) -> None:
    """Lists of videos; those of test name no label."""
    _nmfs(raw / "nmfs_csl")
    text(raw / "nmfs_csl" / "traintestlist" / "trainlist01.txt", _nmfs_lines("train", "{clip}.avi {label}\n"))
    text(raw / "nmfs_csl" / "traintestlist" / "testlist01.txt", _nmfs_lines("test", "{clip}.avi\n"))


@layout
def nmfs_csl_mirror(raw: Path) -> None:
    """A mirror's renamed lists, with a word list."""
    _nmfs(raw / "nmfs_csl")
    for split in ("train", "test"):
        text(raw / "nmfs_csl" / f"{split}.txt", _nmfs_lines(split, "jpg_video/{clip} {label}\n"))
    text(raw / "nmfs_csl" / "gloss.txt", "".join(f"{label} 词{label}\n" for label in range(1067)))


# ---- SLR500: names and counts from AI4Bharat/OpenHands (csl_metadata), the older release from 0aqz0/SLR (dataset.py).

_SIGNERS = ("P01", "P36", "P37", "P50")
_SLR_WORDS = [f"词{number:03d}" for number in range(500)]


@layout
def slr500(raw: Path) -> None:
    """The release of 2018: no lists; of class 468 two signers are absent; the words in UTF-8 with CRLF."""
    for label in (0, 20, 468):
        for signer in _SIGNERS[: 2 if label == 468 else 4]:
            a, b = label // 20 + 1, label % 20
            name = f"{label:03d}/{signer}_{a:02d}_{b:02d}_0._color.mp4"
            data(raw / "slr500" / "color_video_125000" / name, video(1.0))
    text(raw / "slr500" / "gloss_label.txt", "".join(f"{word}\r\n" for word in _SLR_WORDS))


@layout
def slr500_xf500(raw: Path) -> None:
    """The older release: folders of six digits, avi files, dictionary.txt with a tab."""
    for label in (0, 499):
        for signer in _SIGNERS:
            name = f"{label:06d}/{signer}_25_19_0_color.avi"
            data(raw / "slr500" / "xf500_color_video" / name, video(1.0))
    text(raw / "slr500" / "dictionary.txt", "".join(f"{i:06d}\t{word}\r\n" for i, word in enumerate(_SLR_WORDS)))


@layout
def slr500_frames(raw: Path) -> None:
    """Frame folders below folders named by the word."""
    for signer in _SIGNERS:
        folder = raw / "slr500" / "[fram_cut]slr500_rgb" / _SLR_WORDS[3] / f"{signer}_01_03_0_color"
        frames(folder, "{:06d}.jpg", range(1, 6))
    text(raw / "slr500" / "gloss_label.txt", "".join(f"{word}\n" for word in _SLR_WORDS))


@layout
def slr500_mirror(raw: Path) -> None:
    """A mirror's lists."""
    for name in ("P01_01_00_0._color.mp4", "P37_01_00_0._color.mp4"):
        data(raw / "slr500" / "color" / "000" / name, video(1.0))
    text(raw / "slr500" / "train.txt", "color/000/P01_01_00_0._color.mp4 0\n")
    text(raw / "slr500" / "test.txt", "color/000/P37_01_00_0._color.mp4 0\n")
    text(raw / "slr500" / "gloss.txt", "".join(f"{i} {word}\n" for i, word in enumerate(_SLR_WORDS)))


# ---- Phoenix14: tree and tables from hulianyuyy/CorrNet, FangyunWei/SLRT and VIPL-SLP/VAC; the 16-frame clip is real.

_SHORT = "13April_2011_Wednesday_tagesschau_default-14"


@layout
def phoenix14(raw: Path) -> None:
    """phoenix-2014.v3: multi-signer and SI5, frames counted from 0, two spaces in an annotation."""
    top = raw / "phoenix14" / "phoenix2014-release"
    many = " ".join(f"WORT{number}" for number in range(15))
    heute, abend = "01April_2010_Thursday_heute_default-0", "01April_2010_Thursday_tagesschau_default-7"
    sets = {
        ("phoenix-2014-multisigner", "{}.corpus.csv"): {
            "train": [(heute, "Signer04", "MORGEN  KALT"), (_SHORT, "Signer05", many)],
            "dev": [(abend, "Signer09", "__ON__ ABEND __OFF__")],
            "test": [("01April_2010_Thursday_tagesschau_default-5", "Signer05", "SONNE")],
        },
        ("phoenix-2014-signerindependent-SI5", "{}.SI5.corpus.csv"): {
            "train": [(heute, "Signer04", "MORGEN  KALT")],
            "dev": [(_SHORT, "Signer05", many)],
            "test": [("01April_2010_Thursday_tagesschau_default-5", "Signer05", "SONNE")],
        },
    }
    for (name, table), splits in sets.items():
        for split, rows in splits.items():
            lines = "".join(f"{clip}|{clip}/1/*.png|{signer}|{glosses}\n" for clip, signer, glosses in rows)
            folder = top / name / "annotations" / "manual"
            text(folder / table.format(split), "id|folder|signer|annotation\n" + lines)
            for clip, _, _ in rows:
                stem = clip.rpartition("_default")[0]
                place = top / name / "features" / "fullFrame-210x260px" / split / clip / "1"
                frames(place, stem + ".avi_pid0_fn{:06d}-0.png", range(16 if clip == _SHORT else 8))


# ---- Phoenix14-T: header and column video from the official README; the frames' place from neccam/slt and CorrNet's
# issue 10.


@layout
def phoenix14t(raw: Path) -> None:
    """phoenix-2014-T.v3: column video says <name>/1/*.png, the frames lie in <name>/; a stray file among them."""
    top = raw / "phoenix14t" / "PHOENIX-2014-T-release-v3" / "PHOENIX-2014-T"
    rows = {
        "train": [("11August_2010_Wednesday_tagesschau-1", "JETZT WETTER", "ein satz .")],
        "dev": [("31May_2011_Tuesday_tagesschau-4295", "HEUTE", "noch ein satz ü .")],
        "test": [("25October_2010_Monday_tagesschau-22", "REGION", "auch ein satz .")],
    }
    manual = top / "annotations" / "manual"
    for split, listed in rows.items():
        table = "name|video|start|end|speaker|orth|translation\n"
        for name, orth, translation in listed:
            table += f"{name}|{name}/1/*.png|-1|-1|Signer08|{orth}|{translation}\n"
            frames(top / "features" / "fullFrame-210x260px" / split / name, "images{:04d}.png", range(1, 9))
        text(manual / f"PHOENIX-2014-T.{split}.corpus.csv", table)
    text(manual / "PHOENIX-2014-T.train-complex-annotation.corpus.csv", table)
    stray = "31May_2011_Tuesday_tagesschau-4295/createDnnTrainingLabels-profile.py.lprof"
    data(top / "features" / "fullFrame-210x260px" / "dev" / stray, b"stray")


# ---- CSL-Daily: lists and frames from hulianyuyy/CorrNet (preprocess), the other root from FangyunWei/SLRT. split_1
# has S000005_P0004_T00 where video_map.txt and the frames have S000007_P0003_T00; some jpgs are broken.


def _csl_daily(raw: Path, root: str) -> None:
    rows = [("S000000_P0000_T00", 10, "train"), ("S000000_P0004_T00", 12, "train"), ("S000007_P0003_T00", 11, "train")]
    rows += [("S000020_P0000_T00", 9, "dev"), ("S000020_P0004_T00", 9, "test")]
    table, splits = "index|name|length|gloss|char|word|postag\n", "name|split\n"
    for index, (name, length, split) in enumerate(rows):
        table += f"{index}|{name}|{length}|甲 乙|甲 乙 。|甲 乙 。|n n w\n"
        splits += f"{name.replace('S000007_P0003', 'S000005_P0004')}|{split}\n"
        frames(raw / "csl_daily" / root / name, "{:06d}.jpg", range(length))
    broken = raw / "csl_daily" / root / "S000000_P0004_T00" / "000005.jpg"
    broken.write_bytes(broken.read_bytes()[:100])
    text(raw / "csl_daily" / "sentence_label" / "video_map.txt", table)
    text(raw / "csl_daily" / "sentence_label" / "split_1.txt", splits)


@layout
def csl_daily(raw: Path) -> None:
    """The authors' root of frames."""
    _csl_daily(raw, "sentence/frames_512x512")


@layout
def csl_daily_other_root(raw: Path) -> None:
    """The root of frames as others unpack it."""
    _csl_daily(raw, "sentence_frames-512x512")


# ---- How2Sign: header and real ids from how2sign_realigned_test.csv (FangyunWei/SLRT), zips and trees from
# download_how2sign.sh (how2sign/how2sign.github.io). SENTENCE_ID is not unique; a cell with a quote is quoted.

_HOW2SIGN = {
    "train": [("AAAAAAAAAA2", 3, 0, 0.0, 0.9, "Made up."), ("AAAAAAAAAA2", 3, 1, 1.0, 1.9, "Made up.")],
    "val": [("AAAAAAAAAA1", 8, 0, 0.1, 1.9, "Made up.")],
    "test": [
        ("G25fic3QxDk", 10, 0, 0.26, 1.72, "The same sentence."),
        ("G25fic3QxDk", 5, 0, 0.29, 1.56, '"He said, ""go""."'),
        ("g0yUlOaqL6k", 3, 17, 136.83, 141.04, "Beyond the end."),
    ],
}


def _how2sign_table(split: str) -> str:
    header = "VIDEO_ID\tVIDEO_NAME\tSENTENCE_ID\tSENTENCE_NAME\tSTART_REALIGNED\tEND_REALIGNED\tSENTENCE\n"
    return header + "".join(
        f"{name}\t{name}-{signer}-rgb_front\t{name}_{k}\t{name}_{k}-{signer}-rgb_front\t{start}\t{end}\t{sentence}\n"
        for name, signer, k, start, end, sentence in _HOW2SIGN[split]
    )


def _how2sign_videos(split: str, whole: bool) -> set[str]:
    rows = [(name if whole else f"{name}_{k}", signer) for name, signer, k, *_ in _HOW2SIGN[split]]
    return {f"{name}-{signer}-rgb_front.mp4" for name, signer in rows}


@layout
def how2sign(raw: Path) -> None:
    """As SignScale fetches it: tables, zips of raw_videos/ (val, test), train unpacked."""
    for split in _HOW2SIGN:
        text(raw / "how2sign" / f"how2sign_realigned_{split}.csv", _how2sign_table(split))
        if split == "train":
            for name in _how2sign_videos(split, whole=True):
                data(raw / "how2sign" / "videos" / "train" / name, video(2.0))
            continue
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name in sorted(_how2sign_videos(split, whole=True)):
                archive.writestr(zipfile.ZipInfo(f"raw_videos/{name}"), video(2.0))
        data(raw / "how2sign" / f"{split}_raw_videos.zip", packed.getvalue())


def _how2sign_tree(raw: Path, levels: tuple[str, ...]) -> None:
    for split in _HOW2SIGN:
        table = f"text/en/raw_text/re_aligned/how2sign_realigned_{split}.csv"
        text(raw / "how2sign" / "sentence_level" / split / table, _how2sign_table(split))
        for level in levels:
            for name in _how2sign_videos(split, whole=level == "video_level"):
                data(raw / "how2sign" / level / split / "rgb_front" / "raw_videos" / name, video(2.0))


@layout
def how2sign_official_tree(raw: Path) -> None:
    """The tree that download_how2sign.sh leaves, whole videos and sentence clips."""
    _how2sign_tree(raw, ("video_level", "sentence_level"))


@layout
def how2sign_clips_alone(raw: Path) -> None:
    """The same tree where only the sentence clips were fetched."""
    _how2sign_tree(raw, ("sentence_level",))


# ---- BOBSL: v1.4 tree from several users, v1.2 from sign-language-processing/datasets (bobsl, create_index). The
# damaged episode's name is real, the others are made up. Cues aligned to the sound lead the signing by about 2.7 s.

_EPISODES = {"train": "5976836975695491321", "val": "1000000000000000002", "test": "1000000000000000003"}


def _vtt(start: float) -> str:
    cues = [(start, start + 1.2, "First cue."), (start + 1.2, start + 2.4, "Second\ncue.")]
    return "WEBVTT\n\n" + "".join(f"00:00:{a:06.3f} --> 00:00:{b:06.3f}\n{said}\n\n" for a, b, said in cues)


def _tar(members: dict[str, bytes], mode: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def _skeletons(episode: str) -> bytes:
    empty = json.dumps({"version": 1.3, "people": []}).encode()
    return _tar({f"{episode}/{episode}_{n:012d}_keypoints.json": empty for n in range(150)}, "w:gz")


@layout
def bobsl(raw: Path) -> None:
    """v1.4 as served: an archive of metadata, a tar of keypoints, subtitles unpacked; one episode aligned by hand."""
    folder, top = raw / "bobsl", "bobsl/v1.4"
    episodes = json.dumps({split: [name] for split, name in _EPISODES.items()} | {"challenge_test": []}).encode()
    metadata = {f"{top}/original_data/metadata/subset2episode.json": episodes}
    data(folder / "bobsl_v1_4_metadata.tar.gz", _tar(metadata, "w:gz"))
    keypoints = {f"{top}/features/keypoints/{name}.tar.gz": _skeletons(name) for name in _EPISODES.values()}
    data(folder / "bobsl_v1_4_features_keypoints.tar", _tar(keypoints, "w"))
    automatic = folder / top / "automatic_annotations" / "signing_aligned_subtitles"
    for name in _EPISODES.values():
        text(automatic / "audio_aligned_heuristic_correction" / f"{name}.vtt", _vtt(0.0))
    text(automatic / "auto_sat_aligned" / f"{_EPISODES['val']}.vtt", _vtt(2.4))
    text(automatic / "auto_sat_aligned" / f"{_EPISODES['test']}.vtt", _vtt(2.4))
    manual = folder / top / "manual_annotations" / "signing_aligned_subtitles"
    text(manual / f"{_EPISODES['test']}.vtt", _vtt(2.5))


@layout
def bobsl_v1_2(raw: Path) -> None:
    """v1.2, unpacked."""
    folder = raw / "bobsl"
    text(folder / "subset2episode.json", json.dumps({split: [name] for split, name in _EPISODES.items()}))
    for name in _EPISODES.values():
        data(folder / "pose" / f"{name}.tar.gz", _skeletons(name))
        text(folder / "subtitles" / "audio-aligned" / f"{name}.vtt", _vtt(0.1))
    text(folder / "subtitles" / "audio-aligned-heuristic-correction" / f"{_EPISODES['val']}.vtt", _vtt(0.0))
    text(folder / "subtitles" / "manually-aligned" / f"{_EPISODES['test']}.vtt", _vtt(2.5))


if __name__ == "__main__":
    for name, write in LAYOUTS.items():
        write(Path(sys.argv[1]) / name)
