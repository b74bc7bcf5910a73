"""A booking as a competent team would write it first: FastAPI, SQLAlchemy 2 and PostgreSQL.

Whoever books has a bearer token and a key; the class's row is locked, places and the line are
counted, and the booking is committed with the answer that a repeated key gets. Checks that need no
lock come before it.

    python -m bench.baselines.booking serve <postgres url> <port>
"""

import hashlib
import sys
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import psycopg
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel
from sqlalchemy import ForeignKey, UniqueConstraint, create_engine, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, contains_eager, mapped_column, relationship
from sqlalchemy.types import DateTime

Timestamp = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Rows = Iterable[tuple[object, ...]]


class Base(DeclarativeBase):
    """The tables."""


class Member(Base):
    """A person."""

    __tablename__ = "baseline_member"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    blocked: Mapped[bool] = mapped_column(default=False)


class Token(Base):
    """What a member signed in with."""

    __tablename__ = "baseline_token"
    hash: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Member.id))
    expires_at: Mapped[Timestamp]
    member: Mapped[Member] = relationship(lazy="raise")


class Membership(Base):
    """What a member bought."""

    __tablename__ = "baseline_membership"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Member.id), index=True)
    starts_at: Mapped[Timestamp]
    ends_at: Mapped[Timestamp]
    frozen: Mapped[bool] = mapped_column(default=False)


class GymClass(Base):
    """A dated class."""

    __tablename__ = "baseline_class"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    starts_at: Mapped[Timestamp]
    ends_at: Mapped[Timestamp]
    capacity: Mapped[int]
    cancelled: Mapped[bool] = mapped_column(default=False)


class Booking(Base):
    """A member's place in a class, or in the line for it."""

    __tablename__ = "baseline_booking"
    __table_args__ = (UniqueConstraint("class_id", "member_id"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    class_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(GymClass.id))
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Member.id), index=True)
    membership_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Membership.id))
    status: Mapped[str]
    position: Mapped[int | None]
    booked_at: Mapped[Timestamp]


class KeptAnswer(Base):
    """What a request with this key was answered."""

    __tablename__ = "baseline_answer"
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Member.id), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str]
    answered_at: Mapped[Timestamp]


class BookingRequest(BaseModel):
    """Which membership it shall rest on; the first good one when it does not say."""

    membership_id: uuid.UUID | None = None


class BookingResponse(BaseModel):
    """The booking."""

    id: uuid.UUID
    class_id: uuid.UUID
    status: str
    position: int | None


def hashed(value: str) -> str:
    """How tokens are stored."""
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


async def member_of(session: Session, authorization: Annotated[str, Header()] = "") -> Member:
    """The member behind the bearer token."""
    token = await session.scalar(
        select(Token)
        .join(Token.member)
        .where(Token.hash == hashed(authorization.removeprefix("Bearer ")))
        .options(contains_eager(Token.member))
    )
    if token is None or token.expires_at <= datetime.now(UTC):
        raise HTTPException(401, "unknown token")
    return token.member


@app.post("/classes/{class_id}/book", status_code=201, response_model=BookingResponse)
async def book(
    class_id: uuid.UUID,
    body: BookingRequest,
    session: Session,
    member: Annotated[Member, Depends(member_of)],
    idempotency_key: Annotated[str, Header()],
) -> Response:
    """Take a place, or one in the line."""
    kept = await session.get(KeptAnswer, (member.id, idempotency_key))
    if kept is not None:
        return created(kept.body)
    now = datetime.now(UTC)
    gym_class = await session.get(GymClass, class_id)
    if gym_class is None:
        raise HTTPException(404, "unknown class")
    membership = await membership_for(session, member, gym_class, body.membership_id)
    await refuse_overlapping(session, member, gym_class)
    # Others of the class wait here.
    await session.refresh(gym_class, with_for_update=True)
    if gym_class.cancelled or gym_class.starts_at <= now:
        raise HTTPException(409, "class is not open")
    counted = select(
        func.count().filter(Booking.status == "booked"), func.max(Booking.position)
    ).where(Booking.class_id == class_id)
    places, last = (await session.execute(counted)).one()
    free = places < gym_class.capacity
    booking = Booking(
        id=uuid.uuid4(),
        class_id=class_id,
        member_id=member.id,
        membership_id=membership.id,
        status="booked" if free else "waiting",
        position=None if free else (last or 0) + 1,
        booked_at=now,
    )
    answer = BookingResponse.model_validate(booking, from_attributes=True).model_dump_json()
    session.add(booking)
    session.add(KeptAnswer(member_id=member.id, key=idempotency_key, body=answer, answered_at=now))
    try:
        await session.commit()
    except IntegrityError as error:
        raise HTTPException(409, "already booked") from error
    return created(answer)


async def membership_for(
    session: AsyncSession, member: Member, gym_class: GymClass, wanted: uuid.UUID | None
) -> Membership:
    """A membership that is good when the class begins."""
    if member.blocked:
        raise HTTPException(403, "blocked")
    good = select(Membership).where(
        Membership.member_id == member.id,
        Membership.starts_at <= gym_class.starts_at,
        Membership.ends_at > gym_class.starts_at,
        ~Membership.frozen,
    )
    if wanted is not None:
        good = good.where(Membership.id == wanted)
    found = await session.scalar(good.order_by(Membership.ends_at).limit(1))
    if found is None:
        raise HTTPException(409, "no membership")
    return found


async def refuse_overlapping(session: AsyncSession, member: Member, gym_class: GymClass) -> None:
    """A person is in one place at a time."""
    other = await session.scalar(
        select(Booking.class_id)
        .join(GymClass)
        .where(
            Booking.member_id == member.id,
            GymClass.starts_at < gym_class.ends_at,
            GymClass.ends_at > gym_class.starts_at,
        )
        .limit(1)
    )
    if other is not None:
        raise HTTPException(409, "already booked" if other == gym_class.id else "overlapping")


def created(body: str) -> Response:
    """The answer, the same bytes each time."""
    return Response(body, 201, media_type="application/json")


def driver_url(url: str) -> str:
    """The libpq URL as SQLAlchemy wants it."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def seed(url: str, tokens: Sequence[str]) -> None:
    """Make the tables anew, and a member with a membership for each token."""
    engine = create_engine(driver_url(url))
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    engine.dispose()
    now = datetime.now(UTC)
    start, end, tomorrow = (now + timedelta(days=days) for days in (-40, 365, 1))
    ids = [uuid.uuid4() for _ in tokens]
    with psycopg.connect(url) as connection:
        _copy(connection, Member, [(each, False) for each in ids])
        _copy(
            connection,
            Token,
            [(hashed(token), each, tomorrow) for token, each in zip(tokens, ids, strict=True)],
        )
        _copy(connection, Membership, [(uuid.uuid4(), each, start, end, False) for each in ids])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def add_class(url: str, starts_at: datetime, places: int) -> uuid.UUID:
    """A class of an hour."""
    class_id = uuid.uuid4()
    with psycopg.connect(url) as connection:
        row = (class_id, starts_at, starts_at + timedelta(hours=1), places, False)
        _copy(connection, GymClass, [row])
    return class_id


def _copy(connection: psycopg.Connection[Any], table: type[Base], rows: Rows) -> None:
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
    serve(sys.argv[2], int(sys.argv[3]))
