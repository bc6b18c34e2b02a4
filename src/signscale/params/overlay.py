"""Values laid over values: a preset over params.yaml, a task's recipe over the defaults, a point over its base."""

from typing import Any


def overlay(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`base` with every leaf of `over` laid on it; mappings merge, all else is replaced.

    A mapping ending in its own key `only: true` replaces instead of merging (for `benchmarks` and the like).
    """
    merged = dict(base)
    for key, value in over.items():
        if isinstance(value, dict) and value.get("only") is True:
            merged[key] = {k: v for k, v in value.items() if k != "only"}
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = overlay(merged[key], value)
        else:
            merged[key] = value
    return merged
