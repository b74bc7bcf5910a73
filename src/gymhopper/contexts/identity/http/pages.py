"""The pages to which links in mails lead.

Opening one shows a form and changes nothing: scanners of mail open links as well. What changes
something is the form, sent by a press of its button. They work on any device, without a script.
"""

from collections.abc import Awaitable, Callable, Mapping

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.email import checked_email
from gymhopper.contexts.identity.http.devices import present_device
from gymhopper.contexts.identity.http.forms import ADDRESS, CODE, NEW_PASSWORD, page
from gymhopper.contexts.identity.http.own_page import refuse_foreign_page
from gymhopper.contexts.identity.http.signing_in import sign_in_answer
from gymhopper.contexts.identity.subjects import SOMEBODY
from gymhopper.contexts.identity.usecases import use_link
from gymhopper.contexts.identity.usecases.accept_invitation import accept_invitation
from gymhopper.contexts.identity.usecases.finish_sign_in import SecondFactorNeeded
from gymhopper.contexts.identity.usecases.note_failure import Tried, failures_noted
from gymhopper.contexts.identity.usecases.open_session import SignedIn
from gymhopper.contexts.identity.usecases.password_by_link import (
    complete_registration,
    complete_reset,
)
from gymhopper.contexts.identity.usecases.prove_second_factor import (
    WrongCode,
    prove_second_factor,
)
from gymhopper.contexts.identity.usecases.request_link import request_link
from gymhopper.kernel.errors import GymhopperError, InvalidInput

PREFIX = "/sign-in"

_METHODS: Mapping[str, Tried] = {
    "/invitation": "invitation",
    "/second-factor": "second_factor",
}
"""How one shows on a page who one is; on the others, by a link."""

Form = Mapping[str, str]
Handler = Callable[[Request, Form], Awaitable[Response]]


class SignInPages:
    """Confirm, sign in, set a password: each a form that is shown and a form that is sent."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def routes(self) -> list[Route]:
        """Below `/sign-in`."""
        return [
            self._route("/confirm", "Choose a password", "Open the account", self._confirm),
            self._route("/link", "Sign in", "Sign in", self._link),
            self._route("/email", "Your new address", "Use this address", self._email),
            self._route("/password", "Set a new password", "Set it", self._password),
            self._route("/forgot", "Forgot your password?", "Send me a link", self._forgot),
            self._route("/invitation", "You are invited", "Accept", self._invitation),
            self._route("/second-factor", "One more step", "Sign in", self._second_factor),
        ]

    def _route(self, path: str, title: str, button: str, sent: Handler) -> Route:
        asked = {
            "/confirm": [NEW_PASSWORD],
            "/password": [NEW_PASSWORD],
            "/forgot": [ADDRESS],
            "/second-factor": [CODE],
        }

        def shown(form: Form, detail: str = "", status: int = 200) -> Response:
            return page(
                title,
                detail=detail,
                button=button,
                asked=asked.get(path, ()),
                hidden={name: form[name] for name in ("token", "pending") if name in form},
                status=status,
            )

        async def answer(request: Request) -> Response:
            if request.method != "POST":
                return shown(_short(request.query_params))
            async with request.form(max_files=0, max_fields=10) as given:
                form = _short(given)
            try:
                refuse_foreign_page(request, self._runtime.settings.allowed_origins)
                async with failures_noted(self._runtime, _METHODS.get(path, "email_link")):
                    return await sent(request, form)
            except InvalidInput as error:
                return shown(form, error.detail, error.status)
            except GymhopperError as error:
                onward = (f"{PREFIX}/forgot", "Ask for a new link") if path == "/password" else None
                return page(
                    "That did not work", detail=error.detail, onward=onward, status=error.status
                )

        return Route(path, answer, methods=["GET", "POST"])

    async def _confirm(self, request: Request, form: Form) -> Response:
        done = await complete_registration(
            self._runtime,
            token=form.get("token", ""),
            password=form.get("password", ""),
            device=present_device("browser", request, self._runtime),
        )
        return self._signed_in(done)

    async def _invitation(self, request: Request, form: Form) -> Response:
        done = await accept_invitation(
            self._runtime,
            token=form.get("token", ""),
            password=None,
            device=present_device("browser", request, self._runtime),
        )
        return self._signed_in(done)

    async def _link(self, request: Request, form: Form) -> Response:
        device = present_device("browser", request, self._runtime)
        async with self._runtime.begin(SOMEBODY) as uow:
            done = await use_link.sign_in_by_link(uow, form.get("token", ""), device=device)
        return self._signed_in(done)

    async def _password(self, request: Request, form: Form) -> Response:
        done = await complete_reset(
            self._runtime,
            token=form.get("token", ""),
            password=form.get("password", ""),
            device=present_device("browser", request, self._runtime),
        )
        return self._signed_in(done)

    async def _email(self, _: Request, form: Form) -> Response:
        async with self._runtime.begin(SOMEBODY) as uow:
            await use_link.confirm_email(uow, form.get("token", ""))
        return page("Your new address", detail="It is in use from now on.")

    async def _forgot(self, request: Request, form: Form) -> Response:
        device = present_device("browser", request, self._runtime)
        async with self._runtime.begin(SOMEBODY) as uow:
            await request_link(
                uow, "password", email=checked_email(form.get("email", "")), device=device
            )
        return page("Look into your mailbox", detail="If we know the address, a link is there.")

    async def _second_factor(self, request: Request, form: Form) -> Response:
        device = present_device("browser", request, self._runtime)
        async with self._runtime.begin(SOMEBODY) as uow:
            done = await prove_second_factor(
                uow, form.get("pending", ""), form.get("code", "").strip(), device=device
            )
        if isinstance(done, WrongCode):
            return self._ask_for_code(form.get("pending", ""), done)
        return self._signed_in(done)

    def _signed_in(self, done: SignedIn | SecondFactorNeeded) -> Response:
        if isinstance(done, SecondFactorNeeded):
            return self._ask_for_code(done.token, None)
        response = page("You are signed in", detail="You can close this page.")
        sign_in_answer(response, self._runtime, done, self._runtime.clock.now())
        return response

    def _ask_for_code(self, pending: str, wrong: WrongCode | None) -> Response:
        return page(
            "One more step",
            detail=wrong.detail if wrong else "",
            button="Sign in",
            asked=[CODE],
            hidden={"pending": pending},
            action=f"{PREFIX}/second-factor",
            status=wrong.status if wrong else 200,
        )


def _short(given: FormData | Mapping[str, str]) -> Form:
    """The fields of a form; what is no text, or longer than any of ours, is left out."""
    return {k: v for k, v in given.items() if isinstance(v, str) and len(v) <= 400}
