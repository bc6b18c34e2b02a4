"""Time and memory of building all nine manifests at the size of SL-1.5M, from generated annotations; prints JSON.

    python benchmarks/manifests_full_scale.py [--samples 1563701] [--bad-every 1000]

Annotations of made-up content are written in every published layout, official sizes throughout and as many subtitles in
BOBSL as the samples asked for need; every `--bad-every`-th row is broken. What is timed starts at those files: parsing,
setting bad rows aside, both views' rows, and the manifests. Each corpus runs in a process of its own, as in the
workflow, and the largest one's memory is told.
"""

import argparse
import json
import multiprocessing
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from signscale.corpora import load_corpus
from signscale.corpora.audit import PAPER_CORPORA, PAPER_SAMPLES
from signscale.corpora.parts import with_other_views
from signscale.formats.sample import read_manifest, write_manifest

SPLITS = ("train", "dev", "test")
PUBLISHED = {"train": "train", "dev": "val", "test": "test"}
WORDS = ("rain", "wind", "north", "apple", "today", "tomorrow", "cloud", "friend", "school", "river")
CUES_AN_EPISODE = 600


def sentence(number: int) -> str:
    """Six words that differ from number to number."""
    return " ".join(WORDS[(number // 10**place) % 10] for place in range(6)) + f" {number}"


def write(path: Path, content: str) -> None:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def rows(corpus: str) -> Iterator[tuple[str, int]]:
    """(split, running number) for every published clip."""
    number = 0
    for split in SPLITS:
        for _ in range(load_corpus(corpus).official.get(split, 0)):
            yield split, number
            number += 1


def wlasl(folder: Path, bad: int) -> None:
    """WLASL_v0.3.json with 2,000 glosses."""
    glosses = [{"gloss": f"word{label}", "instances": []} for label in range(2000)]
    for split, n in rows("wlasl"):
        broken = n % bad == bad - 1
        glosses[n % 2000]["instances"].append(
            {
                "bbox": [10, 20, 300, 400], "fps": 25, "frame_start": 1, "frame_end": 0 if broken else -1,
                "instance_id": n, "signer_id": n % 119, "source": "made", "split": PUBLISHED[split],
                "url": f"http://example.org/{n}.mp4", "variation_id": 0, "video_id": f"{n:05d}",
            }
        )  # fmt: skip
    write(folder / "WLASL_v0.3.json", json.dumps(glosses))


def msasl(folder: Path, bad: int) -> None:
    """MSASL_{train,val,test}.json."""
    lists = {split: [] for split in SPLITS}
    for split, n in rows("msasl"):
        lists[split].append(
            {
                "clean_text": f"word{n % 1000}", "start_time": 1.0, "end_time": 0.5 if n % bad == bad - 1 else 3.0,
                "signer_id": n % 222, "start": 30, "end": 90, "label": n % 1000, "fps": 30.0,
                "url": f"https://www.youtube.com/watch?v={n:011d}", "box": [0.0, 0.1, 1.0, 0.9],
            }
        )  # fmt: skip
    for split, content in lists.items():
        write(folder / f"MSASL_{PUBLISHED[split]}.json", json.dumps(content))


def listed(corpus: str, classes: int, folder: Path, bad: int) -> None:
    """train.txt, test.txt and gloss.txt."""
    lines = {"train": [], "test": []}
    for split, n in rows(corpus):
        lines[split].append(
            f"color/{n % classes:04d}/P{n % 50:02d}_{n}.avi" + ("" if n % bad == bad - 1 else f" {n % classes}")
        )
    for split, content in lines.items():
        write(folder / f"{split}.txt", "\n".join(content))
    write(folder / "gloss.txt", "\n".join(f"{label}\t词{label}" for label in range(classes)))


def phoenix(corpus: str, folder: Path, bad: int) -> None:
    """The corpus.csv files of Phoenix14 or Phoenix14-T."""
    from signscale.corpora import phoenix14, phoenix14t

    module = {"phoenix14": phoenix14, "phoenix14t": phoenix14t}[corpus]
    lines = {split: ["|".join(module.COLUMNS)] for split in SPLITS}
    middle = "|" if corpus == "phoenix14" else "|-1|-1|"
    end = "" if corpus == "phoenix14" else "|{}"
    for split, n in rows(corpus):
        name = f"01April_2010_Thursday_heute-{n}"
        line = f"{name}|{name}/*.png{middle}Signer0{n % 9}|{sentence(n).upper()}" + end.format(sentence(n))
        lines[split].append(line + "|extra" * (n % bad == bad - 1))
    for split, path in module.FILES.items():
        write(folder / path, "\n".join(lines[split]))


def csl_daily(folder: Path, bad: int) -> None:
    """video_map.txt and split_1.txt."""
    sentences, splits = ["index|name|length|gloss|char|word|postag"], ["name|split"]
    for split, n in rows("csl_daily"):
        name = f"S{n:06d}_P{n % 10:04d}_T00"
        sentences.append(f"{n}|{name}|{'' if n % bad == bad - 1 else 90}|我 去 {n}|我 要 去 {n}|我 要 去 {n}|r v v m")
        splits.append(f"{name}|{split}")
    write(folder / "sentence_label" / "video_map.txt", "\n".join(sentences))
    write(folder / "sentence_label" / "split_1.txt", "\n".join(splits))


def how2sign(folder: Path, bad: int) -> None:
    """The re-aligned tables."""
    from signscale.corpora.how2sign import FILES

    header = "VIDEO_ID\tVIDEO_NAME\tSENTENCE_ID\tSENTENCE_NAME\tSTART_REALIGNED\tEND_REALIGNED\tSENTENCE"
    lines = {split: [header] for split in SPLITS}
    for split, n in rows("how2sign"):
        video = f"{n // 14:011d}"
        times = "9.0\t1.0" if n % bad == bad - 1 else "1.0\t6.0"
        lines[split].append(f"{video}\t{video}-5-rgb_front\t{video}_{n}\t{video}_{n}-5\t{times}\t{sentence(n)}")
    for split, name in FILES.items():
        write(folder / name, "\n".join(lines[split]))


def bobsl(folder: Path, bad: int, cues: int) -> None:
    """One .vtt an episode, and the list of episodes."""
    count = -(-cues // CUES_AN_EPISODE)
    episodes = [f"{5_000_000_000_000_000_000 + episode}" for episode in range(count)]
    for index, episode in enumerate(episodes):
        blocks = ["WEBVTT"]
        for n in range(index * CUES_AN_EPISODE, min((index + 1) * CUES_AN_EPISODE, cues)):
            start = (n % CUES_AN_EPISODE) * 4
            torn = "" if n % bad == bad - 1 else f"{(start + 3) // 60:02d}:{(start + 3) % 60:02d}.500"
            blocks.append(f"00:{start // 60:02d}:{start % 60:02d}.000 --> 00:{torn}\n{sentence(n)}")
        write(folder / "subtitles" / "audio-aligned-heuristic-correction" / f"{episode}.vtt", "\n\n".join(blocks))
    write(folder / "subset2episode.json", json.dumps({"train": episodes, "val": [], "test": []}))


def official_rows(corpus: str) -> int:
    """Rows of a corpus by its official sizes: what is pre-trained on once a view, the rest once."""
    facts = load_corpus(corpus)
    views = {split: len(facts.views) if split in facts.pretrain_splits else 1 for split in SPLITS}
    return sum(facts.official.get(split, 0) * views[split] for split in SPLITS)


def generate(raw: Path, bad: int, samples: int) -> None:
    """Annotations of all nine corpora, so that their views make `samples` rows, bad ones included."""
    wlasl(raw / "wlasl", bad)
    msasl(raw / "msasl", bad)
    listed("nmfs_csl", 1067, raw / "nmfs_csl", bad)
    listed("slr500", 500, raw / "slr500", bad)
    for corpus in ("phoenix14", "phoenix14t"):
        phoenix(corpus, raw / corpus, bad)
    csl_daily(raw / "csl_daily", bad)
    how2sign(raw / "how2sign", bad)
    others = sum(official_rows(corpus) for corpus in PAPER_CORPORA)
    if samples <= others:
        raise SystemExit(f"--samples: the eight corpora of known size make {others} already; ask for more")
    bobsl(raw / "bobsl", bad, samples - others)


def build(corpus: str, raw: Path, manifests: Path, told: multiprocessing.Queue) -> None:
    """Build one manifest and read it back; tells rows, seconds and the process's peak memory."""
    started = time.perf_counter()
    count = write_manifest(manifests / f"{corpus}.parquet", with_other_views(load_corpus(corpus).samples(raw)))
    written = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read_back = len(read_manifest(manifests / f"{corpus}.parquet"))
    told.put(
        {
            "corpus": corpus, "rows": count, "seconds": round(written - started, 2),
            "memory_mib": memory // 1024, "read_seconds": round(time.perf_counter() - written, 2),
            "read_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "same_number_read": read_back == count,
        }
    )  # fmt: skip


def main() -> None:
    """Generate, build, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=PAPER_SAMPLES)
    parser.add_argument("--bad-every", type=int, default=1000)
    asked = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        raw, manifests = Path(folder) / "raw", Path(folder) / "manifests"
        generate(raw, asked.bad_every, asked.samples)
        built = []
        for corpus in PAPER_CORPORA:
            print(corpus, file=sys.stderr)
            told = context.Queue()
            process = context.Process(target=build, args=(corpus, raw, manifests, told))
            process.start()
            built.append(told.get())
            process.join()
        size = sum(path.stat().st_size for path in manifests.iterdir())
    result = {
        "rows_asked": asked.samples, "rows": sum(part["rows"] for part in built),
        "seconds": round(sum(part["seconds"] for part in built), 2),
        "memory_mib": max(part["memory_mib"] for part in built),
        "read_seconds": round(sum(part["read_seconds"] for part in built), 2),
        "read_memory_mib": max(part["read_memory_mib"] for part in built),
        "manifests_mib": round(size / 2**20, 1), "cores": os.cpu_count(), "machine": platform.machine(),
        "corpora": built,
    }  # fmt: skip
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
