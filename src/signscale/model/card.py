"""The model card: README.md of a model folder, made from its config and preprocessing alone. No date, no path.

That of a pre-trained encoder lists its corpora with their licences, and has a place for what it is worth from one
labelled clip a sign, which is measured afterwards (`with_one_shot`).
"""

from pathlib import Path
from typing import Any, Protocol

from signscale.corpora import load_corpus, names
from signscale.errors import SignScaleError
from signscale.formats.files import write_text
from signscale.model.preprocessing import Preprocessing

_SUBSTITUTES = {"mediapipe": "MediaPipe Holistic, which stands in for the paper's HRNet + DARK and InterWild"}

_CARD = """\
---
library_name: signscale
tags: [sign-language, pose, {tag}]
---
# {title}

A model of [SignScale](https://arxiv.org/abs/2408.08544), the open implementation of SL-1.5M. It sees keypoints, never
pixels: {nodes} of the 133 COCO-WholeBody points in each frame.

- Gives: {gives}
- Trained on: {trained}
- Keypoints: {keypoints}
- Clips: at most {max_frames} frames (of a longer clip the middle); training clips ran at {fps:g} frames a second

```python
from signscale import SignScale

model = SignScale.from_pretrained("FOLDER")
{use}
```
{measured}
## Limits

It knows the signs, signers, sign languages and cameras it was trained on; others may be read wrongly and with high
confidence. Do not use it where an error harms somebody. The weights come under the terms of the data named above.
"""

_DATA = """
## Data

| corpus | licence | clips | hours |
|---|---|---|---|
{rows}

Hours are frames over frame rate; where an archive names no rate, 20 frames a second are assumed.

## From one labelled clip a sign

{one_shot}
"""

_NOT_MEASURED = "Not measured for this model."


class Described(Protocol):
    """What the card asks of a task (signscale.tasks.task.Task)."""

    words: str
    gives: str
    searches: bool


def _gives(config: dict[str, Any], task: Described | None) -> tuple[str, str, str]:
    """Tag, what it gives, and the line of Python that uses it."""
    if task is None:
        return "feature-extraction", "features of every frame, to build on", 'print(model.features("clip.mp4").shape)'
    use = 'print(model.predict("clip.mp4"))'
    if task.searches:
        use = 'print(model.text_windows("a sentence").shape)  # or: signscale index, signscale search'
    return task.words.replace(" ", "-"), task.gives.format(count=len(config["vocabulary"] or ())), use


def _trained(config: dict[str, Any]) -> str:
    if config["kind"] == "pretrain":
        clips, hours = sum(config["corpora"].values()), sum(config["hours"].values())
        return f"{clips:,} clips, {hours:.2f} hours of signing; see Data"
    start = "the pre-trained encoder" if config["init"] == "pretrained" else "random weights"
    spoken = ", ".join(config["languages"])
    few = f"{config['shots']} labelled a class of " if config.get("shots") else ""
    return f"{few}{config['corpus']} (benchmark {config['benchmark']}; {spoken}), from {start}, seed {config['seed']}"


def _data(config: dict[str, Any]) -> str:
    """The sections of a pre-trained encoder on its corpora, and on what it is worth; empty for another model."""
    if config["kind"] != "pretrain":
        return ""
    rows = []
    for name, clips in config["corpora"].items():
        licence, title = "not known here", name
        if name in names():
            licence, title = load_corpus(name).licence, f"{name}: {load_corpus(name).title}"
        rows.append(f"| {title} | {licence} | {clips:,} | {config['hours'][name]:.2f} |")
    return _DATA.format(rows="\n".join(rows), one_shot=_NOT_MEASURED)


def with_one_shot(card: str, figures: str) -> str:
    """The card of a pre-trained encoder with what was measured of it from one labelled clip a sign, as Markdown.

    Raises SignScaleError if the card has no place for it.
    """
    if card.count(_NOT_MEASURED) != 1:
        raise SignScaleError("no place for one-shot results in this card; they belong to a pre-trained encoder")
    return card.replace(_NOT_MEASURED, figures.strip())


def model_card(config: dict[str, Any], preprocessing: Preprocessing, task: Described | None = None) -> str:
    """The text of the card; without a task that of a pre-trained encoder."""
    tag, gives, use = _gives(config, task)
    of = f"{config['benchmark']}: {task.words}" if task else "encoder, pre-trained"
    estimators = [f"{_SUBSTITUTES.get(one.name, one.name)} ({one.version})" for one in preprocessing.estimators]
    return _CARD.format(
        tag=tag,
        title=f"SignScale, {of}",
        nodes=len(preprocessing.nodes),
        gives=gives,
        trained=_trained(config),
        keypoints="; ".join(estimators),
        max_frames=preprocessing.max_frames,
        fps=preprocessing.fps,
        use=use,
        measured=_data(config),
    )


def save_card(
    folder: Path, config: dict[str, Any], preprocessing: Preprocessing, task: Described | None = None
) -> None:
    """Write the card into a model folder."""
    write_text(folder / "README.md", model_card(config, preprocessing, task))
