"""Put the graph of the rules into docs/how-it-works.md, as a Mermaid picture without the arrows that others imply.

    snakemake --profile demo all --rulegraph mermaid-js | python docs/dag.py

The workflow must have run: how many shards there are, and so their rule, shows only once the manifests are there.
"""

import re
import sys
from pathlib import Path

PAGE = Path(__file__).with_name("how-it-works.md")
BLOCK = re.compile(r"(<!-- make dag -->\n).*?(<!-- end of dag -->)", re.DOTALL)


def reach(arrows: dict[str, set[str]], start: str) -> set[str]:
    """What can be reached from `start` by one arrow or more."""
    found: set[str] = set()
    waiting = list(arrows.get(start, ()))
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += arrows.get(node, ())
    return found


def picture(graph: str) -> str:
    """A Mermaid flowchart of the rules of `graph`, Snakemake's; stages' own target rules and `all` left out."""
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", graph))
    pairs = [(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", graph)]
    arrows: dict[str, set[str]] = {}
    for a, b in pairs:
        if a != b and b != "all":
            arrows.setdefault(a, set()).add(b)
    if "extract_shard" not in arrows:
        sys.exit("docs/how-it-works.md: no rule extract_shard in the graph; run the workflow first (make demo)")
    needed = [
        (a, b) for a in arrows for b in arrows[a] if not any(b in reach(arrows, other) for other in arrows[a] - {b})
    ]
    lines = [f"    {a} --> {b}" for a, b in sorted(needed)]
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```", ""])


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    drawn = picture(sys.stdin.read())
    PAGE.write_text(BLOCK.sub(lambda found: found[1] + drawn + found[2], text), encoding="utf-8")
