"""Roles over HTTP."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, signed_in
from gymhopper.contexts.identity.domain.roles import GRANTED, MEMBER, OrganisationKind

router = APIRouter(tags=["roles"])


class GrantedScope(BaseModel):
    """A scope, and what it allows: a phrase that follows "may"."""

    scope: str = Field(examples=["members:read"])
    may: str | None = Field(
        description="Null for what another process looks after.",
        examples=["find members and see their contact data"],
    )


class Role(BaseModel):
    """What somebody in this role may do, and why that much."""

    name: str = Field(examples=["front_desk"])
    why: str
    organisation_kind: OrganisationKind | None = Field(
        description="The only kind of organisation that has the role; null for every one."
    )
    granted: bool = Field(description="Given by an assignment; the others come by themselves.")
    scopes: list[GrantedScope]


class RoleList(BaseModel):
    """All roles."""

    items: list[Role]


@router.get("/roles", summary="List the roles")
async def list_roles(runtime: CurrentRuntime, _: AuthSubject = signed_in()) -> RoleList:
    """Which roles there are, and what each may do."""
    phrases = {name: may for each in runtime.contexts for name, may in each.scopes.items()}
    return RoleList(
        items=[
            Role(
                name=each.name,
                why=each.why,
                organisation_kind=each.at,
                granted=each.name in GRANTED,
                scopes=[
                    GrantedScope(scope=scope, may=phrases.get(scope))
                    for scope in sorted(each.scopes)
                ],
            )
            for each in (*GRANTED.values(), MEMBER)
        ]
    )
