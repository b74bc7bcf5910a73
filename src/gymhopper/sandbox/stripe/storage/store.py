"""The account's objects in one transaction, and the events that their changes make."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.sandbox.stripe.account import ACCOUNT
from gymhopper.sandbox.stripe.errors import InvalidRequest, ResourceMissing
from gymhopper.sandbox.stripe.objects.event import event, previous_attributes
from gymhopper.sandbox.stripe.objects.identity import Object

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
_DELIVER = text(
    "INSERT INTO sandbox_stripe.delivery (event_id, due_at) VALUES (:event_id, :due_at)"
)
_PLAN = text(
    "INSERT INTO sandbox_stripe.agenda (object_id, action, owner_id, due_at, account)"
    " VALUES (:object_id, :action, :owner_id, :due_at, :account)"
    " ON CONFLICT (object_id, action) DO UPDATE SET due_at = excluded.due_at"
)
_UNPLAN = text(
    "DELETE FROM sandbox_stripe.agenda WHERE object_id = :object_id AND action = ANY(:actions)"
)
_UNPLAN_ALL = text("DELETE FROM sandbox_stripe.agenda WHERE owner_id = :owner_id")
# At the same second a subscription resumes before it ends, and ends before it renews.
_NEXT = """
SELECT object_id, action, owner_id, due_at, account FROM sandbox_stripe.agenda
WHERE due_at <= :now {owner}
ORDER BY due_at, array_position(ARRAY['resume', 'cancel', 'expire', 'retry', 'renew'], action),
    object_id
LIMIT 1
"""
_NEXT_OF_ALL = text(_NEXT.format(owner=""))
_NEXT_OF_ONE = text(_NEXT.format(owner="AND owner_id = :owner_id"))

# What lists can be filtered by; the expressions are those of the indexes.
_FILTERS = {
    "customer": "body->>'customer' = :customer",
    "email": "body->>'email' = :email",
    "subscription": "body#>>'{parent,subscription_details,subscription}' = :subscription",
    "session_subscription": "body->>'subscription' = :session_subscription",
    "invoice": "body->>'invoice' = :invoice",
    "payment_intent": "body->>'payment_intent' = :payment_intent",
    "charge": "body->>'charge' = :charge",
    "paid_with": "body#>>'{payment,payment_intent}' = :paid_with",
    "product": "body->>'product' = :product",
    "price": "body#>'{items,data}' @> jsonb_build_array(jsonb_build_object("
    "'price', jsonb_build_object('id', CAST(:price AS text))))",
    "active": "body->'active' = to_jsonb(CAST(:active AS boolean))",
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


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, newest first."""

    data: list[Object]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Store:
    """What endpoints and the billing clock work on. `now` is Unix seconds and stands still.

    It sees the objects of one account: the platform's own, or a connected one.
    """

    connection: AsyncConnection
    now: int
    cause: Cause = field(default=Cause())
    account: str = ACCOUNT

    def at(self, now: int) -> "Store":
        """The same transaction at another moment: renewals happen when they were due."""
        return replace(self, now=now, cause=self.cause if now == self.now else Cause())

    def of(self, account: str) -> "Store":
        """The same transaction on the objects of another account."""
        return replace(self, account=account)

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
                "created": new["created"],
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
                previous if event_type.endswith((".updated", "charge.refunded")) else None,
            )
        return after

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
        await self.insert(made)
        await self.connection.execute(_DELIVER, {"event_id": made["id"], "due_at": self.now})

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
            },
        )

    async def unplan(self, object_id: str, *actions: str) -> None:
        """Take these actions back, where they are planned."""
        await self.connection.execute(_UNPLAN, {"object_id": object_id, "actions": list(actions)})

    async def unplan_all(self, owner_id: str) -> None:
        """Take back everything that is planned for a subscription and its invoices."""
        await self.connection.execute(_UNPLAN_ALL, {"owner_id": owner_id})

    async def next_due(self, owner_id: str | None = None) -> AgendaEntry | None:
        """The entry that is due longest by now, of all or of one owner."""
        statement = _NEXT_OF_ALL if owner_id is None else _NEXT_OF_ONE
        arguments = {"now": self.now} | ({} if owner_id is None else {"owner_id": owner_id})
        row = (await self.connection.execute(statement, arguments)).one_or_none()
        return AgendaEntry(*row) if row is not None else None
