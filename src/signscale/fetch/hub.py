"""Files of one repository of the Hugging Face hub at one commit, checked against what the hub announces of them."""

import hashlib
import re
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

from signscale.errors import SignScaleError
from signscale.formats.files import sha256

_ANNOUNCED = re.compile("[0-9a-f]{64}|[0-9a-f]{40}")


class HubError(Exception):
    """The hub does not give a repository; the text is the reason."""


def snapshot(name: str, revision: str | None, cache: Path, wanted: list[str], **options: Any) -> Path:
    """The folder of the files of `org/name` that match `wanted`, kept in `cache`; options: of snapshot_download.

    Raises HubError if the hub does not give them, SignScaleError if the bytes of a file are not those announced.
    """
    try:
        folder = Path(snapshot_download(name, revision=revision, cache_dir=cache, allow_patterns=wanted, **options))
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        raise HubError((str(error).splitlines() or [type(error).__name__])[0]) from error
    for file in sorted(folder.iterdir()):
        _check(name, file)
    return folder


def _check(name: str, file: Path) -> None:
    """Raise SignScaleError unless a file's bytes are those the hub announced.

    Its cache names each large file after its sha256, each small one after its id in git, a sha1. (On a disk without
    links the cache keeps no such names, and there is nothing to compare.)
    """
    blob = file.resolve()
    if not _ANNOUNCED.fullmatch(blob.name):
        return
    if len(blob.name) == 64:
        found = sha256(blob)
    else:
        content = blob.read_bytes()
        found = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    if found != blob.name:
        raise SignScaleError(f"{name}: the bytes of {file.name} are not those the hub announced; move {blob} away")
