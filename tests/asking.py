"""Objects whose pickles ask for a function to be called when they are read."""

from typing import Any


class Asking:
    """Pickles as a call of a function with arguments."""

    def __init__(self, function: Any, *arguments: Any):
        self._call = function, arguments

    def __reduce__(self):
        return self._call
