"""Why steps would run again, in the user's words; and the acceptance of edits that change no number."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from signscale.errors import SignScaleError
from signscale.formats.files import read_json, write_json
from signscale.provenance.accepted import FILE, Change, add_entry, change_of
from signscale.provenance.definition import accepted_of, definition, known_steps
from signscale.provenance.outputs import damage
from signscale.provenance.place import Place
from signscale.provenance.reading import read_record
from signscale.provenance.records import expected, remade
from signscale.provenance.stages import STAGES

NEVER_MADE = "never made"


def reasons(place: Place) -> dict[str, list[str]]:
    """Why each step would run again; a step that runs only because an earlier one does names the earlier one."""
    texts, found = expected(place), {}
    for name, step in known_steps(place).items():
        own = list(_own(place, name, texts[name][1]))
        if own or (before := [upstream for upstream in step.after if upstream in found]):
            found[name] = own or [f"{_short(before)} made again"]
    return found


def by_stage(found: Mapping[str, list[str]], stage: str | None = None) -> Iterator[str]:
    """A line for each reason of each stage, with how many steps have it. Raises SignScaleError on another name."""
    if stage is not None and stage not in (*STAGES, "ablations"):
        raise SignScaleError(f"{stage}: no such stage; there are {', '.join(STAGES)}, ablations")
    counts: dict[tuple[str, str], int] = {}
    for name, lines in found.items():
        for line in lines:
            if stage in (None, name.split("/")[0]):
                counts[name.split("/")[0], line] = counts.get((name.split("/")[0], line), 0) + 1
    yield from (f"{at}: {line}" + (f" ({n} steps)" if n > 1 else "") for (at, line), n in counts.items())


def _own(place: Place, name: str, text: str | None) -> Iterator[str]:
    record = place.record(name)
    if not record.exists():
        yield NEVER_MADE
        return
    made = read_record(record)
    if not made:
        yield "provenance record torn"
        return
    if made["step"] != name:
        yield f"made by `{made['step']}`, not by the workflow"
        return
    if text is None:
        return
    now = json.loads(text)
    starts = [content["params"].get("pretrain", {}).get("from") for content in (made, now)]
    if starts[0] != starts[1]:  # a pre-training and a model taken over have nothing else to compare
        yield f"pretrain.from {_value(starts[0])} -> {_value(starts[1])}"
        return
    yield from (f"{key} {_value(a)} -> {_value(b)}" for key, a, b in _different(made["params"], now["params"]))
    yield from _named("", "", made["code"], now["code"])
    yield from (f"{key} {_value(a)} -> {_value(b)}" for key, a, b in _different(made["packages"], now["packages"]))
    yield from _named("manifest of ", "", made["manifests"], now["manifests"])
    yield from _named("", " in the raw data", made.get("dropped", {}), now.get("dropped", {}))
    yield from _named("", f" in {starts[1]}", made.get("source", {}), now.get("source", {}))
    facts = {"lock": "lock of the estimator's environment", "rows": "manifest rows", "raw": "raw files"}
    yield from (f"{words} changed" for key, words in facts.items() if made.get(key) != now.get(key))
    if "outputs" not in made:
        yield "made by an earlier version"
    elif wrong := damage(record, made["outputs"], place.memory(name, "outputs")):
        yield wrong
    elif others := remade(place, made):
        yield f"made from an earlier {_short(others)}"


def _different(made: Any, now: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(dotted key, former value, present value) of the leaves that differ."""
    if isinstance(made, dict) and isinstance(now, dict):
        for name in [*made, *(name for name in now if name not in made)]:
            yield from _different(made.get(name), now.get(name), f"{key}.{name}" if key else name)
    elif made != now:
        yield key, made, now


def _value(value: Any) -> str:
    return "nothing" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _named(before: str, after: str, made: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*made, *now}):
        if made.get(name) != now.get(name):
            word = "changed" if name in made and name in now else "is new" if name in now else "is gone"
            yield f"{before}{name}{after} {word}"


def _short(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def accept(place: Place, stage: str, why: str) -> list[str]:
    """Say that the edits since a stage's results were made change no number; returns the steps that it concerns.

    The entry goes to workflow/accepted.yaml, and who, why and when to the records of those steps. Raises SignScaleError
    if there is nothing to accept.
    """
    steps = {name: step for name, step in known_steps(place).items() if step.stage == stage}
    changes: dict[str, Change] = {}
    for name, step in steps.items():
        record, now = place.record(name), definition(place, step, as_it_is=True)
        made = read_record(record)
        if now is None or not made or made["step"] != name:
            continue
        if change := change_of(made, now):
            if change != change_of(made, definition(place, step)):
                continue  # accepted before
            changes[name] = change
    if not changes:
        raise SignScaleError(
            f"{stage}: every result was made with the present code and packages; there is nothing to accept"
        )
    distinct: list[Change] = []
    for change in changes.values():
        if change not in distinct:
            distinct.append(change)
    add_entry(place.root, stage, why, distinct)
    after = Place(place.params, place.root)
    for name in changes:
        content = read_json(place.record(name))
        write_json(place.record(name), content | {"accepted": accepted_of(after, steps[name])})
    return list(changes)


def accepted_lines(stage: str, names: list[str]) -> str:
    """What `signscale accept` prints."""
    steps = f"{len(names)} step{'s' if len(names) > 1 else ''}"
    return f"{stage}: {steps} accepted in {FILE}; commit that file to git, and run `dvc repro`, which runs no job"
