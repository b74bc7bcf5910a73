"""Cards that a payer is charged by, and the provider's pages for them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.contexts.billing.domain.cards import Card
from gymhopper.contexts.billing.gateways.providers import payment_provider
from gymhopper.contexts.billing.usecases import pay_by_page, remove_card
from gymhopper.contexts.billing.usecases.choose_card import choose_card
from gymhopper.contexts.billing.usecases.open_card_page import OpenCardPage, open_card_page

router = APIRouter(prefix="/payments", tags=["payments"])

CardId = Annotated[str, Path(max_length=255, pattern=r"^\w+$")]


class CardView(BaseModel):
    """A saved card; `expires` is the last month in which it is good."""

    id: str
    brand: str = Field(examples=["visa"])
    last4: str = Field(examples=["4242"])
    expires: str = Field(examples=["2027-04"])
    is_default: bool = Field(description="The next charge for this membership goes to it.")


class Means(BaseModel):
    """The cards, the one that was added last first; none where the desk collects."""

    items: list[CardView]


class CardPageRequest(BaseModel):
    """Where the person lands after adding the card, and after leaving the page."""

    model_config = ConfigDict(extra="forbid")

    success_url: AnyHttpUrl | None = None
    cancel_url: AnyHttpUrl | None = None


class CardPageView(BaseModel):
    """Where the person adds a card, until `expires_at`."""

    page_id: UUID
    url: str
    expires_at: datetime


class PortalRequest(BaseModel):
    """Where the person comes back to."""

    model_config = ConfigDict(extra="forbid")

    return_url: AnyHttpUrl | None = None


class ProviderPage(BaseModel):
    """A page of the payment provider; it is for one person and not for long."""

    url: str


@router.get(
    "/memberships/{membership_id}/means",
    summary="List the cards that pay for a membership",
    responses=refuses(502, 503),
)
async def list_means(
    membership_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("means:read")
) -> Means:
    """As the payment provider has them now; no card is kept here."""
    payer, cards = await remove_card.cards_of(
        runtime, payment_provider(runtime), caller, membership_id
    )
    await runtime.looked_at(
        caller,
        payer.person_id,
        ("billing.billing_account", payer.account_id),
        organisation_id=payer.organisation_id,
    )
    return Means(items=[_shown(card) for card in cards])


@router.post(
    "/memberships/{membership_id}/means",
    status_code=201,
    summary="Open the page on which a card is added",
    responses=refuses(402, 502),
)
async def open_means_page(
    membership_id: UUID,
    body: CardPageRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("means:write"),
) -> CardPageView:
    """The card that is added is charged from then on, and what could not be collected is tried
    again with it. Repeating the request while the page is open gives the same page."""
    home = f"{runtime.public_url}/"
    page = await open_card_page(
        runtime,
        payment_provider(runtime),
        caller,
        OpenCardPage(
            membership_id=membership_id,
            success_url=str(body.success_url or home),
            cancel_url=str(body.cancel_url or home),
        ),
    )
    return CardPageView(page_id=page.page_id, url=page.url, expires_at=page.expires_at)


@router.delete(
    "/memberships/{membership_id}/means/{card_id}",
    status_code=204,
    summary="Remove a card",
    responses=refuses(502),
)
async def delete_means(
    membership_id: UUID,
    card_id: CardId,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("means:write"),
) -> None:
    """The last one stays while a membership is collected by it or something is owed."""
    await remove_card.remove_card(
        runtime, payment_provider(runtime), caller, membership_id, card_id
    )


@router.put(
    "/memberships/{membership_id}/means/{card_id}/default",
    status_code=204,
    summary="Say which card is charged from now on",
    responses=refuses(502, 503),
)
async def set_default_means(
    membership_id: UUID,
    card_id: CardId,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("means:write"),
) -> None:
    """One of the saved cards, for all that is collected from the payer by card here. What could not
    be collected is tried again with it."""
    await choose_card(runtime, payment_provider(runtime), caller, membership_id, card_id)


@router.post(
    "/claims/{claim_id}/page", summary="Open the page for an open claim", responses=refuses(502)
)
async def open_claim_page(
    claim_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("checkouts:write")
) -> ProviderPage:
    """Where a claim that could not be collected, or was taken back, is paid by card at once."""
    url = await pay_by_page.pay_by_page(
        runtime,
        payment_provider(runtime),
        caller,
        claim_id,
        return_url=f"{runtime.public_url}/",
    )
    return ProviderPage(url=url)


@router.post(
    "/memberships/{membership_id}/portal",
    summary="Open the payment provider's portal",
    responses=refuses(502),
)
async def open_portal(
    membership_id: UUID,
    body: PortalRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("portal:write"),
) -> ProviderPage:
    """For whoever pays, who is there as themselves: cards, invoices, and an end of the plan."""
    url = await pay_by_page.open_portal(
        runtime,
        payment_provider(runtime),
        caller,
        membership_id,
        str(body.return_url or f"{runtime.public_url}/"),
    )
    return ProviderPage(url=url)


def _shown(card: Card) -> CardView:
    return CardView(
        id=card.id,
        brand=card.brand,
        last4=card.last4,
        expires=card.expires,
        is_default=card.is_default,
    )
