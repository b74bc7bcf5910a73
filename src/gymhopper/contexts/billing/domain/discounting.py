"""Whether a provider should be taking something off what it asks for."""

from gymhopper.contexts.billing.domain.provider import ProviderSubscription
from gymhopper.contexts.billing.domain.term_end import boundary
from gymhopper.contexts.billing.domain.terms import Terms


def discount_differs(terms: Terms | None, found: ProviderSubscription) -> bool:
    """Whether it would take off the next period what it should not, or not what it should.

    `terms` are those that it is to collect by; None: it is being told of others.
    """
    return terms is not None and discounts_next(terms, found) != found.discounted


def discounts_next(terms: Terms, found: ProviderSubscription) -> bool:
    """Whether the discount holds for the period that it begins next. Periods are counted as the
    provider does, from the first one that is paid for."""
    sold, start = terms.discount, found.current_period.until
    if sold is None or sold.periods is None or start is None or found.anchor is None:
        return sold is not None
    return start < boundary(terms, found.anchor, sold.periods)
