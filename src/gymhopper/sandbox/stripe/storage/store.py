"""The account's objects in one transaction, and the events that their changes make."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.sandbox.stripe.account import ACCOUNT
from gymhopper.sandbox.stripe.errors import InvalidRequest, ResourceMissing
from gymhopper.sandbox.stripe.objects.event import event, previous_attributes
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.listeners import deliver, listeners

# One writer at a time: the account's events have one order, and no two requests or renewals
# work on the same object.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('sandbox_stripe'))")

_FIND = text(
    "SELECT body FROM sandbox_stripe.object WHERE kind = :kind AND id = :id AND account = :account"
)
_ANYWHERE = text("SELECT account, body FROM sandbox_stripe.object WHERE kind = :kind AND id = :id")
_HIDDEN = text("SELECT hidden FROM sandbox_stripe.object WHERE id = :id AND account = :account")
_INSERT = text(
    "INSERT INTO sandbox_stripe.object (id, account, kind, created, body, hidden)"
    " VALUES (:id, :account, :kind, :created, CAST(:body AS jsonb), CAST(:hidden AS jsonb))"
)
_SAVE = text("UPDATE sandbox_stripe.object SET body = CAST(:body AS jsonb) WHERE id = :id")
_HIDE = text(
    "UPDATE sandbox_stripe.object SET hidden = hidden || CAST(:hidden AS jsonb) WHERE id = :id"
)
_DELETE = text("DELETE FROM sandbox_stripe.object WHERE id = :id")
_FORGET_AGENDA = text("DELETE FROM sandbox_stripe.agenda WHERE clock = :clock")
_FORGET_OBJECTS = text(
    "DELETE FROM sandbox_stripe.object WHERE kind <> 'event' AND account = :account"
    " AND (body->>'test_clock' = :clock OR body->>'customer' IN ("
    "SELECT id FROM sandbox_stripe.object"
    " WHERE kind = 'customer' AND account = :account AND body->>'test_clock' = :clock))"
)
_PLAN = text(
    "INSERT INTO sandbox_stripe.agenda (object_id, action, owner_id, due_at, account, clock)"
    " VALUES (:object_id, :action, :owner_id, :due_at, :account, :clock)"
    " ON CONFLICT (object_id, action) DO UPDATE SET due_at = excluded.due_at"
)
_UNPLAN = text(
    "DELETE FROM sandbox_stripe.agenda WHERE object_id = :object_id AND action = ANY(:actions)"
)
_UNPLAN_ALL = text("DELETE FROM sandbox_stripe.agenda WHERE owner_id = :owner_id")
# At the same second a subscription resumes before it ends, and ends before it renews; a test clock
# arrives after everything that was due on its way.
_ORDER = """
ORDER BY entry.due_at,
    array_position(
        ARRAY['resume', 'warn', 'cancel', 'expire', 'lapse', 'retry', 'renew', 'refund_arrives',
            'refund_fails', 'lose', 'arrive'],
        entry.action
    ), entry.object_id
LIMIT 1
"""
_ENTRY = """
SELECT entry.object_id, entry.action, entry.owner_id, entry.due_at, entry.account, entry.clock
FROM sandbox_stripe.agenda AS entry
"""
_NEXT_BY_TIME = text(f"{_ENTRY} WHERE entry.clock IS NULL AND entry.due_at <= :now {_ORDER}")
_NEXT_BY_CLOCKS = text(
    f"{_ENTRY} JOIN sandbox_stripe.agenda AS target ON target.object_id = entry.clock"
    f" AND target.action = 'arrive' AND entry.due_at <= target.due_at {_ORDER}"
)
_NEXT_OF_ONE = text(f"{_ENTRY} WHERE entry.due_at <= :now AND entry.owner_id = :owner_id {_ORDER}")

# What lists can be filtered by; the expressions are those of the indexes.
_FILTERS = {
    "customer": "body->>'customer' = :customer",
    "email": "body->>'email' = :email",
    "subscription": "body#>>'{parent,subscription_details,subscription}' = :subscription",
    "session_subscription": "body->>'subscription' = :session_subscription",
    "invoice": "body->>'invoice' = :invoice",
    "pending": "(body->>'invoice' IS NULL) = :pending",
    "unowned": "(body->>'parent' IS NULL) = :unowned",
    "clockless": "(body->>'test_clock' IS NULL) = :clockless",
    "test_clock": "body->>'test_clock' = :test_clock",
    "code": "lower(body->>'code') = lower(:code)",
    "coupon": "body#>>'{promotion,coupon}' = :coupon",
    "payment_intent": "body->>'payment_intent' = :payment_intent",
    "charge": "body->>'charge' = :charge",
    "paid_with": "body#>>'{payment,payment_intent}' = :paid_with",
    "product": "body->>'product' = :product",
    "price": "body#>'{items,data}' @> jsonb_build_array(jsonb_build_object("
    "'price', jsonb_build_object('id', CAST(:price AS text))))",
    "is_default": "body->'is_default' = to_jsonb(CAST(:is_default AS boolean))",
    "active": "body->'active' = to_jsonb(CAST(:active AS boolean))",
    "payment_method": "body->>'payment_method' = :payment_method",
    "allow_redisplay": "body->>'allow_redisplay' = :allow_redisplay",
    "status": "body->>'status' = :status",
    "not_status": "body->>'status' <> :not_status",
    "statuses": "body->>'status' = ANY(:statuses)",
    "lookup_keys": "body->>'lookup_key' = ANY(:lookup_keys)",
    "types": "body->>'type' = ANY(:types)",
    "type": "body->>'type' = :type",
    "currency": "body->>'currency' = :currency",
    "source": "body->>'source' = :source",
    "destination": "body->>'destination' = :destination",
    "transfer": "body->>'transfer' = :transfer",
    "transfer_group": "body->>'transfer_group' = :transfer_group",
    "gt": "created > :gt",
    "gte": "created >= :gte",
    "lt": "created < :lt",
    "lte": "created <= :lte",
}


# The events that tell the previous attributes.
_SAYS_BEFORE = (".updated", ".detached", "charge.refunded")


@dataclass(frozen=True, slots=True)
class Cause:
    """The request that makes a change; the billing clock's changes have none."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class AgendaEntry:
    """Something that the billing clock has to do with an object at `due_at`."""

    object_id: str
    action: str
    owner_id: str
    due_at: int
    account: str
    clock: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, newest first."""

    data: list[Object]
    has_more: bool


class Undone(Exception):
    """Takes back what was done tentatively."""


@dataclass(frozen=True, slots=True)
class Store:
    """What endpoints and the billing clock work on. `now` is Unix seconds and stands still.

    It sees the objects of one account: the platform's own, or a connected one. `clock` is the
    test clock by which it is that time; `sent_at` is the platform's own time, at which events go
    out. `base_url` is the simulator's own address, where its pages are.
    """

    connection: AsyncConnection
    now: int
    cause: Cause = field(default=Cause())
    account: str = ACCOUNT
    clock: str | None = None
    sent_at: int | None = None
    base_url: str = ""

    def at(self, now: int, *, clock: str | None = None) -> "Store":
        """The same transaction at another moment: renewals happen when they were due."""
        return replace(
            self,
            now=now,
            cause=self.cause if now == self.now else Cause(),
            clock=clock or self.clock,
            sent_at=self.now if self.sent_at is None else self.sent_at,
        )

    def of(self, account: str) -> "Store":
        """The same transaction on the objects of another account."""
        return replace(self, account=account)

    def by(self, clock: Object) -> "Store":
        """The same transaction and cause, at the time of a test clock."""
        then = self.at(clock["frozen_time"], clock=clock["id"])
        return replace(then, cause=self.cause)

    @asynccontextmanager
    async def tentatively(self) -> AsyncIterator[None]:
        """What is done inside is undone when an error leaves it; `Undone` ends there."""
        savepoint = await self.connection.begin_nested()
        try:
            yield
        except Undone:
            await savepoint.rollback()
        except BaseException:
            await savepoint.rollback()
            raise
        else:
            await savepoint.commit()

    async def lock(self) -> None:
        """Wait for every other writer; held until the transaction ends."""
        await self.connection.execute(_LOCK)

    async def find(self, kind: str, key: str) -> Object | None:
        """The object of this kind and id, or None."""
        if "\0" in key:  # which no id has and PostgreSQL's text cannot
            return None
        arguments = {"kind": kind, "id": key, "account": self.account}
        return (await self.connection.execute(_FIND, arguments)).scalar()

    async def anywhere(self, kind: str, key: str) -> "tuple[Store, Object] | None":
        """The object, whichever account's it is, and a store of that account: a hosted page knows
        its object's id alone."""
        if "\0" in key:
            return None
        row = (await self.connection.execute(_ANYWHERE, {"kind": kind, "id": key})).one_or_none()
        return (self.of(row.account), row.body) if row is not None else None

    async def get(self, kind: str, key: str, *, param: str) -> Object:
        """The object; ResourceMissing, which names the parameter, when there is none."""
        found = await self.find(kind, key)
        if found is None:
            raise ResourceMissing(kind, key, param=param)
        return found

    async def hidden(self, key: str) -> Object:
        """What is kept with an object and not shown."""
        arguments = {"id": key, "account": self.account}
        row: Object = (await self.connection.execute(_HIDDEN, arguments)).scalar_one()
        return row

    async def insert(
        self, new: Object, event_type: str | None = None, *, hidden: Object | None = None
    ) -> Object:
        """Keep a new object, and say so when `event_type` is given."""
        await self.connection.execute(
            _INSERT,
            {
                "id": new["id"],
                "account": self.account,
                "kind": new["object"],
                "created": new.get("created", self.now),
                "body": json.dumps(new),
                "hidden": json.dumps(hidden or {}),
            },
        )
        if event_type is not None:
            await self.emit(event_type, new)
        return new

    async def update(self, before: Object, changes: Mapping[str, Any], *event_types: str) -> Object:
        """Keep `before` with `changes`; the events carry the previous attributes where Stripe's do.

        Nothing happens when nothing differs.
        """
        after = {**before, **changes}
        previous = previous_attributes(before, after)
        if not previous:
            return before
        await self.connection.execute(_SAVE, {"id": after["id"], "body": json.dumps(after)})
        for event_type in event_types:
            await self.emit(
                event_type,
                after,
                previous if event_type.endswith(_SAYS_BEFORE) else None,
            )
        return after

    async def hide(self, key: str, **more: Any) -> None:
        """Keep more with an object that is not shown."""
        await self.connection.execute(_HIDE, {"id": key, "hidden": json.dumps(more)})

    async def delete(self, before: Object, event_type: str | None = None) -> Object:
        """Forget the object; returns what stands for it from now on."""
        if event_type is not None:
            await self.emit(event_type, before)
        await self.connection.execute(_DELETE, {"id": before["id"]})
        return {"id": before["id"], "object": before["object"], "deleted": True}

    async def forget_clock(self, clock: str) -> None:
        """Forget the customers of a test clock, all that is theirs, and what was planned by it."""
        await self.connection.execute(_FORGET_AGENDA, {"clock": clock})
        arguments = {"clock": clock, "account": self.account}
        await self.connection.execute(_FORGET_OBJECTS, arguments)

    async def emit(self, event_type: str, about: Object, previous: Object | None = None) -> None:
        """Record an event and have it delivered."""
        made = event(
            event_type,
            about,
            created=self.now,
            previous=previous,
            request_id=self.cause.request_id,
            idempotency_key=self.cause.idempotency_key,
        )
        if self.account != ACCOUNT:
            made["account"] = self.account
        told = await listeners(self.connection, self.account, event_type)
        made["pending_webhooks"] = len(told)
        await self.insert(made)
        due_at = self.now if self.sent_at is None else self.sent_at
        await deliver(self.connection, made["id"], told, due_at)

    async def page(
        self,
        kind: str,
        filters: Mapping[str, Any],
        *,
        limit: int,
        starting_after: str | None = None,
        ending_before: str | None = None,
    ) -> Page:
        """A page of the kind's objects; filters that are None are left out."""
        given = {name: value for name, value in filters.items() if value is not None}
        clauses = ["account = :account", "kind = :kind", *(_FILTERS[name] for name in given)]
        arguments: dict[str, Any] = {
            **given,
            "account": self.account,
            "kind": kind,
            "limit": limit + 1,
        }
        order = "DESC"
        if starting_after is not None:
            clauses.append("seq < :seq")
            arguments["seq"] = await self._position(kind, starting_after, "starting_after")
        elif ending_before is not None:
            clauses.append("seq > :seq")
            arguments["seq"] = await self._position(kind, ending_before, "ending_before")
            order = "ASC"
        statement = (
            "SELECT body FROM sandbox_stripe.object"  # noqa: S608 - every clause is a constant of this module
            f" WHERE {' AND '.join(clauses)} ORDER BY seq {order} LIMIT :limit"
        )
        rows = (await self.connection.execute(text(statement), arguments)).scalars().all()
        found = list(rows[:limit])
        return Page(found if order == "DESC" else found[::-1], len(rows) > limit)

    async def _position(self, kind: str, key: str, param: str) -> int:
        seq: int | None = (
            await self.connection.execute(
                text(
                    "SELECT seq FROM sandbox_stripe.object"
                    " WHERE kind = :kind AND id = :id AND account = :account"
                ),
                {"kind": kind, "id": key, "account": self.account},
            )
        ).scalar()
        if seq is None:
            raise InvalidRequest(f"No such {kind}: '{key}'", code="resource_missing", param=param)
        return seq

    async def plan(self, owner_id: str, object_id: str, action: str, due_at: int) -> None:
        """Have the billing clock do `action` at `due_at`; planning it again moves it."""
        await self.connection.execute(
            _PLAN,
            {
                "object_id": object_id,
                "action": action,
                "owner_id": owner_id,
                "due_at": due_at,
                "account": self.account,
                "clock": self.clock,
            },
        )

    async def unplan(self, object_id: str, *actions: str) -> None:
        """Take these actions back, where they are planned."""
        await self.connection.execute(_UNPLAN, {"object_id": object_id, "actions": list(actions)})

    async def unplan_all(self, owner_id: str) -> None:
        """Take back everything that is planned for a subscription and its invoices."""
        await self.connection.execute(_UNPLAN_ALL, {"owner_id": owner_id})

    async def next_due(self, owner_id: str | None = None) -> AgendaEntry | None:
        """The entry that is due longest by now, of all or of one owner.

        Of all: first those of the platform's time, then those of test clocks that advance.
        """
        if owner_id is not None:
            return await self._entry(_NEXT_OF_ONE, {"now": self.now, "owner_id": owner_id})
        due = await self._entry(_NEXT_BY_TIME, {"now": self.now})
        return due or await self._entry(_NEXT_BY_CLOCKS, {})

    async def _entry(self, statement: TextClause, values: Mapping[str, Any]) -> AgendaEntry | None:
        row = (await self.connection.execute(statement, values)).one_or_none()
        return AgendaEntry(*row) if row is not None else None
