"""`signscale predict`: files in, an answer a file, for people to read and as JSON lines.

The keypoints of videos are estimated in processes of their own while torch is imported and the model read: both take
seconds. So whatever takes long to import is imported after those have begun.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signscale.errors import SignScaleError
from signscale.files import write_text
from signscale.model.preprocessing import load_preprocessing
from signscale.predict.estimation import estimating

if TYPE_CHECKING:
    from signscale.predict.model import SignScale
    from signscale.store.shard import Clip


def predict_files(
    clips: list[Path], folder: Path, task: str | None, out: Path | None, overlay: Path | None = None
) -> None:
    """Print the answers; a clip that cannot be used is named and counted, the rest goes on.

    out: a JSON line a clip. overlay: of a single video, itself with the skeleton and the answer (.mp4). Raises
    SignScaleError on a model of another task than `task`, and at the end if clips were set aside.
    """
    if overlay:
        from signscale.predict import overlay as pictures

        pictures.check_wanted(overlay, clips)
    preprocessing = load_preprocessing(folder)
    videos = [clip for clip in dict.fromkeys(clips) if clip.suffix != ".pose" and clip.is_file()]
    with estimating(videos, preprocessing) as results:
        from signscale.predict.model import SignScale

        model = SignScale.from_pretrained(folder)
        if task and model.task != task:
            raise SignScaleError(f"{folder}: a model of {model.task}, not of {task}; give another --model")
        model.check_predicts()
        found = _found(videos, results)
        answers = _answer_all(model, clips, found, out)
        if overlay:
            pictures.write_answer(overlay, clips[0], found(clips[0]), answers[0], preprocessing.longest_side)


def _found(
    videos: list[Path], results: Iterator[tuple[int, "Clip | SignScaleError"]]
) -> Callable[[Path], "Clip | Path | SignScaleError"]:
    """What gives the keypoints of a video or why there are none, waiting for them, and any other path as it is."""
    made: dict[Path, Clip | SignScaleError] = {}

    def found(path: Path) -> "Clip | Path | SignScaleError":
        while path in videos and path not in made:
            index, outcome = next(results)
            made[videos[index]] = outcome
        return made.get(path, path)

    return found


def _answer_all(
    model: "SignScale", clips: list[Path], found: Callable[[Path], Any], out: Path | None
) -> list[dict[str, Any]]:
    """Answer every clip as its keypoints come; returns the answers."""
    answers, aside = [], 0
    for clip in clips:
        source = found(clip)
        try:
            if isinstance(source, SignScaleError):
                raise source
            answers.append(model.predict(source))
        except SignScaleError as error:
            aside += 1
            print(f"predict: set aside: {error}", file=sys.stderr)
        else:
            print(*told(answers[-1], alone=len(clips) == 1), sep="\n", flush=True)
    if out:
        write_text(out, "".join(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers))
    if aside:
        raise SignScaleError(f"predict: {aside} of {len(clips)} clips set aside")
    return answers


def told(answer: dict[str, Any], alone: bool) -> list[str]:
    """An answer as lines of text; of several clips each begins with its name."""
    lines = [] if alone else [f"{answer['clip']}:"]
    first, end = answer["seen"]
    if end - first < answer["frames"]:
        lines.append(f"(only the middle {end - first} of {answer['frames']} frames are seen: cut the clip into parts)")
    if answer["task"] == "islr":
        return lines + [f"{one['probability']:6.1%}  {one['label']}" for one in answer["top"]]
    if answer["task"] == "slt":
        return [*lines, f"{answer['text'] or '(nothing)'}  (score {answer['score']:.2f} a token)"]
    lines.append(f"{answer['text'] or '(nothing)'}  (probability {answer['probability']:.1%})")
    return lines + [
        f"{one['probability']:6.1%}  {one['seconds'][0]:6.2f} - {one['seconds'][1]:.2f} s  {one['gloss']}"
        for one in answer["glosses"]
    ]
