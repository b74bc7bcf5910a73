"""Every operation of the OpenAPI document, called by everybody: each role, another organisation's
things, a member, an account that may act for nobody, and nobody at all.

Nothing is left out: an operation that is added is in the document, so it is in here.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from authorisation.bodies import body_of, meant
from authorisation.calls import Ids, Operation, operations
from authorisation.world import Side, World, two_organisations
from fixtures.people import MEMBER, NOBODY
from gymhopper.contexts.identity.domain import roles

ROLES = (*roles.GRANTED, MEMBER)

OWN_ANSWERS = frozenset({200, 201, 202, 204, 409})
"""What a caller gets who may: the deed, or a state that does not allow it just now."""

PROOFS = {
    "create_session": "wrong_credentials",
    "create_tokens": "wrong_credentials",
    "refresh_tokens": "refresh_token_invalid",
    "prove_sign_in": "sign_in_expired",
    "accept_invitation": "invitation_invalid",
    "accept_own_invitation": "invitation_invalid",
    "accept_household_invitation": "invitation_code_invalid",
    "link_provider": "not_found",
    "read_calendar": "not_found",
    "preview_leaving": "link_expired",
    "confirm_leaving": "link_expired",
    "begin_oidc_sign_in": "not_found",
    "finish_oidc_sign_in": "not_found",
    "create_device_session": "unauthenticated",
    "confirm_account": "link_invalid",
    "use_sign_in_link": "link_invalid",
    "complete_password_reset": "link_invalid",
    "confirm_email": "link_invalid",
    "put_my_password": "proof_needed",
    "begin_totp": "wrong_proof",
    "delete_totp": "wrong_proof",
    "create_recovery_codes": "wrong_proof",
    "begin_passkey_registration": "wrong_proof",
    "confirm_totp_code": "not_found",
    "create_passkey": "passkey_refused",
    "create_passkey_session": "wrong_passkey",
    "enrol_device": "enrolment_code_unusable",
    "end_impersonation": "not_found",
    "send_test_webhook": "not_found",
    "receive_provider_event": "bad_signature",
}
"""What those get who lack the proof in the body that such an operation asks for, as all do here."""


EVERYBODYS = frozenset({"get_class"})
"""What all may read who may read such things at all: the timetable is there to be seen."""


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    async with two_organisations() as made:
        yield made


@pytest.fixture(scope="module")
async def all_operations(world: World) -> list[Operation]:
    async with world.client(None) as client:
        return operations((await client.get("/api/v1/openapi.json")).json())


@dataclass(frozen=True)
class Cell:
    """One call: who, what, whose."""

    role: str
    operation: Operation
    side: str

    def wrong(self, answer: httpx.Response, expected: str) -> str:
        """How it went wrong, for people."""
        return (
            f"{self.role} {self.operation.id} ({self.operation.method} {self.operation.path})"
            f" with {self.side} ids: expected {expected}, got {answer.status_code}"
            f" {answer.text[:300]}"
        )


async def call(
    client: httpx.AsyncClient, operation: Operation, ids: Ids, **headers: str
) -> httpx.Response:
    ids = meant(operation, ids)
    body = body_of(operation, ids)
    return await client.request(
        operation.method,
        operation.url(ids),
        params=operation.query(ids),
        headers=headers,
        **({} if body is None else {"json": body}),
    )


def code(answer: httpx.Response) -> str:
    """The problem's code, or nothing."""
    is_problem = answer.headers.get("content-type", "") == "application/problem+json"
    return str(answer.json()["code"]) if is_problem else ""


UNAUTHENTICATED, SCOPE_MISSING = (401, "unauthenticated"), (403, "scope_missing")


def unless(expected: tuple[int, str], answer: httpx.Response, cell: Cell) -> list[str]:
    """What is wrong with an answer that is to be this refusal."""
    if (answer.status_code, code(answer)) == expected:
        return []
    return [cell.wrong(answer, " ".join(map(str, expected)))]


async def test_nobody_gets_past_a_route_that_is_not_public(
    world: World, all_operations: list[Operation]
) -> None:
    wrong = []
    async with world.client(None) as client:
        for operation in all_operations:
            for ids in (world.ids(NOBODY), world.other.ids):
                answer = await call(client, operation, ids)
                cell = Cell("nobody", operation, ids["organisation_id"])
                if not operation.public:
                    wrong += unless(UNAUTHENTICATED, answer, cell)
                elif not answered(operation, answer):
                    wrong.append(cell.wrong(answer, "its answer"))
    none(wrong)


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_may_what_it_may_with_its_own(
    world: World, all_operations: list[Operation], role: str
) -> None:
    scopes = scopes_of(role)
    wrong = []
    async with world.client(world.tokens[role]) as client:
        for operation in all_operations:
            answer = await call(client, operation, world.ids(role))
            cell = Cell(role, operation, "own")
            if operation.of_devices:
                wrong += unless(UNAUTHENTICATED, answer, cell)
            elif not operation.public and not operation.scopes <= scopes:
                wrong += unless(SCOPE_MISSING, answer, cell)
            elif not answered(operation, answer):
                wrong.append(cell.wrong(answer, "success, or a conflict"))
    none(wrong)


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_gets_nothing_of_another_organisation(
    world: World, all_operations: list[Operation], role: str
) -> None:
    scopes = scopes_of(role)
    wrong = []
    async with world.client(world.tokens[role]) as client:
        for operation in all_operations:
            if operation.public or operation.of_devices:
                continue
            answer = await call(client, operation, world.other.ids)
            cell = Cell(role, operation, "another organisation's")
            if not operation.scopes <= scopes:
                wrong += unless(SCOPE_MISSING, answer, cell)
            elif operation.id in EVERYBODYS:
                wrong += [] if answered(operation, answer) else [cell.wrong(answer, "its answer")]
            elif operation.names_ids(world.other.ids) and not (
                answer.status_code == 404 or lacks_proof(operation, answer)
            ):
                wrong.append(cell.wrong(answer, "404"))
            elif answer.status_code >= 500 or told(answer, world.other, sent(answer)):
                wrong.append(cell.wrong(answer, "nothing of theirs"))
    none(wrong)


async def test_an_account_that_may_act_for_nobody_sees_itself_alone(
    world: World, all_operations: list[Operation]
) -> None:
    wrong = []
    async with world.client(world.tokens[NOBODY]) as client:
        for operation in all_operations:
            if operation.public or operation.of_devices:
                continue
            answer = await call(client, operation, world.ids(NOBODY))
            cell = Cell(NOBODY, operation, "an organisation's")
            if operation.scopes:
                wrong += unless(SCOPE_MISSING, answer, cell)
            elif answer.status_code >= 500 or told(answer, world.own, sent(answer)):
                wrong.append(cell.wrong(answer, "nothing of anybody's"))
    none(wrong)


def answered(operation: Operation, answer: httpx.Response) -> bool:
    """Whether the operation did what it is for, or asked for the proof that the body lacks."""
    if operation.id in PROOFS:
        return lacks_proof(operation, answer)
    return answer.status_code in OWN_ANSWERS


def lacks_proof(operation: Operation, answer: httpx.Response) -> bool:
    """Whether it was refused for the lack of the proof that it asks for."""
    return operation.id in PROOFS and code(answer) == PROOFS[operation.id]


def none(wrong: list[str]) -> None:
    """Fail with all that went wrong, a line each."""
    assert not wrong, "\n".join([f"{len(wrong)} wrong answers", *wrong])


def scopes_of(role: str) -> frozenset[str]:
    return roles.MEMBER.scopes if role == MEMBER else roles.GRANTED[role].scopes


def sent(answer: httpx.Response) -> str:
    """What the caller said itself, and so may be told again."""
    return str(answer.request.url) + answer.request.content.decode()


def told(answer: httpx.Response, side: Side, asked: str) -> set[str]:
    """What the answer tells of the side that the caller did not know already."""
    return {mark for mark in side.marks if mark in answer.text and mark not in asked}


def test_every_operation_says_whom_it_answers(all_operations: list[Operation]) -> None:
    undeclared = [each.id for each in all_operations if "security" not in each.spec]
    assert undeclared == []
    assert len(all_operations) > 60
    assert len({each.id for each in all_operations}) == len(all_operations)
