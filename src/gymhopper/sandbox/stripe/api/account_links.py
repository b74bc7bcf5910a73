"""Account links: where somebody tells what is still to be known of a connected account."""

import secrets
from typing import Literal

from gymhopper.sandbox.stripe.account import ACCOUNT
from gymhopper.sandbox.stripe.api.accounts import connected
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import Parameters, Text, Url

endpoints = Endpoints()

_GOOD_FOR = 300


class CreateAccountLink(Parameters):
    account: Text
    collect: Literal["currently_due", "eventually_due"] | None = None
    refresh_url: Url
    return_url: Url
    type: Literal["account_onboarding", "account_update"]


@endpoints.on("POST", "/v1/account_links", CreateAccountLink)
async def create_account_link(call: Call, parameters: CreateAccountLink) -> Object:
    store = call.store
    account = await connected(call, parameters.account)
    token = secrets.token_urlsafe(16)
    expires_at = store.now + _GOOD_FOR
    hidden = await store.of(ACCOUNT).hidden(account["id"])
    open_links = {
        key: link for key, link in hidden.get("links", {}).items() if link["expires_at"] > store.now
    }
    open_links[token] = {
        "expires_at": expires_at,
        "refresh_url": parameters.refresh_url,
        "return_url": parameters.return_url,
    }
    await store.of(ACCOUNT).hide(account["id"], links=open_links)
    return {
        "object": "account_link",
        "created": store.now,
        "expires_at": expires_at,
        "url": f"{call.base_url}/onboarding/{account['id']}/{token}",
    }
