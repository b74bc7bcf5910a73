"""What a provider's webhook says: that something about one object may be different.

Only ids are read from the body. What the object is like now is fetched afterwards, so that old API
versions, late and repeated deliveries all mean the same.
"""

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from gymhopper.contexts.billing.domain.errors import MalformedNotification

REFERENCE = "gymhopper_id"
"""The metadata key under which our own id is written into the provider's objects."""

SubjectKind = Literal["subscription", "invoice", "payment", "checkout", "customer"]


@dataclass(frozen=True, slots=True)
class Subject:
    """The object that is to be fetched. `payment` is looked at for what went back of it, `customer`
    for a card that was not there before."""

    kind: SubjectKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """An event of the provider. `lock` groups those that concern the same subscription."""

    event_id: str
    type: str
    api_version: str | None
    account: str | None
    lock: str
    subject: Subject | None


class _Data(msgspec.Struct):
    object: dict[str, Any]


class _Event(msgspec.Struct):
    id: str
    type: str
    data: _Data
    api_version: str | None = None
    account: str | None = None


def read(body: bytes) -> Notification:
    """Read a Stripe event of any API version; raises MalformedNotification."""
    try:
        event = msgspec.json.decode(body, type=_Event)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise MalformedNotification("The body is not an event.") from error
    if not event.id:
        raise MalformedNotification("The event has no id.", field="id")
    about = event.data.object
    return Notification(
        event_id=event.id,
        type=event.type,
        api_version=event.api_version,
        account=event.account,
        lock=_subscription(about) or _text(about, "customer") or _text(about, "id") or event.id,
        subject=_subject(event.type, about),
    )


def _subject(event_type: str, about: dict[str, Any]) -> Subject | None:
    match event_type.split("."):
        case ["checkout", "session", *_]:
            kind, key = "checkout", "id"
        case ["customer", "updated"]:
            kind, key = "customer", "id"
        case ["payment_method", "attached"]:
            kind, key = "customer", "customer"
        case ["customer", "subscription", *_]:
            kind, key = "subscription", "id"
        case ["invoice", *_]:
            kind, key = "invoice", "id"
        case ["invoice_payment", *_]:
            kind, key = "invoice", "invoice"
        case ["charge", "refunded"] | ["charge", "refund" | "dispute", *_] | ["refund", _]:
            kind, key = "payment", "payment_intent"
        case ["payment_intent", *_] if _is_ours(about):
            kind, key = "payment", "id"
        case _:
            return None
    found = _text(about, key)
    return Subject(kind, found) if found else None  # type: ignore[arg-type]  # one of the kinds


def _is_ours(about: dict[str, Any]) -> bool:
    """Whether it bears an id of ours: of what an invoice is paid with, the invoice tells."""
    metadata = about.get("metadata")
    return isinstance(metadata, dict) and REFERENCE in metadata


def _subscription(about: dict[str, Any]) -> str | None:
    """The subscription's id, wherever the API version put it."""
    if about.get("object") == "subscription":
        return _text(about, "id")
    parent = about.get("parent")
    details = parent.get("subscription_details") if isinstance(parent, dict) else None
    if isinstance(details, dict) and (found := _text(details, "subscription")):
        return found
    return _text(about, "subscription")


def _text(about: dict[str, Any], key: str) -> str | None:
    """An id, also where the object itself stands in its place."""
    value = about.get(key)
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and value else None
