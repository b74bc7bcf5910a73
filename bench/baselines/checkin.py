"""A check-in as a competent team would write it first: FastAPI, SQLAlchemy 2 and PostgreSQL.

It does the gate's job in the usual way: device by token, repeated request ids, credential, member,
membership with its plan, place, hours, visits of the day and month, one row per decision, commit.

    python -m bench.baselines.checkin seed <postgres url> <members>
    python -m bench.baselines.checkin serve <postgres url> <port>
"""

import hashlib
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import psycopg
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel, Field
from sqlalchemy import ForeignKey, Index, UniqueConstraint, create_engine, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship
from sqlalchemy.types import DateTime

LOCATIONS = 20
ZONE = "Europe/Berlin"
Timestamp = Annotated[datetime, mapped_column(DateTime(timezone=True))]


class Base(DeclarativeBase):
    """The tables."""


class Location(Base):
    """A place to enter."""

    __tablename__ = "baseline_location"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    city: Mapped[str]
    tier: Mapped[int]
    zone: Mapped[str]
    opens: Mapped[int]
    closes: Mapped[int]


class Device(Base):
    """A reader at a location."""

    __tablename__ = "baseline_device"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    location_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Location.id))
    location: Mapped[Location] = relationship()


class Plan(Base):
    """What was sold."""

    __tablename__ = "baseline_plan"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    tier_up_to: Mapped[int]
    from_hour: Mapped[int]
    until_hour: Mapped[int]
    visits_a_day: Mapped[int]
    visits_a_month: Mapped[int]


class Member(Base):
    """A person."""

    __tablename__ = "baseline_member"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    blocked: Mapped[bool] = mapped_column(default=False)
    memberships: Mapped[list["Membership"]] = relationship(lazy="raise")


class Membership(Base):
    """A plan that a member bought."""

    __tablename__ = "baseline_membership"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Member.id), index=True)
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Plan.id))
    starts_at: Mapped[Timestamp]
    ends_at: Mapped[Timestamp]
    frozen: Mapped[bool] = mapped_column(default=False)
    plan: Mapped[Plan] = relationship(lazy="raise")


class Credential(Base):
    """A card."""

    __tablename__ = "baseline_credential"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    value_hash: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Member.id))
    revoked: Mapped[bool] = mapped_column(default=False)
    member: Mapped[Member] = relationship(lazy="raise")


class Scan(Base):
    """A decision; an allowed one is a visit."""

    __tablename__ = "baseline_scan"
    __table_args__ = (
        UniqueConstraint("device_id", "request_id"),
        Index("baseline_scan_member", "member_id", "at"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    device_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Device.id))
    location_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Location.id))
    member_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Member.id))
    request_id: Mapped[str]
    at: Mapped[Timestamp]
    allowed: Mapped[bool]
    code: Mapped[str]


class Presented(BaseModel):
    """What the reader read."""

    type: str
    value: str = Field(min_length=1, max_length=128)


class CheckInRequest(BaseModel):
    """A scan."""

    request_id: str = Field(min_length=1, max_length=64)
    credential: Presented
    door_id: uuid.UUID | None = None


class CheckInResponse(BaseModel):
    """The decision."""

    decision: str
    code: str
    decision_id: uuid.UUID
    decided_at: datetime
    person_id: uuid.UUID | None


def hashed(value: str) -> str:
    """How tokens and card numbers are stored."""
    return hashlib.sha256(value.encode()).hexdigest()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pool with the application, in its event loop."""
    engine = create_async_engine(app.state.url, pool_size=20, max_overflow=0)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def session_of(request: Request) -> AsyncIterator[AsyncSession]:
    """A session for the request."""
    async with request.app.state.sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(session_of)]


async def device_of(session: Session, authorization: Annotated[str, Header()] = "") -> Device:
    """The device behind the bearer token, with its location."""
    token = authorization.removeprefix("Bearer ")
    device = await session.scalar(
        select(Device)
        .where(Device.token_hash == hashed(token))
        .options(joinedload(Device.location))
    )
    if device is None:
        raise HTTPException(401, "unknown device")
    return device


@app.post("/access/checkin")
async def check_in(
    body: CheckInRequest, session: Session, device: Annotated[Device, Depends(device_of)]
) -> CheckInResponse:
    """Decide a scan and write it down."""
    earlier = select(Scan).where(Scan.device_id == device.id, Scan.request_id == body.request_id)
    if (stored := await session.scalar(earlier)) is not None:
        return answer(stored)
    now = datetime.now(UTC)
    credential = await session.scalar(
        select(Credential)
        .where(Credential.value_hash == hashed(body.credential.value))
        .options(
            joinedload(Credential.member)
            .selectinload(Member.memberships)
            .joinedload(Membership.plan)
        )
    )
    code = await decide(session, device.location, credential, now)
    scan = Scan(
        id=uuid.uuid4(),
        device_id=device.id,
        location_id=device.location_id,
        member_id=credential.member_id if credential else None,
        request_id=body.request_id,
        at=now,
        allowed=code == "ALLOWED",
        code=code,
    )
    session.add(scan)
    try:
        await session.commit()
    except IntegrityError:
        await session.rollback()
        return answer((await session.scalars(earlier)).one())
    return answer(scan)


async def decide(
    session: AsyncSession, location: Location, credential: Credential | None, now: datetime
) -> str:
    """ALLOWED, or the code of the refusal that got furthest."""
    if credential is None:
        return "CREDENTIAL_UNKNOWN"
    if credential.revoked:
        return "CREDENTIAL_REVOKED"
    if credential.member.blocked:
        return "PERSON_BLOCKED"
    wall = now.astimezone(ZoneInfo(location.zone))
    code = "NO_ENTITLEMENT"
    for membership in credential.member.memberships:
        plan = membership.plan
        if location.tier > plan.tier_up_to:
            code = "TIER_TOO_LOW"
        elif not membership.starts_at <= now < membership.ends_at:
            code = "MEMBERSHIP_EXPIRED"
        elif membership.frozen:
            code = "MEMBERSHIP_FROZEN"
        elif not location.opens <= wall.hour < location.closes:
            code = "LOCATION_CLOSED"
        elif not plan.from_hour <= wall.hour < plan.until_hour:
            code = "OUTSIDE_PLAN_HOURS"
        else:
            return await within_limits(session, credential.member_id, plan, wall)
    return code


async def within_limits(
    session: AsyncSession, member_id: uuid.UUID, plan: Plan, wall: datetime
) -> str:
    """Count the visits of the local day and month."""
    today = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    counted = select(func.count().filter(Scan.at >= today), func.count()).where(
        Scan.member_id == member_id, Scan.allowed, Scan.at >= today.replace(day=1)
    )
    day, month = (await session.execute(counted)).one()
    if day >= plan.visits_a_day:
        return "DAILY_LIMIT_REACHED"
    return "PERIOD_LIMIT_REACHED" if month >= plan.visits_a_month else "ALLOWED"


def answer(scan: Scan) -> CheckInResponse:
    """What the door is told."""
    return CheckInResponse(
        decision="allow" if scan.allowed else "deny",
        code=scan.code,
        decision_id=scan.id,
        decided_at=scan.at,
        person_id=scan.member_id,
    )


def made_id(kind: str, number: int) -> uuid.UUID:
    """The same id each time."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {number}")


def driver_url(url: str) -> str:
    """The libpq URL as SQLAlchemy wants it."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def seed(url: str, members: int) -> list[tuple[str, str]]:
    """Make the tables anew and fill them; returns token and location id of each device."""
    engine = create_engine(driver_url(url))
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    engine.dispose()
    now = datetime.now(UTC)
    start, end = now - timedelta(days=40), now + timedelta(days=20)
    places = [
        (made_id("location", n), f"City {n % 4}", 1 + n % 3, ZONE, 0, 24) for n in range(LOCATIONS)
    ]
    tokens = [(f"device-token-{n}", made_id("location", n)) for n in range(LOCATIONS)]
    plan = made_id("plan", 0)
    everyone = range(members)
    with psycopg.connect(url) as connection:
        _copy(connection, Location, places)
        _copy(
            connection,
            Device,
            [(made_id("device", n), hashed(token), at) for n, (token, at) in enumerate(tokens)],
        )
        _copy(connection, Plan, [(plan, 3, 0, 24, 20, 200)])
        _copy(connection, Member, [(made_id("member", n), False) for n in everyone])
        _copy(
            connection,
            Membership,
            [
                (made_id("membership", n), made_id("member", n), plan, start, end, False)
                for n in everyone
            ],
        )
        _copy(
            connection,
            Credential,
            [
                (made_id("card", n), hashed(f"{n:08d}"), made_id("member", n), False)
                for n in everyone
            ],
        )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
    return [(token, str(at)) for token, at in tokens]


def _copy(
    connection: psycopg.Connection[Any], table: type[Base], rows: list[tuple[object, ...]]
) -> None:
    with connection.cursor().copy(f"COPY {table.__tablename__} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def serve(url: str, port: int) -> None:
    """One worker, until the process is told to stop."""
    app.state.url = driver_url(url)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    if sys.argv[1] == "seed":
        for token, location in seed(sys.argv[2], int(sys.argv[3])):
            print(token, location)
    else:
        serve(sys.argv[2], int(sys.argv[3]))
