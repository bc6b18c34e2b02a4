"""What `signscale predict` prints of an answer, and draws on the video."""

from typing import Any

from signscale.tasks import load_task


def describe(answer: dict[str, Any], alone: bool) -> list[str]:
    """An answer as lines of text; with several clips, each line begins with the clip's name."""
    lines = [] if alone else [f"{answer['clip']}:"]
    first, end = answer["seen"]
    if end - first < answer["frames"]:
        lines.append(f"(only the middle {end - first} of {answer['frames']} frames are seen: cut the clip into parts)")
    return lines + load_task(answer["task"]).describe(answer)
