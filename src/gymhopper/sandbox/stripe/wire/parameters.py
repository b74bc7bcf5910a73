"""What endpoints accept, and how a refusal names the parameter at fault."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from gymhopper.sandbox.stripe.errors import InvalidRequest

_LATEST = 253_402_300_799  # the end of the year 9999
_MAX_AMOUNT = 99_999_999
_INDEX = re.compile("[0-9]{1,4}")


def _listed(value: Any) -> Any:
    """A list travels as a dict with the keys "0", "1", ...; an empty one as ""."""
    if value == "":
        return []
    if isinstance(value, dict) and all(_INDEX.fullmatch(key) for key in value):
        return [value[key] for key in sorted(value, key=int)]
    return value


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


T = TypeVar("T")
Listed = Annotated[list[T], BeforeValidator(_listed)]
Clearable = Annotated[T | None, BeforeValidator(_none_if_empty)]
"""A parameter that `""` takes away."""
Text = Annotated[str, StringConstraints(max_length=5000)]
Timestamp = Annotated[int, Field(ge=0, le=_LATEST)]
Amount = Annotated[int, Field(ge=0, le=_MAX_AMOUNT)]
Currency = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z]{3}$")]


def _url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("Not a valid URL")
    return value


Url = Annotated[Text, AfterValidator(_url)]


def _metadata(value: Any) -> Any:
    """`metadata=""` takes every key away."""
    return {} if value == "" else value


Metadata = Annotated[
    dict[
        Annotated[str, StringConstraints(max_length=40)],
        Annotated[str, StringConstraints(max_length=500)],
    ],
    BeforeValidator(_metadata),
    Field(max_length=50),
]


class Nested(BaseModel):
    """An object inside the parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def given(self, *names: str) -> dict[str, Any]:
        """Those of the named parameters that the request has, as JSON values."""
        return self.model_dump(mode="json", include=set(names), exclude_unset=True)


class Nothing(Nested):
    """No parameters, not even `expand`."""


class Parameters(Nested):
    """The parameters of an endpoint."""

    expand: Listed[Text] = Field(default_factory=list)


class Range(Nested):
    """A span of Unix seconds."""

    gt: Timestamp | None = None
    gte: Timestamp | None = None
    lt: Timestamp | None = None
    lte: Timestamp | None = None


def _range(value: Any) -> Any:
    """A plain number is that one second."""
    return {"gte": value, "lte": value} if isinstance(value, str) else value


class Paging(Parameters):
    """What every list takes."""

    limit: Annotated[int, Field(ge=1, le=100)] = 10
    starting_after: Text | None = None
    ending_before: Text | None = None

    def filters(self) -> dict[str, Any]:
        """The list's own filters, by the store's names."""
        paging = {"limit", "starting_after", "ending_before", "created", "expand"}
        return self.model_dump(exclude=paging, exclude_none=True)


class ListParameters(Paging):
    """What most lists take: they can be cut by time as well."""

    created: Annotated[Range | None, BeforeValidator(_range)] = None

    def filters(self) -> dict[str, Any]:
        """The list's own filters and the span of `created`, by the store's names."""
        span = self.created.model_dump(exclude_none=True) if self.created else {}
        return super().filters() | span


def merged_metadata(before: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Metadata after an update: given keys are set, those with "" taken away; {} clears all."""
    if not given:
        return {}
    return {name: value for name, value in {**before, **given}.items() if value != ""}


P = TypeVar("P", bound=Nested)


def check(model: type[P], given: Mapping[str, Any], *, within: str | None = None) -> P:
    """The parameters, or those within another one; InvalidRequest for the first that is wrong."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _refusal(error.errors()[0], within) from error


def _refusal(error: ErrorDetails, within: str | None) -> InvalidRequest:
    outer = [within] if within is not None else []
    if not error["loc"] and not outer:  # the parameters do not go together
        return InvalidRequest(str(error["ctx"]["error"]))
    first, *rest = (*outer, *(str(part) for part in error["loc"]))
    name = first + "".join(f"[{part}]" for part in rest)
    given = error["input"]
    shown = given if isinstance(given, str) else "an object"
    match error["type"]:
        case "extra_forbidden":
            return InvalidRequest(
                f"Received unknown parameter: {name}", code="parameter_unknown", param=name
            )
        case "missing":
            return InvalidRequest(
                f"Missing required param: {name}.", code="parameter_missing", param=name
            )
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return InvalidRequest(
                f"Invalid integer: {shown}", code="parameter_invalid_integer", param=name
            )
        case "bool_parsing" | "bool_type":
            return InvalidRequest(f"Invalid boolean: {shown}", param=name)
        case "model_type" | "model_attributes_type" | "dict_type":
            return InvalidRequest("Invalid object", param=name)
        case "list_type":
            return InvalidRequest("Invalid array", param=name)
        case "string_type":
            return InvalidRequest(f"Invalid string: {shown}", param=name)
        case "value_error":
            return InvalidRequest(str(error["ctx"]["error"]), param=name)
        case _:
            return InvalidRequest(f"Invalid {name}: {error['msg']}", param=name)
