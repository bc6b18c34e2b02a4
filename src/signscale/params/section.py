"""The base class of every section of params.yaml: strict values, and one-line messages for errors."""

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from signscale.errors import SignScaleError

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1, lt=2**31)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


def _distinct(values: list[Any]) -> list[Any]:
    """The values; raises ValueError if one stands twice, since it would be trained on or counted twice."""
    if twice := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"{twice[0]} appears twice; name each once")
    return values


Distinct = AfterValidator(_distinct)
Names = Annotated[list[Name], Field(min_length=1), Distinct]
Seeds = Annotated[list[Seed], Distinct]


class Section(BaseModel):
    """A part of params.yaml: no unknown keys, no values converted from text, no infinity, no later changes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, serialize_by_alias=True)


def fault(error: dict[str, Any]) -> str:
    """One pydantic error as `key: what is allowed`."""
    key = ".".join(str(part) for part in error["loc"]) or "params"
    if error["type"] == "extra_forbidden":
        return f"{key}: no such key; see params.yaml for the keys there are"
    if error["type"] == "missing":
        return f"{key}: this key is missing"
    message = error["msg"].removeprefix("Value error, ")
    found = error.get("input")
    if error["type"] == "string_type" and isinstance(found, int | float):
        return f"{key}: YAML reads {found!r} as a number; write the text in quotes"
    shown = "" if isinstance(found, dict) else f" (found {found!r})"
    return f"{key}: {message}{shown}"


SectionType = TypeVar("SectionType", bound=Section)


def checked(section: type[SectionType], content: Any, source: str) -> SectionType:
    """A section made of foreign plain values; raises SignScaleError, one line naming the source and its first fault."""
    try:
        return section.model_validate(content)
    except ValidationError as error:
        raise SignScaleError(f"{source}: {fault(error.errors()[0])}; was it made by another version?") from None
