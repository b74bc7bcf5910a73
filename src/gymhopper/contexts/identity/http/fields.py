"""Fields that several requests have."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.contexts.identity.domain.email import LONGEST, PATTERN


class Request(BaseModel):
    """A body that says nothing it is not asked for."""

    model_config = ConfigDict(extra="forbid")


Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=3,
        max_length=LONGEST,
        pattern=PATTERN,
    ),
    Field(examples=["ada@example.com"]),
]

Password = Annotated[
    str,
    StringConstraints(min_length=1, max_length=256),
    Field(examples=["correct horse battery staple"]),
]

LinkToken = Annotated[str, StringConstraints(max_length=200), Field(examples=["ghl_0191..._..."])]

Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=6, max_length=40),
    Field(examples=["492039"]),
]
