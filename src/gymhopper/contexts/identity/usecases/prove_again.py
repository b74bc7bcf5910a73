"""Show once more that it is oneself, before something is changed that opens or closes an account.

A session that was left open, or stolen, must not be enough to take an account over for good.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from gymhopper.chassis.audit.acts import Act
from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.code_attempts import proof_tries
from gymhopper.contexts.identity.domain.session import Session
from gymhopper.contexts.identity.gateways.hashing import passwords
from gymhopper.contexts.identity.subjects import account_of, account_subject, own_account
from gymhopper.contexts.identity.usecases.count_attempts import count_attempt, take_back
from gymhopper.contexts.identity.usecases.finish_sign_in import active_account
from gymhopper.contexts.identity.usecases.prove_code import prove_code
from gymhopper.contexts.identity.usecases.second_factors import second_factors
from gymhopper.kernel.errors import Forbidden

YOUNG = timedelta(minutes=10)
"""Whoever signed in so recently need not do it again to add something."""


class ProofNeeded(Forbidden):
    """Without the password or a code this is not done."""

    code = "proof_needed"


class WrongProof(Forbidden):
    """The password or the code is not right."""

    code = "wrong_proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One of them."""

    password: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)


async def prove_again(
    runtime: Runtime, caller: AuthSubject, proof: Proof | None, *, young_session_will_do: bool
) -> UUID:
    """The caller's account; raises ProofNeeded, WrongProof, or TooManyAttempts.

    Opens its own transactions: a password is checked between them, while nothing is held. A try is
    counted before it is checked, and taken back when it was right.
    """
    assert caller.session_id is not None  # noqa: S101 - whoever calls this has signed in
    account_id = account_of(caller)
    if caller.impersonator is not None:
        raise ProofNeeded("This is for the account's holder alone.")
    tries = proof_tries(caller.session_id)
    async with runtime.begin(own_account(caller)) as uow:
        account = await active_account(uow, account_id)
        if proof is None:
            session = await uow.session.get(Session, caller.session_id)
            young = session is not None and uow.now - session.created_at < YOUNG
            if young_session_will_do and young:
                return account_id
            raise ProofNeeded("Show the password or a code first.")
        await count_attempt(uow, tries)
        right = proof.code is not None and await prove_code(uow, account_id, proof.code) is not None
    if proof.password is not None:
        right = await passwords(runtime).check(account.password_hash, proof.password)
    if not right:
        tried = "code" if proof.password is None else "password"
        about = (("identity.account", account_id),)
        act = Act(action="proof_failed", about=about, detail={"method": tried})
        await runtime.note_act(account_subject(account_id), act)
        raise WrongProof("This is not right.")
    async with runtime.begin(own_account(caller)) as uow:
        await take_back(uow, tries)
    return account_id


async def prove_to_remove(runtime: Runtime, caller: AuthSubject, proof: Proof | None) -> UUID:
    """The same, before a way into the account is taken away: a young session alone will not do.

    Except for an account that has neither a password nor an app, and so nothing else to show.
    """
    async with runtime.begin(own_account(caller)) as uow:
        account = await active_account(uow, account_of(caller))
        has_password = account.password_hash is not None
        bare = not has_password and not await second_factors(uow, account.id)
    return await prove_again(runtime, caller, proof, young_session_will_do=bare)
