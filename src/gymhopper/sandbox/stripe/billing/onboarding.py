"""What a connected account may do, by what is known of it, and the news of every change."""

from collections.abc import Mapping
from typing import Any

from gymhopper.sandbox.stripe.account import ACCOUNT
from gymhopper.sandbox.stripe.objects.connected_account import capability, requirements
from gymhopper.sandbox.stripe.objects.event import previous_attributes
from gymhopper.sandbox.stripe.objects.identity import Object, contained
from gymhopper.sandbox.stripe.storage.store import Store

UNMATCHED_TAX_ID = "111111111"
"""The test value that the authorities do not know."""

_ACCEPTANCE = ("tos_acceptance.date", "tos_acceptance.ip")


def judged(account: Object, hidden: Object) -> Object:
    """The account with its requirements, capabilities and what they enable."""
    due = _due(account, hidden)
    errors = _errors(account, hidden)
    rejected = hidden.get("rejected")
    reason = f"rejected.{rejected}" if rejected else "requirements.past_due" if due else None
    open_for_business = not rejected and not set(due) - {"external_account"}
    status = "active" if open_for_business else "inactive"
    capabilities = dict.fromkeys(sorted(hidden["requested"]), status)
    return {
        **account,
        "requirements": requirements(due, errors, reason),
        "capabilities": capabilities,
        "charges_enabled": bool(capabilities) and open_for_business,
        "payouts_enabled": bool(capabilities) and open_for_business and not due,
        "details_submitted": account["details_submitted"] or not due,
    }


def _due(account: Object, hidden: Object) -> list[str]:
    found = []
    if account["business_type"] is None:
        found.append("business_type")
    if account["company"]["name"] is None:
        found.append("company.name")
    if hidden.get("tax_id") in {None, UNMATCHED_TAX_ID}:
        found.append("company.tax_id")
    banks = account["external_accounts"]["data"]
    if not banks or banks[0]["status"] == "errored":
        found.append("external_account")
    if account["tos_acceptance"]["date"] is None:
        found += _ACCEPTANCE
    return found


def _errors(account: Object, hidden: Object) -> list[Object]:
    errors = []
    if hidden.get("tax_id") == UNMATCHED_TAX_ID:
        errors.append(
            {
                "code": "verification_failed_tax_id_match",
                "reason": "The tax id is not known under this name.",
                "requirement": "company.tax_id",
            }
        )
    if any(bank["status"] == "errored" for bank in account["external_accounts"]["data"]):
        errors.append(
            {
                "code": "invalid_value_other",
                "reason": "A payout to this bank account failed.",
                "requirement": "external_account",
            }
        )
    return errors


async def change(
    store: Store, before: Object, changes: Mapping[str, Any], hidden: Mapping[str, Any]
) -> Object:
    """Keep what became known, judge anew, and tell whoever listens to the account.

    The account itself belongs to the platform; the news of it are the account's own.
    """
    platform, own = store.of(ACCOUNT), store.of(before["id"])
    if hidden:
        await platform.hide(before["id"], **hidden)
    known = await platform.hidden(before["id"])
    after = judged({**before, **changes}, known)
    previous = previous_attributes(before, after)
    if not previous:
        return before
    await platform.update(before, after)
    await own.emit("account.updated", after, previous)
    for name in sorted(before["capabilities"].keys() | after["capabilities"].keys()):
        if before["capabilities"].get(name) != after["capabilities"].get(name):
            was, now = (
                capability(each, name, requested_at=known["requested"].get(name))
                for each in (before, after)
            )
            await own.emit("capability.updated", now, previous_attributes(was, now))
    return after


async def set_bank(store: Store, before: Object, bank: Object, failing: str | None) -> Object:
    """Payouts go to this bank account from now on."""
    banks = contained([bank], before["external_accounts"]["url"])
    after = await change(store, before, {"external_accounts": banks}, {"failing": failing})
    await store.of(before["id"]).emit("account.external_account.created", bank)
    return after
