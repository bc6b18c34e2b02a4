"""The corpora: one file each, from published annotations to Sample rows; and their registry.

Adding one is a file with a `CORPUS` in this folder, or in a folder `corpora` in the repository's root.
"""

from functools import cache

from signscale.corpora.corpus import Corpus
from signscale.registry import Registry

CORPORA = Registry(__name__, __path__, "corpus")


def names() -> list[str]:
    """Names of all corpora known, sorted."""
    return CORPORA.names()


@cache
def load_corpus(name: str) -> Corpus:
    """The corpus of that name; raises SignScaleError listing the names there are."""
    return CORPORA.load(name)
