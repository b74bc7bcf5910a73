"""Stripe's errors as ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from gymhopper.contexts.billing.domain.errors import CardRefused, ProviderRefused
from gymhopper.kernel.errors import Conflict, Unavailable


class Missing(ProviderRefused):
    """Stripe does not know the object."""

    code = "provider_object_missing"


@contextmanager
def translated() -> Iterator[None]:
    """Stripe's errors as ours: try again later, the card said no, or the request is wrong."""
    try:
        yield
    except stripe.CardError as error:
        raise CardRefused(error.user_message or "The card was refused.") from error
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise Unavailable("The payment provider cannot be reached now.") from error
    except stripe.IdempotencyError as error:
        raise Conflict(
            "The same request is under way, or was made with other values.",
            code="provider_conflict",
        ) from error
    except stripe.InvalidRequestError as error:
        if error.http_status == 404 or error.code == "resource_missing":
            raise Missing(
                error.user_message or "The payment provider has no such thing."
            ) from error
        raise ProviderRefused(error.user_message or "The payment provider refused.") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise Unavailable("The payment provider does not accept our key.") from error
    except stripe.StripeError as error:
        raise Unavailable("The payment provider failed to answer.") from error
