"""Members: registration, profile, search."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.chassis.http.tenant import tenant
from gymhopper.contexts.membership.domain.member import MemberStatus
from gymhopper.contexts.membership.domain.person import Address, Contact
from gymhopper.contexts.membership.http.fields import AgreementField, Email, Line, Request, Word
from gymhopper.contexts.membership.http.notes import NoteAnswer
from gymhopper.contexts.membership.queries.members import MemberCard as Card
from gymhopper.contexts.membership.queries.members import (
    MemberDetails,
    member_details,
)
from gymhopper.contexts.membership.queries.notes import pinned_notes
from gymhopper.contexts.membership.queries.search import own_members
from gymhopper.contexts.membership.queries.search import search_members as search
from gymhopper.contexts.membership.usecases.register_member import RegisteredMember, RegisterMember
from gymhopper.contexts.membership.usecases.register_member import (
    register_member as register,
)
from gymhopper.contexts.membership.usecases.update_profile import update_profile
from gymhopper.kernel.errors import InvalidInput, NotFound

router = APIRouter(prefix="/members", tags=["members"])

OLDEST_BIRTH_DATE = date(1900, 1, 1)


class AddressField(Request):
    """A postal address; `country` is ISO 3166-1 alpha-2."""

    lines: list[Line] = Field(min_length=1, max_length=4)
    city: Line
    country: str = Field(pattern=r"^[A-Z]{2}$", examples=["AT"])
    postal_code: Word | None = None
    region: Line | None = None


class Profile(Request):
    """Who somebody is, and how to reach them."""

    first_name: Line
    last_name: Line
    email: Email | None = None
    phone: str | None = Field(
        default=None, pattern=r"^\+?[0-9][0-9 ()./-]{3,30}$", examples=["+43 660 1234567"]
    )
    birth_date: date | None = None
    address: AddressField | None = None

    def contact(self, today: date) -> Contact:
        """The part that is kept encrypted."""
        born = self.birth_date
        if born is not None and not OLDEST_BIRTH_DATE <= born <= today:
            raise InvalidInput("Nobody was born on that day.", field="birth_date")
        address = self.address
        return Contact(
            email=self.email,
            phone=self.phone,
            birth_date=born,
            address=None
            if address is None
            else Address(
                lines=tuple(address.lines),
                city=address.city,
                country=address.country,
                postal_code=address.postal_code,
                region=address.region,
            ),
        )


class Registration(Profile):
    """A person who joins; `organisation_id` may be left out by callers who act for only one."""

    organisation_id: UUID | None = None
    agreement: AgreementField


class MemberCreated(BaseModel):
    """The member that came of a registration."""

    id: UUID
    person_id: UUID
    organisation_id: UUID
    number: str
    links: dict[str, str]


class MemberAnswer(BaseModel):
    """A member with contact data. `tags`, `external_ref` and the pinned `notes` are for staff
    alone, and notes for those who may read them."""

    id: UUID
    person_id: UUID
    organisation_id: UUID
    number: str
    status: MemberStatus
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    birth_date: date | None
    address: AddressField | None
    tags: list[str] | None
    notes: list[NoteAnswer] | None
    external_ref: str | None
    managed: bool = Field(description="A guardian's account acts for the member, who has none.")
    registered_at: datetime
    version: int = Field(description="Grows with every change; the `ETag` says it, too.")
    membership_ids: list[UUID]


class MemberCard(BaseModel):
    """A member in a list."""

    id: UUID
    person_id: UUID
    organisation_id: UUID
    number: str
    first_name: str
    last_name: str
    status: MemberStatus


class MemberPage(Page[MemberCard]):
    """Members, those that fit best first."""


class MemberQuery(PageQuery):
    """Who is looked for; nothing means everybody, by name."""

    query: str = Field(
        default="",
        max_length=100,
        pattern=r"^[^\x00]*$",
        description="Parts of names or of a number, or a whole e-mail address or telephone number.",
        examples=["ann mei"],
    )
    tag: Word | None = Field(default=None, description="Only those who have this tag.")
    organisation_id: UUID | None = Field(
        default=None, description="For callers who act for more than one."
    )


@router.post("/register", status_code=201, summary="Register a person as a member")
async def register_member(
    body: Registration,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("members:write"),
) -> MemberCreated:
    """Always makes a new person; it never tells whether somebody is known to another gym."""
    organisation_id = await tenant(runtime, caller, body.organisation_id)
    async with runtime.begin(caller) as uow:
        done = await register(
            uow,
            RegisterMember(
                organisation_id=organisation_id,
                first_name=body.first_name,
                last_name=body.last_name,
                contact=body.contact(uow.now.date()),
                agreement=body.agreement.value(),
            ),
        )
    return member_created(done)


def member_created(done: RegisteredMember) -> MemberCreated:
    """As the answer to a registration has it."""
    path = f"/api/v1/members/{done.member_id}"
    return MemberCreated(
        id=done.member_id,
        person_id=done.person_id,
        organisation_id=done.organisation_id,
        number=done.number,
        links={"self": path, "memberships": f"{path}/memberships"},
    )


@router.get("", summary="Find members by name, number, e-mail or telephone")
async def search_members(
    asked: Annotated[MemberQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("members:read"),
) -> MemberPage:
    """Of the caller's organisation; members find themselves. Accents and case do not matter."""
    if caller.person_id is not None:
        async with runtime.read(caller) as connection:
            own = await own_members(connection, caller.person_id)
        return MemberPage(items=[member_card(each) for each in own], next_cursor=None)
    organisation_id = caller.organisation_id or asked.organisation_id
    if asked.organisation_id not in {None, organisation_id}:
        raise NotFound("There is no organisation with this id.", field="organisation_id")
    async with runtime.read(caller) as connection:
        found = await search(
            connection,
            runtime.secrets,
            asked.query,
            organisation_id=organisation_id,
            tag=asked.tag,
            after=asked.after(tuple[int, UUID]),
            limit=asked.fetch,
        )
    shown, next_cursor = asked.cut(found, lambda each: each.place)
    return MemberPage(items=[member_card(each.card) for each in shown], next_cursor=next_cursor)


def member_card(found: Card) -> MemberCard:
    """As lists have it."""
    return MemberCard(
        id=found.member_id,
        person_id=found.person_id,
        organisation_id=found.organisation_id,
        number=found.number,
        first_name=found.first_name,
        last_name=found.last_name,
        status=found.status,
    )


@router.get("/{member_id}", summary="Read a member")
async def get_member(
    member_id: UUID,
    runtime: CurrentRuntime,
    response: Response,
    caller: AuthSubject = scoped("members:read"),
) -> MemberAnswer:
    """A member with contact data in the clear."""
    async with runtime.read(caller) as connection:
        found = await member_details(connection, member_id, runtime.secrets)
        notes = await _pinned(connection, member_id, caller)
    await runtime.looked_at(
        caller,
        found.person_id,
        ("membership.member", member_id),
        organisation_id=found.organisation_id,
    )
    set_etag(response, found.version)
    return _answer(found, caller, notes)


@router.put("/{member_id}/profile", summary="Replace a member's profile")
async def put_profile(
    member_id: UUID,
    body: Profile,
    runtime: CurrentRuntime,
    response: Response,
    expected: IfMatch,
    caller: AuthSubject = scoped("profiles:write"),
) -> MemberAnswer:
    """Names and contact data become what is given; what is left out is deleted."""
    async with runtime.begin(caller) as uow:
        await update_profile(
            uow,
            member_id,
            first_name=body.first_name,
            last_name=body.last_name,
            contact=body.contact(uow.now.date()),
            expected=expected,
        )
        await uow.flush()
        found = await member_details(uow.connection, member_id, runtime.secrets)
        notes = await _pinned(uow.connection, member_id, caller)
    set_etag(response, found.version)
    return _answer(found, caller, notes)


async def _pinned(
    connection: AsyncConnection, member_id: UUID, caller: AuthSubject
) -> list[NoteAnswer] | None:
    if not caller.may("notes:read"):
        return None
    return [NoteAnswer.of(each) for each in await pinned_notes(connection, member_id)]


def _answer(
    found: MemberDetails, caller: AuthSubject, notes: list[NoteAnswer] | None
) -> MemberAnswer:
    contact, address = found.contact, found.contact.address
    own = caller.person_id is not None
    return MemberAnswer(
        id=found.member_id,
        person_id=found.person_id,
        organisation_id=found.organisation_id,
        number=found.number,
        status=found.status,
        first_name=found.first_name,
        last_name=found.last_name,
        email=contact.email,
        phone=contact.phone,
        birth_date=contact.birth_date,
        address=None
        if address is None
        else AddressField(
            lines=list(address.lines),
            city=address.city,
            country=address.country,
            postal_code=address.postal_code,
            region=address.region,
        ),
        tags=None if own else list(found.tags),
        notes=None if own else notes,
        external_ref=None if own else found.external_ref,
        managed=found.managed,
        registered_at=found.registered_at,
        version=found.version,
        membership_ids=list(found.memberships),
    )
