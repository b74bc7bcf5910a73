"""A snapshot with a later fence that was fetched earlier takes nothing back."""

from contexts.billing.domain.test_debt import START, claim, dues, invoice
from contexts.billing.samples import MONTHLY
from gymhopper.contexts.billing.domain.claim import Claim, Refund
from gymhopper.contexts.billing.domain.payment import Payment
from gymhopper.contexts.billing.domain.provider import ProviderRefund
from gymhopper.kernel.ids import new_id


def payment(of: Claim) -> Payment:
    return Payment(
        id=new_id(),
        claim_id=of.id,
        organisation_id=of.organisation_id,
        person_id=of.person_id,
        provider="stripe",
        provider_payment_id="pi_1",
        amount=2990,
        currency="EUR",
        paid_at=START,
    )


def refund(of: Claim, source: Payment) -> Refund:
    return Refund(
        id=new_id(),
        claim_id=of.id,
        organisation_id=of.organisation_id,
        person_id=of.person_id,
        payment_id=source.id,
        amount=1000,
        currency="EUR",
        actor="desk",
        requested_at=START,
    )


def test_an_invoice_without_a_payment_that_is_known_is_an_older_look() -> None:
    one = claim(dues())
    assert not one.knows_more(invoice("open"), [])
    assert one.knows_more(invoice("open"), [payment(one)])


def test_what_was_paid_at_the_desk_is_not_expected_at_the_provider() -> None:
    one = claim(dues())
    by_hand = payment(one)
    by_hand.provider = "manual"
    assert not one.knows_more(invoice("open"), [by_hand])


def test_a_void_claim_is_not_opened_by_an_older_look() -> None:
    one = claim(dues())
    one.follow(invoice("void"), [], MONTHLY, 1, START)
    assert one.knows_more(invoice("open"), [])
    assert not one.knows_more(invoice("void"), [])


def test_a_claim_that_failed_stays_failed_when_a_look_before_the_try_comes_late() -> None:
    one = claim(dues())
    one.follow(invoice("open", attempts=1), [], MONTHLY, 1, START)
    one.follow(invoice("open", attempts=0), [], MONTHLY, 2, START)
    assert (one.status, one.failure_known_at) == ("failed", START)


def test_a_refund_that_went_through_is_not_under_way_again() -> None:
    one = claim(dues())
    given = refund(one, payment(one))

    def look(status: str) -> ProviderRefund:
        return ProviderRefund(
            id="re_1",
            payment_id="pi_1",
            reference=given.id,
            amount=1000,
            status=status,  # type: ignore[arg-type] # one of the four
            created_at=START,
        )

    assert given.follow(look("pending"), one, START) is None
    assert given.follow(look("succeeded"), one, START) is not None
    assert given.follow(look("pending"), one, START) is None
    assert given.status == "succeeded"
    # The bank may send it back later: that is news.
    given.follow(look("failed"), one, START)
    assert given.status == "failed"
