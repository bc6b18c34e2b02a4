"""What a row of an annotation file must be: a pydantic model a file, made of the types here.

A row that does not fit becomes a RowError that names its first fault; the other rows are still read.
"""

from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from signscale.corpora.tables import RowError
from signscale.fetch.place import OutsideError, place


class Row(BaseModel):
    """A row of an annotation file: columns that no sample needs may be there, and nothing is coerced from text."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


RowType = TypeVar("RowType", bound=Row)


def checked(schema: type[RowType], content: Any) -> RowType:
    """The row as its schema has it; raises RowError with the first fault."""
    try:
        return schema.model_validate(content)
    except ValidationError as error:
        raise RowError(_reason(error.errors()[0])) from None


def _reason(error: dict[str, Any]) -> str:
    """One pydantic error as `column: what is wrong (found value)`."""
    column = ".".join(map(str, error["loc"]))
    if error["type"] == "missing":
        return f"{column} is missing"
    if error["type"].startswith("model"):
        return "a row is not a set of named values"
    message = error["msg"].removeprefix("Value error, ")
    return f"{column}: {message[:1].lower()}{message[1:]} (found {str(error['input'])[:80]!r})"


def _word(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise ValueError("must not hold control characters")
    return text


def _file_name(text: str) -> str:
    try:
        parts = place(Path(), text).parts
    except OutsideError as outside:
        raise ValueError(str(outside)) from None
    if len(parts) != 1 or "/" in text:
        raise ValueError("must be the name of one file, without a folder")
    return text


def _address(url: str) -> str:
    try:
        _ = urlsplit(_word(url)).port  # which is checked when it is asked for
    except ValueError as error:
        raise ValueError(f"not an address that can be asked: {error}") from None
    return url


Word = Annotated[str, AfterValidator(_word)]
"""Text with something in it, in one line."""
FileName = Annotated[str, AfterValidator(_file_name)]
"""What may name a file of the corpus's folder."""
Address = Annotated[str, AfterValidator(_address)]
"""A URL, with or without its scheme."""
Number = Annotated[float, Field(allow_inf_nan=False)]
Box = Annotated[list[Number], Field(min_length=4, max_length=4)]
Signer = int | str
