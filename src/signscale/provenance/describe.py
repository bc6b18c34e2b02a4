"""What a result was made from, by its record and those of the steps it builds on; and the hashes of results."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from signscale.errors import SignScaleError
from signscale.formats.files import read_json, sha256
from signscale.provenance.place import BESIDE
from signscale.provenance.records import decided_text
from signscale.provenance.stages import STAGES


def record_of(result: Path) -> Path:
    """The record of a result: a file or folder of one, or the record itself. Raises SignScaleError if it has none."""
    first = result.name.split(".")[0]
    places = [
        result,
        result.with_name(f"{first}.provenance.json"),
        result / "provenance.json",
        result.parent / "provenance.json",
    ]
    for path in places:
        if path.is_file() and path.name.endswith("provenance.json"):
            return path
    raise SignScaleError(
        f"{result}: it has no provenance record; name the result of one job, such as results/demo/pretrain"
    )


def describe(result: Path) -> str:
    """Everything that decided a result, as text: params, code, data, packages, machine, and the steps before it."""
    record = record_of(result)
    content = read_json(record)
    return "\n".join([*_own(record, content), *_before(record, content)])


def _own(record: Path, content: dict[str, Any]) -> Iterator[str]:
    made, machine = content["made"], content["made"]["machine"]
    code = hashlib.sha256(json.dumps(content["code"], sort_keys=True).encode()).hexdigest()
    yield content["step"]
    if content.get("set"):
        yield f"  --set    {', '.join(content['set'])}"
    yield f"  record  sha256 {hashlib.sha256(decided_text(record).encode()).hexdigest()}"
    yield f"  commit   {made['commit']}"
    yield f"  code     {len(content['code'])} files, sha256 of their sha256 {code}"
    yield f"  params   {json.dumps(content['params'], sort_keys=True, ensure_ascii=False)}"
    yield from (f"  data     {line}" for line in _data(content))
    if accepted := content.get("accepted"):
        yield f"  accepted by {accepted['who']}, {accepted['when']}: {accepted['why']}"
    if outputs := content.get("outputs"):
        size = sum(made["bytes"] for made in outputs.values())
        yield f"  outputs  {len(outputs)} files, {size / 1e6:.1f} MB, with their sha256 in the record"
    yield from (f"  lock     {lock} sha256 {digest}" for lock, digest in made["lock"].items())
    versions = ", ".join(f"{name} {version}" for name, version in made["installed"].items())
    yield f"  packages python {made['python']}, {versions}"
    yield f"  machine  {machine['processor']}, {machine['cores']} cores, {machine['system']}"
    yield f"  gpus     {', '.join(machine['gpus']) or 'none'}"


def _data(content: dict[str, Any]) -> Iterator[str]:
    yield from (f"manifest of {corpus} sha256 {digest}" for corpus, digest in content["manifests"].items())
    for name, files in content.get("inputs", {}).items():
        yield from (f"{name}: {file} sha256 {digest}" for file, digest in files.items())
    if "dropped" in content:
        files = json.dumps(content["dropped"], sort_keys=True).encode()
        yield f"{len(content['dropped'])} files dropped in, sha256 of their sha256 {hashlib.sha256(files).hexdigest()}"
    for file, digest in content.get("source", {}).items():
        yield f"{content['params']['pretrain']['from']}: {file} sha256 {digest}"
    if "raw" in content:
        yield f"raw files sha256 {content['raw']}"
        yield f"manifest rows sha256 {content['rows']}"


def _before(record: Path, content: dict[str, Any]) -> Iterator[str]:
    """A line for every step that the result builds on, from first to last; the shards of one corpus share one."""
    folder = _results_of(record, content["step"])
    found: dict[str, list[str]] = {}
    for name, line in _walk(folder, content, {}).items():
        found.setdefault(name.rpartition("/")[0] if name.startswith("keypoints/") else name, []).append(line)
    if found:
        yield "built on"
    for name, lines in sorted(found.items(), key=lambda item: (STAGES.index(item[0].split("/")[0]), item[0])):
        count = f" ({len(lines)} shards)" if name.startswith("keypoints/") else ""
        yield from (f"  {name}{count}: {line}" for line in sorted(set(lines)))


def _results_of(record: Path, step: str) -> Path:
    """The folder that the names of steps are relative to; for a record elsewhere, as of a released model, its own
    folder."""
    place = record.absolute().as_posix()
    name = f"/{step}.provenance.json" if step.startswith(BESIDE) else f"/{step}/provenance.json"
    return Path(place.removesuffix(name)) if place.endswith(name) else record.parent


def _walk(folder: Path, content: dict[str, Any], seen: dict[str, str]) -> dict[str, str]:
    for name, digest in content["after"].items():
        if name in seen:
            continue
        path = folder / (f"{name}.provenance.json" if name.startswith(BESIDE) else f"{name}/provenance.json")
        if not path.is_file():
            seen[name] = f"record {digest}, which is not here"
            continue
        upstream = read_json(path)
        again = hashlib.sha256(decided_text(path).encode()).hexdigest() != digest
        data = "".join(f"; {line}" for line in _data(upstream) if not line.startswith("manifest rows"))
        data = "" if name.startswith("keypoints/") else data
        seen[name] = f"commit {upstream['made']['commit']}{data}" + ("; MADE AGAIN SINCE" if again else "")
        _walk(folder, upstream, seen)
    return seen


def hashes(folder: Path) -> Iterator[str]:
    """A line `sha256  path` for every file under `folder`, sorted: two runs compare with diff."""
    if not folder.is_dir():
        raise SignScaleError(f"{folder}: no such folder")
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield f"{sha256(path)}  {path.relative_to(folder).as_posix()}"
