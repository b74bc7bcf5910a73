"""Ask that the account use another address."""

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.session import Device
from gymhopper.contexts.identity.subjects import own_account
from gymhopper.contexts.identity.usecases.finish_sign_in import active_account
from gymhopper.contexts.identity.usecases.prove_again import Proof, prove_again
from gymhopper.contexts.identity.usecases.request_link import request_link
from gymhopper.contexts.identity.usecases.tell_holder import tell_holder


async def change_email(
    runtime: Runtime, caller: AuthSubject, *, proof: Proof | None, email: str, device: Device
) -> None:
    """Send a link to the new address and a notice to the old one; the link makes the change.

    Whether another account has the address is told to its mailbox only, by the link.
    """
    account_id = await prove_again(runtime, caller, proof, young_session_will_do=True)
    async with runtime.begin(own_account(caller)) as uow:
        account = await active_account(uow, account_id)
        await request_link(uow, "email", email=email, device=device, account_id=account_id)
        await tell_holder(uow, account, "email_changing")
