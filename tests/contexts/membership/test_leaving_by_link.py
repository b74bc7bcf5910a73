"""Leaving in two steps by whoever is not signed in."""

import asyncio
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from contexts.membership.samples import AGREEMENT
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.membership.jobs import jobs
from gymhopper.contexts.membership.storage.leaving_link import LeavingSeal
from gymhopper.kernel.ids import new_id

DAY = timedelta(days=1)
ADDRESS = "ada@example.org"
_TAKE = text(
    "DELETE FROM jobs.procrastinate_jobs WHERE task_name LIKE 'membership.%'"
    " RETURNING task_name, args"
)


async def bought(gym: Any, email: str | None = ADDRESS, **plan: Any) -> Any:
    contact = {} if email is None else {"email": email}
    member = await gym.member(**contact)
    order = gym.order(await gym.plan(**plan), agreement=AGREEMENT)
    membership = await gym.post(f"/members/{member['id']}/memberships", order)
    await gym.paid(membership["id"])
    return membership | {"number": member["number"]}


async def asked(gym: Any, act: str = "cancellation", **claim: Any) -> list[EmailMessage]:
    """Ask, do the jobs, and read all mails so far."""
    body = {"organisation_id": str(gym.organisation_id), "act": act} | claim
    answer = await gym.http.post("/api/v1/leaving-requests", json=body, headers=NOBODY)
    assert (answer.status_code, answer.json()) == (202, {"status": "look into your mailbox"})
    async with gym.runtime.begin(SERVICE) as uow:
        rows = (await uow.connection.execute(_TAKE)).all()
    for row in rows:
        arguments = {name: value for name, value in row.args.items() if name != "correlation"}
        await jobs.all[row.task_name].handler(gym.runtime, **arguments)
    files = sorted((gym.runtime.settings.data_folder / "mail").glob("*.eml"))
    return [
        message_from_bytes(each.read_bytes(), EmailMessage, policy=policy.default) for each in files
    ]


NOBODY = {"Authorization": ""}


def token_in(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    link = next(each for each in str(part.get_content()).split() if "token=" in each)
    return parse_qs(urlsplit(link).query)["token"][0]


async def by_link(gym: Any, step: str, expect: int, **body: Any) -> Any:
    path = f"/api/v1/leaving-requests/{step}"
    answer = await gym.http.post(path, json=body, headers=NOBODY)
    assert answer.status_code == expect, answer.text
    return answer.json()


async def test_somebody_cancels_without_signing_in(gym: Any) -> None:
    membership = await bought(gym)
    [mail] = await asked(gym, email="ADA@example.org", language="de")
    assert (mail["To"], mail["Subject"]) == (ADDRESS, "Kündigung Ihrer Mitgliedschaft")
    token = token_in(mail)
    [offer] = (await by_link(gym, "preview", 200, token=token))["items"]
    assert (offer["ends_at"], offer["refused"]) == ("2026-04-02T09:00:00Z", None)
    assert (await gym.get(f"/memberships/{membership['id']}"))["contract"] == "active"

    confirmed = {"token": token, "membership_id": membership["id"]}
    receipt = await by_link(gym, "confirm", 201, **confirmed)
    assert (receipt["ends_at"], receipt["wish"]) == (offer["ends_at"], "period_end")
    assert await by_link(gym, "confirm", 201, **confirmed) == receipt
    [after] = (await by_link(gym, "preview", 200, token=token))["items"]
    assert after["receipt"] == receipt
    kept = await gym.get(f"/memberships/{membership['id']}/receipts")
    assert kept["items"] == [receipt]
    assert (await gym.get(f"/memberships/{membership['id']}"))["contract"] == "under_notice"


async def test_by_a_link_nobody_leaves_before_the_term_lets_them(gym: Any) -> None:
    year = {"initial_term": {"interval": "month", "count": 12}}
    membership = await bought(gym, conditions=year)
    [mail] = await asked(gym, member_number=membership["number"])
    [offer] = (await by_link(gym, "preview", 200, token=token_in(mail)))["items"]
    assert offer["ends_at"] == "2027-03-01T23:00:00Z"
    receipt = await by_link(
        gym, "confirm", 201, token=token_in(mail), membership_id=membership["id"]
    )
    assert (receipt["wish"], receipt["ends_at"]) == ("term_end", offer["ends_at"])


async def test_a_withdrawal_is_in_time_if_it_was_asked_for_in_time(gym: Any) -> None:
    membership = await bought(gym)
    await gym.pass_time(14 * DAY)
    [mail] = await asked(gym, "withdrawal", email=ADDRESS)
    await gym.pass_time(DAY)
    [offer] = (await by_link(gym, "preview", 200, token=token_in(mail)))["items"]
    assert (offer["given_back_days"], offer["of_days"]) == (1, 1)
    receipt = await by_link(
        gym, "confirm", 201, token=token_in(mail), membership_id=membership["id"]
    )
    assert receipt["act"] == "withdrawal"
    assert (await gym.get(f"/memberships/{membership['id']}"))["end_reason"] == "withdrawn"


async def test_the_answer_and_the_work_tell_nobody_who_is_a_member(town: Any) -> None:
    gym = town.ours
    membership = await bought(gym)
    await bought(gym, email=None)
    for claim in (
        {"email": "nobody@example.org"},
        {"member_number": "99"},
        {"member_number": "2"},
        {"email": ADDRESS, "member_number": "2"},
    ):
        assert await asked(gym, **claim) == [], claim
    assert await asked(town.theirs, email=ADDRESS) == []
    assert len(await asked(gym, email=ADDRESS, member_number=membership["number"])) == 1


async def test_a_mailbox_gets_three_links_an_hour(gym: Any) -> None:
    await bought(gym)
    counts = [len(await asked(gym, email=ADDRESS)) for _ in range(5)]
    assert counts == [1, 2, 3, 3, 3]
    await gym.pass_time(timedelta(hours=1, seconds=1))
    assert len(await asked(gym, email=ADDRESS)) == 4


async def test_a_link_is_signed_and_expires(gym: Any) -> None:
    membership = await bought(gym)
    [mail] = await asked(gym, email=ADDRESS)
    token = token_in(mail)
    never_sent = LeavingSeal(gym.runtime.secrets).token(new_id())
    altered = token[:30] + ("A" if token[30] != "A" else "B") + token[31:]
    for bad in ("x", "A" * 72, altered, token[8:], never_sent):
        answer = await by_link(gym, "preview", 401, token=bad)
        assert answer["code"] == "link_expired"
    await gym.pass_time(timedelta(hours=48))
    gone = {"token": token, "membership_id": membership["id"]}
    assert (await by_link(gym, "confirm", 401, **gone))["code"] == "link_expired"
    async with gym.runtime.read(SERVICE) as connection:
        left = await connection.scalar(text("SELECT count(*) FROM membership.leaving_request"))
    assert left == 0


async def test_a_link_leaves_no_membership_of_another_mailbox(gym: Any) -> None:
    await bought(gym)
    other = await bought(gym, email="grace@example.org")
    [mail] = await asked(gym, email=ADDRESS)
    wrong = {"token": token_in(mail), "membership_id": other["id"]}
    assert (await by_link(gym, "confirm", 404, **wrong))["code"] == "not_found"
    assert (await gym.get(f"/memberships/{other['id']}"))["contract"] == "active"


async def test_of_two_confirmations_at_once_one_declares_and_both_show_it(gym: Any) -> None:
    membership = await bought(gym)
    [mail] = await asked(gym, email=ADDRESS)
    confirmed = {"token": token_in(mail), "membership_id": membership["id"]}
    first, second = await asyncio.gather(
        *(by_link(gym, "confirm", 201, **confirmed) for _ in range(2))
    )
    assert first == second


async def test_the_page_shows_a_button_and_opening_it_changes_nothing(gym: Any) -> None:
    membership = await bought(gym)
    [mail] = await asked(gym, email=ADDRESS)
    token = token_in(mail)
    for _ in range(2):
        page = await gym.http.get(f"/leave/link?token={token}", headers=NOBODY)
        assert (page.status_code, "Cancel this membership" in page.text) == (200, True)
    assert (await gym.get(f"/memberships/{membership['id']}"))["contract"] == "active"
    form = {"token": token, "membership_id": membership["id"]}
    foreign = await gym.http.post(
        "/leave/link", data=form, headers=NOBODY | {"sec-fetch-site": "cross-site"}
    )
    assert foreign.status_code == 403
    done = await gym.http.post("/leave/link", data=form, headers=NOBODY)
    assert "was received on 02 March 2026 at 10:00" in done.text
    assert "02 April 2026" in done.text
    assert (await gym.get(f"/memberships/{membership['id']}"))["contract"] == "under_notice"
    odd = await gym.http.post("/leave/link", data=form | {"membership_id": "x"}, headers=NOBODY)
    assert odd.status_code == 404
    assert (await gym.http.get("/leave/link", headers=NOBODY)).status_code == 401


@pytest.mark.parametrize(
    "claim", [{}, {"email": "no address"}, {"member_number": ""}, {"email": ADDRESS, "act": "stay"}]
)
async def test_a_request_names_somebody_and_an_act(gym: Any, claim: dict[str, str]) -> None:
    body = {"organisation_id": str(gym.organisation_id), "act": "withdrawal"} | claim
    answer = await gym.http.post("/api/v1/leaving-requests", json=body, headers=NOBODY)
    assert answer.status_code == 422
