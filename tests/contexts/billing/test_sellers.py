"""Billing's copy of who sells."""

from itertools import permutations

import pytest

from contexts.billing.shop import Shop
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.billing.context import context as billing
from gymhopper.contexts.billing.domain.document import Party, SellerUnknown, TaxNumber
from gymhopper.contexts.billing.usecases.follow_seller import follow_seller
from gymhopper.contracts.venues import events


async def test_a_document_names_the_seller_as_venues_said_last_in_whatever_order_it_came(
    new_runtime: NewRuntime,
) -> None:
    runtime = await new_runtime([billing])
    for order in permutations((1, 2, 3)):
        shop = Shop(runtime)
        ids = {"legal_entity_id": shop.legal_entity, "organisation_id": shop.organisation}
        where = {"country": "AT", "currency": "EUR", "zone": "Europe/Vienna"}
        said = {
            1: events.LegalEntityCreated(**ids, **where, name="First"),
            2: events.LegalEntityChanged(**ids, **where, name="Second"),
            3: events.LegalEntityChanged(
                **ids,
                **where,
                name="Third GmbH",
                address=events.PostalAddress(
                    line1="Ring 1", line2="Top 2", city="Wien", postal_code="1010"
                ),
                tax_ids=(events.TaxNumber(kind="eu_vat", value="ATU12345678"),),
            ),
        }
        for version in order:
            async with runtime.begin(SERVICE) as uow:
                await follow_seller(uow, said[version], version)
        assert shop.content(await shop.invoice()).seller == Party(
            name="Third GmbH",
            lines=("Ring 1", "Top 2"),
            postal_code="1010",
            city="Wien",
            country="AT",
            tax_ids=(TaxNumber(kind="eu_vat", value="ATU12345678"),),
        )


async def test_a_seller_whose_name_is_not_known_issues_nothing(new_runtime: NewRuntime) -> None:
    shop = Shop(await new_runtime([billing]))
    await shop.open(name="")
    with pytest.raises(SellerUnknown):
        await shop.invoice()
