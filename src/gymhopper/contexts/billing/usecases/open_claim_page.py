"""Open a page on which a claim is paid that a bank took back: no invoice asks for it any more.

As with the page for a first payment, each step may be repeated: note down what will be asked, ask
under our own id, note down the answer. While a page is open, asking again gives the same one.
"""

from dataclasses import dataclass, replace

from sqlalchemy import select, update

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.checkout import BillingAccount
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.claim_page import ClaimPage
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.errors import NothingToPay, PageOpening
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.storage.page_tables import claim_page
from gymhopper.contexts.billing.usecases.end_claim_page import expire_claim_page
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class _Reservation:
    """`to_pay` is what the page has to ask for now."""

    page: ClaimPage
    to_pay: int
    customer_id: str | None


async def open_claim_page(
    runtime: Runtime, provider: PaymentProvider, caller: AuthSubject, claim: Claim, return_url: str
) -> str:
    """Where the claim is paid. Raises NothingToPay, PageOpening, and what the provider raises."""
    writer = caller
    if caller.person_id is not None:
        # People see their part of the books; the organisation is who writes them.
        writer = replace(caller, organisation_id=claim.organisation_id, person_id=None)
    while True:
        async with runtime.begin(writer) as uow:
            held = await _reserve(uow, claim, return_url)
        await runtime.settle()
        page = held.page
        if page.url is None or page.provider_id is None:
            return await _open(runtime, provider, writer, held)
        if await _is_open(runtime, provider, held, page.provider_id):
            return page.url


async def _reserve(uow: UnitOfWork, seen: Claim, return_url: str) -> _Reservation:
    """The claim's open page, made where it is missing, under the lock of its dues."""
    await uow.get(Dues, seen.dues_id)
    claim = await uow.get(Claim, seen.id)
    to_pay = claim.outstanding + claim.written_off
    if to_pay == 0:
        raise NothingToPay("Nothing is to be paid for this claim.")
    account = await uow.session.get_one(BillingAccount, claim.billing_account_id)
    page = await uow.session.scalar(
        select(ClaimPage).where(claim_page.c.claim_id == claim.id, claim_page.c.status == "open")
    )
    if page is None:
        page = ClaimPage(
            id=new_id(),
            organisation_id=claim.organisation_id,
            person_id=claim.person_id,
            claim_id=claim.id,
            amount=to_pay,
            currency=claim.currency,
            text=claim.lines[0].text,
            return_url=return_url,
            created_at=uow.now,
        )
        uow.add(page)
    return _Reservation(page, to_pay, account.provider_customer_id)


async def _open(
    runtime: Runtime, provider: PaymentProvider, writer: AuthSubject, held: _Reservation
) -> str:
    """Ask the provider; two that ask at once get the same page."""
    made = await provider.open_claim_page(held.page, customer_id=held.customer_id)
    if made.url is None:
        raise PageOpening("The page was used a moment ago. Ask for another one.")
    async with runtime.begin(writer) as uow:
        await uow.connection.execute(
            update(claim_page)
            .where(claim_page.c.id == held.page.id)
            .values(provider_id=made.id, url=made.url, expires_at=made.expires_at)
        )
    return made.url


async def _is_open(
    runtime: Runtime, provider: PaymentProvider, held: _Reservation, checkout_id: str
) -> bool:
    """Whether it can still be used for what is to be paid; one that cannot is closed for good."""
    found = await provider.checkout(checkout_id)
    if found is not None and found.status == "open":
        if held.page.amount == held.to_pay and found.expires_at > runtime.clock.now():
            return True
        found = await provider.expire_checkout(checkout_id)
    if found is not None and found.status == "complete":
        raise NothingToPay("This was paid a moment ago.")
    async with runtime.begin(SERVICE) as uow:
        await expire_claim_page(uow, checkout_id)
    return False
