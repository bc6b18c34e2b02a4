"""Clean-up of glosses before WER is counted, by the rules that RWTH gives out with Phoenix14 and Phoenix14-T.

The rules are part of the metric: their odd corners (a sentence of two spelled letters keeps them apart, a
sentence that begins with three merges the last two) are kept, because published numbers were made with them.
"""

import re
from itertools import groupby

from signscale.errors import SignScaleError

Rule = tuple[re.Pattern[str], str]


def _rules(*pairs: tuple[str, str]) -> tuple[Rule, ...]:
    return tuple((re.compile(pattern), replacement) for pattern, replacement in pairs)


_PREFIXES = _rules((r"loc-|cl-|qu-|poss-|lh-", ""), (r"HABEN2", "HABEN"))
_MARKERS = _rules((r"__(?:EMOTION|PU|LEFTHAND|EPENTHESIS)__", ""))
_PHRASES = _rules((r"WIE AUSSEHEN", "WIE-AUSSEHEN"))
_SHOWING = _rules((r"ZEIGEN(?= |$)", "ZEIGEN-BILDSCHIRM"))
_MERGE_LETTERS = (r"([ +][A-Z]) ([A-Z][ +])", r"\1+\2")
_LETTERS = _rules(  # spelled letters (and SCH, NN) become one gloss: A B C -> A+B+C
    (r"^([A-Z]) ([A-Z][+ ])", r"\1+\2"),
    (r"[ +]([A-Z]) ([A-Z]) ", r" \1+\2 "),
    _MERGE_LETTERS,
    _MERGE_LETTERS,
    _MERGE_LETTERS,
    (r"([ +]SCH) ([A-Z][ +])", r"\1+\2"),
    (r"([ +]NN) ([A-Z][ +])", r"\1+\2"),
    (r"([ +][A-Z]) (NN[ +])", r"\1+\2"),
    (r"([ +][A-Z]) ([A-Z])$", r"\1+\2"),
)
_SUFFIXES = _rules((r"([A-Z][A-Z])RAUM", r"\1"), (r"-PLUSPLUS", ""))
_SPACES = _rules((r" +", " "))
_REPEATS = _rules(*[(r"(?<![\w-])(\b[A-Z]+(?![\w-])) \1(?![\w-])", r"\1")] * 4)  # also SCH SCH+A -> SCH+A

RULES: dict[str, tuple[Rule, ...]] = {
    "none": (),
    "phoenix14": (
        *_PREFIXES,
        *_rules((r"S0NNE", "SONNE")),
        *_MARKERS,
        *_PHRASES,
        *_SHOWING,
        *_LETTERS,
        *_SUFFIXES,
        *_SPACES,
        *_REPEATS,
    ),
    "phoenix14t": (*_PREFIXES, *_MARKERS, *_PHRASES, *_LETTERS, *_SUFFIXES, *_SPACES, *_REPEATS),
}


def rules_named(cleanup: str) -> tuple[Rule, ...]:
    """The rules of a name; raises SignScaleError on another name."""
    if cleanup not in RULES:
        raise SignScaleError(f"cleanup: {cleanup!r} is none of {', '.join(RULES)}")
    return RULES[cleanup]


def _applied(text: str, rules: tuple[Rule, ...]) -> list[str]:
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text.split()


def clean_sentence(text: str, cleanup: str) -> list[str]:
    """Glosses of a sentence cleaned as a whole, neighbouring repeats collapsed; "none" only splits at spaces."""
    glosses = _applied(" ".join(text.split()), rules_named(cleanup))
    return glosses if cleanup == "none" else [gloss for gloss, _ in groupby(glosses)]


def clean_words(text: str, cleanup: str) -> list[str]:
    """Glosses cleaned one by one, as RWTH's scripts do on a CTM file: no rule ever sees two glosses at once.

    Phoenix14-T's script also collapses neighbouring repeats, Phoenix14's does not.
    """
    rules = rules_named(cleanup)
    glosses = [cleaned for word in text.split() for cleaned in _applied(word, rules)]
    return [gloss for gloss, _ in groupby(glosses)] if cleanup == "phoenix14t" else glosses
