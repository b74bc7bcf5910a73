"""Errors in Stripe's shape: `{"error": {"type", "code", "param", "message", ...}}`.

Types and codes are those of Stripe's API reference ("Errors", "Error codes").
"""

from typing import Any

from gymhopper.sandbox.stripe.account import API_KEY


class StripeError(Exception):
    """An answer that is an error; whatever the request did is undone."""

    status = 400
    type = "invalid_request_error"

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param

    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        fields = {"message": self.message, "code": self.code, "param": self.param, **self.details()}
        shown = {name: value for name, value in fields.items() if value is not None}
        return {"error": {"type": self.type, **shown}}

    def details(self) -> dict[str, Any]:
        """What this kind of error tells besides."""
        return {}


class InvalidRequest(StripeError):
    """The request cannot be done as it is."""


class Unauthorized(StripeError):
    """No key, or a wrong one."""

    status = 401


class AccountForbidden(StripeError):
    """The key has no access to an account, or there is no such account."""

    status = 403

    def __init__(self, account: str) -> None:
        super().__init__(
            f"The provided key '{API_KEY[:8]}***' does not have access to account '{account}' (or "
            "that account does not exist). Application access may have been revoked.",
            code="account_invalid",
        )


class ResourceMissing(StripeError):
    """There is no such object."""

    status = 404

    def __init__(self, kind: str, key: str, *, param: str) -> None:
        super().__init__(f"No such {kind}: '{key}'", code="resource_missing", param=param)


class UnknownUrl(StripeError):
    """No endpoint has this method and path."""

    status = 404


class IdempotencyMismatch(StripeError):
    """The key was used before, for another request."""

    type = "idempotency_error"


class CardDeclined(StripeError):
    """The issuer said no. What the attempt left behind (a failed charge, an open invoice) stays."""

    status = 402
    type = "card_error"

    def __init__(
        self,
        message: str,
        *,
        code: str = "card_declined",
        decline_code: str | None = None,
        param: str | None = None,
        **about: dict[str, Any] | str | None,
    ) -> None:
        """`about`: charge, payment_intent, setup_intent, payment_method, where there is one."""
        super().__init__(message, code=code, param=param)
        self.decline_code = decline_code
        self.about = about

    def details(self) -> dict[str, Any]:
        """Why it was declined, and the objects that say so."""
        return {"decline_code": self.decline_code, **self.about}
