"""The corpora: one file each, from published annotations to Sample rows; and their registry.

Adding one is a file in this folder and a line in `_REGISTRY`.
"""

from importlib import import_module

from signscale.corpora.corpus import Corpus
from signscale.errors import SignScaleError

# Corpus name -> module, in the order of the paper's Table I, then ours, then sets of poses.
_REGISTRY = {
    "wlasl": "wlasl",
    "msasl": "msasl",
    "nmfs_csl": "nmfs_csl",
    "slr500": "slr500",
    "phoenix14": "phoenix14",
    "phoenix14t": "phoenix14t",
    "csl_daily": "csl_daily",
    "how2sign": "how2sign",
    "bobsl": "bobsl",
    "fingerspelling": "fingerspelling",
    "fingerspelled_words": "fingerspelled_words",
    "photograph": "photograph",
    "signwish": "signwish",
    "traduttore": "traduttore",
}


def names() -> list[str]:
    """Names of all corpora known."""
    return list(_REGISTRY)


def load_corpus(name: str) -> Corpus:
    """The corpus of that name; raises SignScaleError listing the names there are."""
    if name not in _REGISTRY:
        raise SignScaleError(f"corpus {name!r} is unknown; there are {', '.join(_REGISTRY)}")
    return import_module(f"signscale.corpora.{_REGISTRY[name]}").CORPUS
