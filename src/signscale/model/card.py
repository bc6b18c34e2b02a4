"""The model card: README.md of a model folder, made from its config and preprocessing alone. No date, no path."""

from pathlib import Path
from typing import Any

from signscale.formats.files import write_text
from signscale.model.preprocessing import Preprocessing

_DOES = {
    "islr": ("isolated sign recognition", "the five likeliest of {count} signs, with probabilities"),
    "cslr": ("continuous sign recognition", "the glosses signed (of {count}), each with its seconds and a confidence"),
    "slt": ("sign language translation", "a sentence, with its score"),
    "retrieval": ("sign-text retrieval", "for a sentence the clips that show it, and for a clip its sentences"),
}
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

## Limits

It knows the signs, signers, sign languages and cameras it was trained on; others may be read wrongly and with high
confidence. Do not use it where an error harms somebody. The weights come under the terms of the data named above.
"""


def _gives(config: dict[str, Any]) -> tuple[str, str, str]:
    """Tag, what it gives, and the line of Python that uses it."""
    if config["kind"] == "pretrain":
        return "feature-extraction", "features of every frame, to build on", 'print(model.features("clip.mp4").shape)'
    tag, gives = _DOES[config["task"]]
    use = 'print(model.predict("clip.mp4"))'
    if config["task"] == "retrieval":
        use = 'print(model.text_windows("a sentence").shape)  # or: signscale index, signscale search'
    return tag.replace(" ", "-"), gives.format(count=len(config["vocabulary"] or ())), use


def _trained(config: dict[str, Any]) -> str:
    if config["kind"] == "pretrain":
        return ", ".join(f"{name} ({clips} clips)" for name, clips in config["corpora"].items())
    start = "the pre-trained encoder" if config["init"] == "pretrained" else "random weights"
    spoken = ", ".join(config["languages"])
    few = f"{config['shots']} labelled a class of " if config.get("shots") else ""
    return f"{few}{config['corpus']} (benchmark {config['benchmark']}; {spoken}), from {start}, seed {config['seed']}"


def model_card(config: dict[str, Any], preprocessing: Preprocessing) -> str:
    """The text of the card."""
    tag, gives, use = _gives(config)
    of = (
        "encoder, pre-trained" if config["kind"] == "pretrain" else f"{config['benchmark']}: {_DOES[config['task']][0]}"
    )
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
    )


def save_card(folder: Path, config: dict[str, Any], preprocessing: Preprocessing) -> None:
    """Write the card into a model folder."""
    write_text(folder / "README.md", model_card(config, preprocessing))
