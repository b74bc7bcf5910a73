"""Ids in Stripe's form, and what an object is in this simulator."""

import secrets
import string
from typing import Any

Object = dict[str, Any]
"""An object as its JSON."""

_ALPHABET = string.ascii_letters + string.digits
_LENGTHS = {"acct": 16, "cus": 14, "prod": 14, "si": 14}
_UPPER = string.ascii_uppercase + string.digits


def object_id(prefix: str) -> str:
    """A fresh id such as `cus_NffrFeUfNV2Hib`."""
    length = _LENGTHS.get(prefix, 24)
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(length))


def invoice_prefix() -> str:
    """A customer's own part of the numbers of its invoices."""
    return "".join(secrets.choice(_UPPER) for _ in range(8))


def contained(data: list[Object], url: str) -> Object:
    """A list inside an object, complete."""
    return {"object": "list", "data": data, "has_more": False, "url": url}
