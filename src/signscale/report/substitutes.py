"""Which parts of the paper's set-up were replaced, told wherever a figure stands."""


def substitutes(by_mediapipe: bool, encoder: str) -> list[str]:
    """A line for each part. by_mediapipe: keypoints are MediaPipe's; encoder: of the text, as params name it."""
    lines = []
    if by_mediapipe:
        lines.append("MediaPipe stands in for HRNet + DARK and InterWild")
    if "minilm" in encoder.lower():
        lines.append("MiniLM stands in for mBART")
    return lines
