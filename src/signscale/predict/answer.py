"""`signscale predict`: files in, one answer per file, for people to read and as JSON lines.

Separate processes estimate the keypoints while this one imports torch and reads the model; both take seconds. So
everything that is slow to import is imported after those processes have started.
"""

import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signscale.errors import SignScaleError
from signscale.formats.files import check_writable, write_text
from signscale.model.preprocessing import load_preprocessing
from signscale.predict.estimation import opened
from signscale.predict.wording import describe

if TYPE_CHECKING:
    from signscale.formats.shard import Clip
    from signscale.predict.model import SignScale

logger = logging.getLogger(__name__)


def predict_files(
    clips: list[Path], folder: Path, task: str | None, out: Path | None, overlay: Path | None = None
) -> None:
    """Print the answers. A clip that cannot be used is named and counted; the others are still answered.

    out: one JSON line per clip. overlay: of a single video, itself with the skeleton and the answer (.mp4). Raises
    SignScaleError on a model of another task than `task`, and at the end if clips were excluded.
    """
    for wanted in filter(None, (out, overlay)):
        check_writable(wanted)
    if overlay:
        from signscale.predict import overlay as pictures

        pictures.check_wanted(overlay, clips)
    preprocessing = load_preprocessing(folder)
    with opened(clips, preprocessing) as sources:
        from signscale.predict.model import SignScale

        model = SignScale.from_pretrained(folder)
        if task and model.task != task:
            raise SignScaleError(f"{folder}: a model of {model.task}, not of {task}; give another --model")
        model.check_predicts()
        if overlay:
            sources = list(sources)
        answers = _answer_all(model, sources, len(clips), out)
        if overlay:
            ((video, clip),) = sources
            pictures.write_answer(overlay, video, clip, answers[0], preprocessing.longest_side)


def _answer_all(
    model: "SignScale", sources: "Iterable[tuple[Path, Path | Clip | SignScaleError]]", count: int, out: Path | None
) -> list[dict[str, Any]]:
    """Answer every clip as soon as its keypoints are ready; returns the answers, and writes them even if stopped."""
    answers, aside = [], 0
    try:
        for _, source in sources:
            try:
                if isinstance(source, SignScaleError):
                    raise source
                answers.append(model.predict(source))
            except SignScaleError as error:
                aside += 1
                logger.warning(f"predict: excluded: {error}")
            else:
                print(*describe(answers[-1], alone=count == 1), sep="\n", flush=True)
    finally:
        if out and answers:
            write_text(out, "".join(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers))
    if aside:
        raise SignScaleError(f"predict: {aside} of {count} clips excluded")
    return answers
