"""Which parts of the paper's set-up were replaced, told wherever a figure stands."""

from signscale.keypoints.estimators import ESTIMATORS


def substitutes(keypoints: str, encoder: str) -> list[str]:
    """A line for each part. keypoints: words that name the estimators; encoder: of the text, as params name it."""
    estimators = (ESTIMATORS.load(name) for name in ESTIMATORS.names() if name in keypoints.lower())
    lines = [one.stands_in for one in estimators if one.stands_in]
    if "minilm" in encoder.lower():
        lines.append("MiniLM stands in for mBART")
    return lines
