"""BOBSL: interpreted BBC broadcasts with English subtitles. By hand: an HTTP login that the BBC grants to researchers.

Annotations: subset2episode.json (split -> episodes) and WebVTT files, one an episode. A clip is one subtitle cue; where
cues overlap, the earlier ends as the next begins; time between cues belongs to no clip. Versions 1.4 (tree bobsl/v1.4,
served as archives bobsl_v1_4_*.tar and .tar.gz, which are unpacked here) and 1.2 differ in where things lie (`Layout`).
Subtitles aligned to the signing are preferred; those aligned to the sound are moved by `SOUND_LEADS`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from signscale.corpora.annotated import AnnotatedCorpus, Place
from signscale.corpora.schema import FileName, Row, checked
from signscale.corpora.subtitles import Cue, crop, moved, read_cues
from signscale.corpora.tables import Fault, RowError, read_json
from signscale.errors import SignScaleError
from signscale.fetch.local import require_dropped
from signscale.fetch.login import HOW, fetch_login, has_address
from signscale.fetch.part import Part
from signscale.fetch.record import unpack_or_tell
from signscale.formats.files import write_text
from signscale.formats.sample import Sample
from signscale.params import AcquireParams

RELEASE_1_4 = "bobsl/v1.4"
ARCHIVES = "bobsl_v1_4_*.tar*"

SOUND_LEADS = 2.7
"""Seconds by which cues aligned to the sound come before the signing (Albanie et al., BOBSL, 2021)."""


class Layout(NamedTuple):
    """Where a version keeps its files. subtitles: (folder, seconds to add to its cues), the better first."""

    episodes: str
    subtitles: tuple[tuple[str, float], ...]
    skeletons: str


_AUTOMATIC = f"{RELEASE_1_4}/automatic_annotations/signing_aligned_subtitles"
V1_4 = Layout(
    f"{RELEASE_1_4}/original_data/metadata/subset2episode.json",
    (
        (f"{RELEASE_1_4}/manual_annotations/signing_aligned_subtitles", 0.0),
        (f"{_AUTOMATIC}/auto_sat_aligned", 0.0),
        (f"{_AUTOMATIC}/audio_aligned_heuristic_correction", SOUND_LEADS),
    ),
    f"{RELEASE_1_4}/features/keypoints",
)
V1_2 = Layout(
    "subset2episode.json",
    (
        ("subtitles/manually-aligned", 0.0),
        ("subtitles/audio-aligned-heuristic-correction", SOUND_LEADS),
        ("subtitles/audio-aligned", SOUND_LEADS),
    ),
    "pose",
)

DAMAGED = {"5976836975695491321": ((71840, 72447), (73259, 73934))}
"""Episode -> first and last frame of the parts where the video of v1.4 is damaged."""

RATE = 25.0

_SPLITS = {"train": "train", "val": "dev", "test": "test"}


def layout_of(folder: Path) -> Layout:
    """The version that is there, unpacked or not; 1.4 if there is any part of it."""
    is_new = (folder / RELEASE_1_4).is_dir() or any(folder.glob(ARCHIVES))
    return V1_4 if is_new else V1_2


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    layout = layout_of(folder)
    shifted = 0
    for split, episode in _episodes(folder, layout, faults):
        found = next((f for f in layout.subtitles if (folder / f[0] / f"{episode}.vtt").is_file()), None)
        if found is None:
            faults.append(Fault(f"{episode}.vtt", 0, "no subtitles of this episode", "rule", split))
            continue
        path, seconds = folder / found[0] / f"{episode}.vtt", found[1]
        shifted += seconds > 0
        cues = [moved(cue, seconds) for cue in read_cues(path, faults)]
        for cue in _undamaged(crop(cues, path.name, faults), episode, path.name, faults):
            yield (
                Place(path.name, cue.line),
                {"split": split, "episode": episode, "cue": cue, "skeletons": layout.skeletons},
            )
    if shifted:
        reason = f"{shifted} episodes have subtitles aligned to the sound alone; moved by {SOUND_LEADS:g} s"
        faults.append(Fault("subtitles", 0, reason, "remark"))


def _undamaged(cues: list[Cue], episode: str, file: str, faults: list[Fault]) -> list[Cue]:
    """The cues of an episode that lie in no damaged part of its video."""
    parts = [(first / RATE, (last + 1) / RATE) for first, last in DAMAGED.get(episode, ())]
    kept = []
    for cue in cues:
        if any(cue.start < end and start < cue.end for start, end in parts):
            faults.append(Fault(file, cue.line, f"episode {episode} is damaged there, as is known", "rule"))
        else:
            kept.append(cue)
    return kept


class Subsets(Row):
    """subset2episode.json; other subsets (challenge_test) have no subtitles."""

    train: list[Any]
    val: list[Any]
    test: list[Any]


class Episode(Row):
    """An episode's name, which is also the name of its files."""

    name: FileName


def _episodes(folder: Path, layout: Layout, faults: list[Fault]) -> list[tuple[str, str]]:
    """(split, episode) in published order; an episode of two splits stays in the first."""
    path = folder / layout.episodes
    try:
        published = checked(Subsets, read_json(path, dict))
    except RowError as fault:
        raise SignScaleError(f"{path}: {fault}; fetch the published file again") from None
    splits: dict[str, str] = {}
    for subset, split in _SPLITS.items():
        for index, name in enumerate(getattr(published, subset)):
            try:
                episode = checked(Episode, {"name": name}).name
            except RowError as fault:
                faults.append(Fault(path.name, index, str(fault), split=split))
                continue
            if splits.setdefault(episode, split) != split:
                faults.append(Fault(path.name, index, f"{episode} is in {splits[episode]} and in {split}"))
    return [(split, episode) for episode, split in splits.items()]


def _sample(row: dict[str, Any]) -> Sample:
    cue, episode = row["cue"], row["episode"]
    return Sample(
        sample_id=f"bobsl/{episode}/{round(cue.start * 1000):08d}", corpus="bobsl", split=row["split"],
        language="bfi", signer="", clip=f"{row['skeletons']}/{episode}.tar.gz", start=cue.start, end=cue.end, fps=RATE,
        gloss="", text=cue.text, label="", view="openpose",
    )  # fmt: skip


def _check_access(folder: Path) -> None:
    """Open to those with a login, or with the files dropped in by hand, unpacked or as archives."""
    if has_address() or any(folder.glob(ARCHIVES)):
        return
    layout = layout_of(folder)
    if layout is V1_2 and not (folder / V1_2.episodes).is_file():
        require_dropped(folder, [ARCHIVES], HOW)
    subtitles = [place for place, _ in layout.subtitles if (folder / place).is_dir()] or [layout.subtitles[0][0]]
    require_dropped(folder, [layout.episodes, subtitles[0], layout.skeletons], HOW)


def _fetch(folder: Path, settings: AcquireParams) -> None:
    """The list of episodes from behind the login, if the user has one; what is there stays."""
    if has_address() and layout_of(folder) is V1_2:
        fetch_login(folder, [V1_2.episodes], settings)


def _fetch_part(folder: Path, settings: AcquireParams, part: Part) -> None:
    """Subtitles and skeletons of the part's episodes from behind the login, if the user has one."""
    if not has_address() or layout_of(folder) is not V1_2:
        return
    episodes = part.of([episode for _, episode in _episodes(folder, V1_2, [])])
    places = [place for place, _ in V1_2.subtitles[:2]]
    fetch_login(folder, [f"{place}/{episode}.vtt" for place in places for episode in episodes], settings, part)
    fetch_login(folder, [f"{V1_2.skeletons}/{episode}.tar.gz" for episode in episodes], settings, part)


def _unpack(folder: Path) -> None:
    """The archives of v1.4 that are there, each once. A damaged one is named in a line, and the others are unpacked."""
    for archive in sorted(folder.glob(ARCHIVES)):
        done = folder / f".{archive.name}.unpacked"
        identity = f"{archive.stat().st_size} {archive.stat().st_mtime_ns}\n"
        if done.is_file() and done.read_text(encoding="utf-8") == identity:
            continue
        if unpack_or_tell(folder, archive, folder):
            write_text(done, identity)


CORPUS = AnnotatedCorpus(
    name="bobsl",
    title="BOBSL",
    access="manual",
    kind="openpose",
    licence="BBC research licence (BOBSL)",
    source="https://www.robots.ox.ac.uk/~vgg/data/bobsl/",
    language="bfi",
    rows=_rows,
    sample=_sample,
    check_access=_check_access,
    dropped=(V1_2.episodes, "subtitles", V1_4.episodes, V1_4.subtitles[0][0], _AUTOMATIC),
    fetch=_fetch,
    fetch_part=_fetch_part,
    unpack=_unpack,
    official={"train": 1_658, "dev": 32, "test": 250},
    official_of="episodes",
    official_source="BOBSL v1.4, subset2episode.json",
    picture=(444, 444),
    views=("openpose",),
)
