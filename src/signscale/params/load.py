"""From params.yaml and a preset to one validated object."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from signscale.errors import SignScaleError
from signscale.formats.reading import reading
from signscale.params.finetune import with_defaults
from signscale.params.overlay import overlay
from signscale.params.section import fault
from signscale.params.whole import Params, params_class


class _DistinctKeys(yaml.SafeLoader):
    """Refuses a key that stands twice in a mapping, of which YAML's own loader takes the last in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping of a node."""
        lines: dict[Any, int] = {}
        for key, _ in node.value:
            name, line = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else id(key), key.start_mark.line + 1
            if name in lines:
                raise yaml.YAMLError(f"line {line}: key {key.value} stands in line {lines[name]} already")
            lines[name] = line
        return super().construct_mapping(node, deep)

    def construct_scalar(self, node: yaml.ScalarNode) -> Any:
        """The text of a value; one that DVC, which reads YAML 1.2, would take for a number is refused."""
        if node.style is None and node.tag.endswith(":str") and _A_NUMBER_IN_1_2.fullmatch(node.value):
            line = node.start_mark.line + 1
            raise yaml.YAMLError(
                f'line {line}: write "{node.value}" in quotes, or a number as 1.0e-4: YAML 1.2 differs'
            )
        return super().construct_scalar(node)


_A_NUMBER_IN_1_2 = re.compile(r"[-+]?[0-9][0-9_.]*[eE][-+]?[0-9]+|0o[0-7]+")


def validate(content: dict[str, Any], source: str) -> Params:
    """Make Params of a plain mapping; raises SignScaleError with one line a fault, each naming the key.

    finetune.defaults, if it is there, is laid under the recipe of every task.
    """
    if isinstance(finetune := content.get("finetune"), dict):
        content = content | {"finetune": with_defaults(finetune)}
    try:
        return params_class().model_validate(content)
    except ValidationError as error:
        raise SignScaleError("\n".join(f"{source}: {fault(one)}" for one in error.errors())) from None


def load_params(root: Path | str = ".", preset: str | None = None, changes: Sequence[str] = ()) -> Params:
    """Read `root`/params.yaml, lay its preset (or the one named) over it and validate.

    A preset's key `over` names another that is laid under it. changes: `key=value` of single values, which lie over
    both. Raises SignScaleError with one line a fault.
    """
    root = Path(root)
    content = _read_yaml(root / "params.yaml")
    name = preset or content.get("preset")
    laid = _read_preset(root, name, "params.yaml: preset")
    if under := laid.pop("over", None):
        below = _read_preset(root, under, f"workflow/presets/{name}.yaml: over")
        if "over" in below:
            raise SignScaleError(
                f"workflow/presets/{under}.yaml: over: preset {name} is already laid over this one, "
                "and only two presets can be stacked"
            )
        content = overlay(content, below)
    content = overlay(content, laid | {"preset": name})
    for change in changes:
        content = overlay(content, _changed(change))
    return validate(content, f"params.yaml with preset {name}{''.join(f' --set {change}' for change in changes)}")


def _changed(change: str) -> dict[str, Any]:
    """`a.b.c=value` as a mapping, the value read as YAML; raises SignScaleError on anything else."""
    key, equals, text = change.partition("=")
    if not equals or not all(part and part.strip() == part for part in key.split(".")):
        raise SignScaleError(f"--set {change}: expected KEY=VALUE, for instance finetune.islr.epochs=5")
    if key == "preset":
        raise SignScaleError(f"--set {change}: the preset is chosen by --preset")
    try:
        value = yaml.load(text, _DistinctKeys)  # noqa: S506 - (a SafeLoader)
    except yaml.YAMLError:
        raise SignScaleError(f"--set {change}: {text!r} is not valid YAML; quote it") from None
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


def _read_preset(root: Path, name: Any, key: str) -> dict[str, Any]:
    """A preset's file; `key` is where it was named."""
    if not isinstance(name, str) or not name.replace("_", "").replace("-", "").isalnum():
        raise SignScaleError(f"{key}: expected the name of a file in workflow/presets (found {name!r})")
    return _read_yaml(root / "workflow" / "presets" / f"{name}.yaml")


def _read_yaml(path: Path) -> dict[str, Any]:
    if not os.path.exists(path):  # noqa: PTH110 - (never raises, whatever the name)
        raise SignScaleError(f"{path}: no such file; a preset is a file in workflow/presets")
    with reading(path, "valid YAML in UTF-8", "correct it", also=(yaml.YAMLError,)):
        content = yaml.load(path.read_text(encoding="utf-8"), _DistinctKeys)  # noqa: S506 - (a SafeLoader)
    if not isinstance(content, dict):
        raise SignScaleError(f"{path}: expected keys and values, found {type(content).__name__}")
    return content
