"""People who sign in to the demonstration: one for each role, and a member."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.roles import GRANTED, NETWORK_OPERATOR, PARTNER_MANAGER
from gymhopper.contexts.identity.gateways.hashing import passwords
from gymhopper.contexts.identity.queries.accounts import account_by_email
from gymhopper.contexts.identity.storage.acting_tables import assignment
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.usecases.link_account import link_employee, link_person
from gymhopper.contexts.identity.usecases.open_account import OpenAccount, open_account
from gymhopper.contexts.staff.domain.employee import Contact
from gymhopper.contexts.staff.usecases.add_employee import AddEmployee, add_employee
from gymhopper.contexts.staff.usecases.grant_assignment import (
    GrantAssignment,
    Place,
    find_place,
    grant_assignment,
)
from gymhopper.contexts.staff.usecases.reach import Reach
from gymhopper.kernel.errors import Unavailable
from gymhopper.sandbox.demo.keeping import Founded, Keyring
from gymhopper.sandbox.demo.people import Registered, Standing, is_plain

DOMAIN = "hop.example"
PATIENCE = 60.0
"""Seconds within which the news of assignments must have arrived."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody enters to sign in as this role."""

    role: str
    email: str
    password: str = field(repr=False)


async def open_accounts(
    runtime: Runtime, founded: Founded, people: Sequence[Registered], keyring: Keyring
) -> list[SignIn]:
    """Give each role an account; those that are there already stay as they are."""
    password = keyring.password()
    hashed = await passwords(runtime).hash(password)
    reach = await Reach.of(runtime, SERVICE)
    brand = next(iter(founded.venues.values())).organisation_id
    opened = []
    for role in GRANTED:
        organisation_id = founded.operator_id if role == NETWORK_OPERATOR.name else brand
        place = await find_place(runtime, organisation_id, None, None)
        email = f"{role.replace('_', '-')}@{DOMAIN}"
        await _employ(runtime, reach, place, role, OpenAccount(email=email, password_hash=hashed))
        opened.append(SignIn(role, email, password))
    await _until_roles_are_known(runtime)
    email = f"member@{DOMAIN}"
    one = min(people, key=_has_troubles)
    await _join(runtime, founded, one, OpenAccount(email=email, password_hash=hashed))
    # The members are the network's: whoever looks around sees most as its operator.
    opened.sort(key=lambda each: each.role != NETWORK_OPERATOR.name)
    return [*opened, SignIn("member", email, password)]


def _has_troubles(one: Registered) -> bool:
    """Whether something can be said against the member, or may be some day."""
    return one.person.standing is not Standing.GOOD or not is_plain(one.person.offer)


async def _until_roles_are_known(runtime: Runtime) -> None:
    """Wait until identity has heard of the assignments: who signs in then acts for one."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    heard = sa.select(sa.func.count()).select_from(assignment)
    while True:
        async with runtime.read(SERVICE) as connection:
            if (await connection.execute(heard)).scalar_one() >= len(GRANTED):
                return
        if asyncio.get_running_loop().time() > deadline:
            raise Unavailable("The news of assignments do not reach identity.")
        await asyncio.sleep(0.05)


async def _employ(
    runtime: Runtime, reach: Reach, place: Place, role: str, account: OpenAccount
) -> None:
    async with runtime.begin(SERVICE) as uow:
        indexes = AddressSeal(runtime.secrets).indexes(account.email)
        if await account_by_email(uow.connection, indexes) is not None:
            return
        account_id = await open_account(uow, account)
        kind = "Partner" if role == PARTNER_MANAGER.name else "Staff"
        employee = await add_employee(
            uow,
            AddEmployee(
                organisation_id=place.organisation_id,
                first_name=role.replace("_", " ").title(),
                last_name=kind,
                contact=Contact(email=account.email),
            ),
        )
        await uow.flush()
        await grant_assignment(
            uow, reach, GrantAssignment(employee_id=employee.id, role=role, place=place)
        )
        await link_employee(
            uow,
            account_id=account_id,
            employee_id=employee.id,
            organisation_id=place.organisation_id,
        )


async def _join(
    runtime: Runtime, founded: Founded, registered: Registered, account: OpenAccount
) -> None:
    async with runtime.begin(SERVICE) as uow:
        indexes = AddressSeal(runtime.secrets).indexes(account.email)
        if await account_by_email(uow.connection, indexes) is not None:
            return
        account_id: UUID = await open_account(uow, account)
        await uow.flush()
        await link_person(
            uow,
            account_id=account_id,
            person_id=registered.person_id,
            organisation_id=founded.operator_id,
        )
