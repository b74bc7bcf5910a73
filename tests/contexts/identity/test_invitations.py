"""An invitation by mail lets an account act for an employee, for a member, or for a child."""

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import text

from contexts.identity.mailbox import body_of, last_mail, link_in, mails
from contexts.identity.people import PASSWORD, browser, new_account, sign_in
from fixtures.gyms import Gyms
from fixtures.people import NOBODY, Person, person_as
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.kernel.ids import new_id

GRACE, ADA = "grace@example.com", "ada@example.com"
ACCEPT = "/api/v1/invitations/accept"


async def invite_employee(
    gyms: Gyms, employee: Any, *, by: Person | None = None, expect: int = 201
) -> Any:
    body = {"employee_id": employee["id"]}
    return await gyms.call("POST", "/invitations/employees", body, by=by, expect=expect)


async def invite_member(
    gyms: Gyms, member: Any, *, by: Person | None = None, expect: int = 201, **more: object
) -> Any:
    body = {"member_id": member["id"]} | more
    return await gyms.call("POST", "/invitations/members", body, by=by, expect=expect)


async def token(gyms: Gyms) -> str:
    """The token in the latest mail."""
    return parse_qs(urlsplit(link_in(await last_mail(gyms.runtime))).query)["token"][0]


async def accept(client: httpx.AsyncClient, given: str, **more: object) -> httpx.Response:
    return await client.post(ACCEPT, json={"token": given} | more)


async def test_an_employee_accepts_and_acts_for_the_assignment(gyms: Gyms) -> None:
    employee = await gyms.employee(gyms.north)
    await gyms.grant(employee, "manager")
    sent = await invite_employee(gyms, employee)
    assert (sent["email"], sent["state"]) == (GRACE, "open")

    mail = await last_mail(gyms.runtime)
    assert mail["To"] == GRACE
    assert mail["Subject"] == "North invites you"
    assert "7 days" in body_of(mail)
    async with browser(gyms.runtime) as client:
        answer = await accept(client, await token(gyms), password=PASSWORD)
        assert answer.status_code == 201, answer.text
        me = (await client.get("/api/v1/me")).json()
    assert (me["account"]["email"], me["account"]["has_password"]) == (GRACE, True)
    assert me["account"]["confirmed"]
    assert me["acting"]["assignment"]["role"] == "manager"
    async with browser(gyms.runtime) as client:
        assert (await sign_in(client, GRACE)).status_code == 201


async def test_a_member_accepts_with_the_account_that_is_there(gyms: Gyms) -> None:
    account_id = await new_account(gyms.runtime, ADA)
    member = await gyms.member(gyms.north)
    await invite_member(gyms, member)

    async with browser(gyms.runtime) as client:
        answer = await accept(client, await token(gyms), password="another one that is long")
        assert answer.json()["session"]["account_id"] == str(account_id)
        me = (await client.get("/api/v1/me")).json()
    assert me["acting"]["person"] == {
        "person_id": member["person_id"],
        "first_name": "Ada",
        "last_name": "Byron",
        "organisation_ids": [str(gyms.north.id)],
    }
    async with browser(gyms.runtime) as client:
        assert (await sign_in(client, ADA, PASSWORD)).status_code == 201


async def test_the_page_of_the_link_accepts_by_its_button_only(gyms: Gyms) -> None:
    await invite_member(gyms, await gyms.member(gyms.north))
    link = urlsplit(link_in(await last_mail(gyms.runtime)))

    async with browser(gyms.runtime) as client:
        shown = await client.get(f"{link.path}?{link.query}")
        again = await client.get(f"{link.path}?{link.query}")
        assert (shown.status_code, again.status_code) == (200, 200)
        assert "Accept" in shown.text
        given = {"token": parse_qs(link.query)["token"][0]}
        done = await client.post(link.path, data=given)
        assert "You are signed in" in done.text
        assert (await client.get("/api/v1/me")).json()["acting"]["kind"] == "person"
        used = await client.post(link.path, data=given)
        assert used.status_code == 404


async def test_a_second_factor_is_still_asked_for(
    gyms: Gyms, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def factors(*_: object) -> frozenset[str]:
        return frozenset({"totp"})

    monkeypatch.setattr(
        "gymhopper.contexts.identity.usecases.finish_sign_in.second_factors", factors
    )
    await new_account(gyms.runtime, ADA)
    await invite_member(gyms, await gyms.member(gyms.north))

    async with browser(gyms.runtime) as client:
        answer = (await accept(client, await token(gyms))).json()
        assert (answer["session"], answer["second_factor"]["methods"]) == (None, ["totp"])
        assert (await client.get("/api/v1/me")).status_code == 401


async def test_whoever_is_signed_in_links_it_to_that_account(gyms: Gyms) -> None:
    somebody = await person_as(gyms.runtime, NOBODY, gyms.north.id, email="own@example.com")
    employee = await gyms.employee(gyms.north)
    await gyms.grant(employee, "instructor")
    await invite_employee(gyms, employee)

    body = {"token": await token(gyms)}
    may = await gyms.call("POST", "/me/invitations", body, by=somebody, expect=200)
    assert [each["role"] for each in may["assignments"]] == ["instructor"]
    used = await gyms.call("POST", "/me/invitations", body, by=somebody, expect=404)
    assert used["code"] == "invitation_invalid"


async def test_a_guardian_acts_for_children_without_an_address(gyms: Gyms) -> None:
    children = [await gyms.member(gyms.north, email=None) for _ in range(2)]
    refused = await invite_member(gyms, children[0], expect=409)
    assert refused["code"] == "no_address"

    async with browser(gyms.runtime) as client:
        for child in children:
            await invite_member(gyms, child, email="parent@example.com")
            assert (await last_mail(gyms.runtime))["To"] == "parent@example.com"
            assert (await accept(client, await token(gyms))).status_code == 201
        persons = (await client.get("/api/v1/me")).json()["may_act_for"]["persons"]
    assert {each["person_id"] for each in persons} == {each["person_id"] for each in children}


async def test_who_has_an_address_is_invited_nowhere_else(gyms: Gyms) -> None:
    member = await gyms.member(gyms.north)

    refused = await invite_member(gyms, member, email="mine@example.com", expect=409)
    assert (refused["code"], refused["field"]) == ("has_own_address", "email")
    await invite_member(gyms, member, email="ADA@example.com")
    assert [each["To"] for each in await mails(gyms.runtime)] == [ADA]


async def test_an_employee_without_an_address_is_not_invited(gyms: Gyms) -> None:
    employee = await gyms.employee(gyms.north, email=None)
    assert (await invite_employee(gyms, employee, expect=409))["code"] == "no_address"


async def test_nobody_invites_who_may_do_more(gyms: Gyms) -> None:
    manager = await person_as(gyms.runtime, "manager", gyms.north.id)
    at_here = {"legal_entity_id": gyms.north.entity, "location_id": gyms.north.here}
    here = await person_as(gyms.runtime, "manager", gyms.north.id, **at_here)
    boss, colleague = await gyms.employee(gyms.north), await gyms.employee(gyms.north)
    await gyms.grant(boss, "owner", start=(gyms.clock.now() + timedelta(days=9)).isoformat())
    await gyms.grant(colleague, "front_desk")

    refused = await invite_employee(gyms, boss, by=manager, expect=403)
    assert refused["code"] == "role_exceeds_yours"
    refused = await invite_employee(gyms, colleague, by=here, expect=403)
    assert refused["code"] == "not_your_place"
    await invite_employee(gyms, colleague, by=manager)


async def test_scopes_are_asked_for(gyms: Gyms) -> None:
    desk = await person_as(gyms.runtime, "front_desk", gyms.north.id)
    support = await person_as(gyms.runtime, "support", gyms.north.id)
    employee, member = await gyms.employee(gyms.north), await gyms.member(gyms.north)

    await invite_employee(gyms, employee, by=desk, expect=403)
    await invite_member(gyms, member, by=support, expect=403)
    sent = await invite_member(gyms, member, by=desk)
    path = f"/invitations/members/{sent['id']}"
    await gyms.call("DELETE", path, by=support, expect=403)
    await gyms.call("DELETE", f"/invitations/employees/{sent['id']}", expect=404)
    await gyms.call("DELETE", path, by=desk, expect=204)


async def test_a_foreign_invitee_is_as_if_there_were_none(gyms: Gyms) -> None:
    owner = await person_as(gyms.runtime, "owner", gyms.north.id)
    employee, member = await gyms.employee(gyms.south), await gyms.member(gyms.south)
    sent = await invite_member(gyms, member)

    for foreign in (employee, {"id": str(new_id())}):
        refused = await invite_employee(gyms, foreign, by=owner, expect=404)
        assert refused["field"] == "employee_id"
    for foreign in (member, {"id": str(new_id())}):
        refused = await invite_member(gyms, foreign, by=owner, expect=404)
        assert refused["field"] == "member_id"
    assert (await gyms.call("GET", "/invitations/members", by=owner))["items"] == []
    await gyms.call("DELETE", f"/invitations/members/{sent['id']}", by=owner, expect=404)
    north = AuthSubject(kind="staff", organisation_id=gyms.north.id)
    async with gyms.runtime.read(north) as connection:
        assert not (await connection.execute(text("SELECT id FROM identity.invitation"))).all()


async def test_an_invitation_tells_nothing_of_accounts(gyms: Gyms) -> None:
    await new_account(gyms.runtime, ADA)
    known = await gyms.member(gyms.north)
    unknown = await gyms.member(gyms.north, email="nobody@example.com")

    answers = []
    for member in (known, unknown):
        sent = await invite_member(gyms, member)
        answers.append({key for key, value in sent.items() if value is not None})
        async with browser(gyms.runtime) as client:
            assert (await accept(client, await token(gyms))).status_code == 201
    assert answers[0] == answers[1]
    bodies = [body_of(each).split("?token=")[0] for each in await mails(gyms.runtime)]
    assert bodies[0] == bodies[1]
    listed = (await gyms.call("GET", "/invitations/members"))["items"]
    assert [each["state"] for each in listed] == ["accepted", "accepted"]


async def test_an_invitation_is_good_for_seven_days(gyms: Gyms) -> None:
    await invite_member(gyms, await gyms.member(gyms.north))
    given = await token(gyms)
    gyms.clock.advance(timedelta(days=7))

    async with browser(gyms.runtime) as client:
        refused = await accept(client, given)
    assert (refused.status_code, refused.json()["code"]) == (404, "invitation_invalid")
    [listed] = (await gyms.call("GET", "/invitations/members", by=await admin(gyms)))["items"]
    assert listed["state"] == "expired"


async def admin(gyms: Gyms) -> Person:
    return await person_as(gyms.runtime, "owner", gyms.north.id)


async def test_a_withdrawn_or_replaced_one_is_not_good(gyms: Gyms) -> None:
    member = await gyms.member(gyms.north)
    first = await invite_member(gyms, member)
    one = await token(gyms)
    second = await invite_member(gyms, member)
    two = await token(gyms)

    async with browser(gyms.runtime) as client:
        assert (await accept(client, one)).status_code == 404
        for _ in range(2):
            path = f"/invitations/members/{second['id']}"
            await gyms.call("DELETE", path, expect=204)
        assert (await accept(client, two)).status_code == 404
        sent = await invite_member(gyms, member)
        assert (await accept(client, await token(gyms))).status_code == 201
        over = await gyms.call("DELETE", f"/invitations/members/{sent['id']}", expect=409)
    assert over["code"] == "invitation_over"
    states = {
        each["id"]: each["state"]
        for each in (await gyms.call("GET", "/invitations/members"))["items"]
    }
    assert (states[first["id"]], states[sent["id"]]) == ("withdrawn", "accepted")


async def test_of_two_uses_at_once_one_succeeds(gyms: Gyms) -> None:
    await invite_member(gyms, await gyms.member(gyms.north))
    given = await token(gyms)
    async with browser(gyms.runtime) as one, browser(gyms.runtime) as two:
        answers = await asyncio.gather(accept(one, given), accept(two, given))

    assert sorted(each.status_code for each in answers) == [201, 404]
    async with gyms.runtime.read(SERVICE) as connection:
        links = await connection.execute(text("SELECT count(*) FROM identity.person_link"))
        assert links.scalar_one() == 1


async def test_a_weak_password_leaves_the_invitation_good(gyms: Gyms) -> None:
    await invite_member(gyms, await gyms.member(gyms.north))
    given = await token(gyms)
    async with browser(gyms.runtime) as client:
        assert (await accept(client, given, password="password")).status_code == 422
        assert (await accept(client, given, password=PASSWORD)).status_code == 201


@pytest.mark.parametrize("bad", ["", "ghi_1", "ghs_" + "0" * 32 + "_" + "0" * 64])
async def test_a_token_that_is_none_is_refused(gyms: Gyms, bad: str) -> None:
    async with browser(gyms.runtime) as client:
        refused = await accept(client, bad)
    assert refused.status_code in {404, 422}


async def test_half_a_token_is_not_enough(gyms: Gyms) -> None:
    await invite_member(gyms, await gyms.member(gyms.north))
    given = await token(gyms)
    async with browser(gyms.runtime) as client:
        assert (await accept(client, given[:-1] + "z")).status_code in {404, 422}
        flipped = given[:-1] + ("0" if given[-1] != "0" else "1")
        assert (await accept(client, flipped)).status_code == 404


async def test_address_and_token_lie_sealed_and_hashed_only(gyms: Gyms) -> None:
    await invite_member(gyms, await gyms.member(gyms.north))
    async with gyms.runtime.read(SERVICE) as connection:
        rows = await connection.execute(text("SELECT i::text FROM identity.invitation AS i"))
        stored = "".join(rows.scalars())
    for secret in (ADA, ADA.encode().hex(), (await token(gyms)).rpartition("_")[2]):
        assert secret not in stored


async def test_a_foreign_page_cannot_accept(gyms: Gyms) -> None:
    await invite_member(gyms, await gyms.member(gyms.north))
    async with browser(gyms.runtime) as client:
        client.headers["Sec-Fetch-Site"] = "cross-site"
        refused = await accept(client, await token(gyms))
    assert (refused.status_code, refused.json()["code"]) == (403, "foreign_page")
