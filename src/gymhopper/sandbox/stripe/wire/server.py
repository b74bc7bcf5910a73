"""The API over HTTP: keys, forms, transactions, answers."""

import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Awaitable, Callable, Iterable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.runtime import Runtime
from gymhopper.sandbox.stripe.account import ACCOUNT, API_KEY, API_VERSION, MOUNT
from gymhopper.sandbox.stripe.billing.clock import writing_store
from gymhopper.sandbox.stripe.billing.renewal import Recovery
from gymhopper.sandbox.stripe.errors import (
    AccountForbidden,
    CardDeclined,
    InvalidRequest,
    StripeError,
    Unauthorized,
    UnknownUrl,
)
from gymhopper.sandbox.stripe.objects.identity import object_id
from gymhopper.sandbox.stripe.storage.store import Cause, Store
from gymhopper.sandbox.stripe.wire import form
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoint
from gymhopper.sandbox.stripe.wire.expansion import expand
from gymhopper.sandbox.stripe.wire.faults import Fault, Faults, failing
from gymhopper.sandbox.stripe.wire.idempotency import Answer, IdempotentRequest
from gymhopper.sandbox.stripe.wire.parameters import Parameters, check

log = get_logger(__name__)

Handler = Callable[[Request], Awaitable[Response]]


class Server:
    """Answers requests for the endpoints that it is given."""

    def __init__(self, runtime: Runtime, recovery: Recovery, endpoints: Iterable[Endpoint]) -> None:
        self._runtime = runtime
        self._recovery = recovery
        self._endpoints = list(endpoints)
        self._faults = Faults()

    def routes(self) -> list[Route]:
        """One route for each endpoint, and one for the failures that a test asks for."""
        return [
            *(
                Route(each.path, self._handler(each), methods=[each.method])
                for each in self._endpoints
            ),
            Route("/faults", self._plan_fault, methods=["POST", "DELETE"]),
        ]

    async def _plan_fault(self, request: Request) -> Response:
        """Have something go wrong later (POST), or nothing any more (DELETE)."""
        try:
            _authorize(request)
            if request.method == "DELETE":
                self._faults.planned.clear()
            else:
                self._faults.planned.append(check(Fault, form.decode(await request.body())))
            answer = Answer(200, self._faults.shown())
        except StripeError as error:
            answer = Answer(error.status, error.body())
        return _response(answer, object_id("req"))

    def _handler(self, endpoint: Endpoint) -> Handler:
        async def handle(request: Request) -> Response:
            request_id = object_id("req")
            path = request.url.path.removeprefix(request.scope.get("root_path", ""))
            fault = self._faults.take(request.method, path)
            if fault is not None and not fault.after_effect:
                return await failing(fault, request, request_id)
            try:
                answer = await self._answer(endpoint, request, request_id)
            except StripeError as error:
                answer = Answer(error.status, error.body())
            if fault is not None:
                return await failing(fault, request, request_id)
            return _response(answer, request_id)

        return handle

    async def _answer(self, endpoint: Endpoint, request: Request, request_id: str) -> Answer:
        account = _authorize(request)
        body = await request.body()
        # The library sends the parameters of GET and DELETE in the address.
        raw = b"&".join(part for part in (request.url.query.encode(), body) if part)
        parameters = check(endpoint.parameters, form.decode(raw))

        async def run(store: Store) -> Answer:
            await _check_account(store)
            call = Call(store, self._recovery, self._runtime.url + MOUNT)
            done = await endpoint.handler(call, parameters, **request.path_params)
            paths = parameters.expand if isinstance(parameters, Parameters) else []
            return Answer(200, await expand(store, done, paths))

        if endpoint.method == "GET":
            async with self._runtime.database.transaction(SERVICE, read_only=True) as connection:
                now = int(self._runtime.clock.now().timestamp())
                return await run(
                    Store(connection, now, account=account, base_url=self._runtime.url + MOUNT)
                )
        key = request.headers.get("idempotency-key")
        once = (
            IdempotentRequest.of(key, endpoint.method, request.url.path, raw)
            if key is not None
            else None
        )
        async with self._runtime.database.transaction(SERVICE) as connection:
            cause = Cause(request_id, key)
            store = await writing_store(self._runtime, connection, cause, account)
            if once is not None and (before := await once.answered(store)) is not None:
                return before
            try:
                answer = await run(store)
            except CardDeclined as declined:
                # The refusal is an outcome, with a failed charge and events: it is kept.
                answer = Answer(declined.status, declined.body())
            if once is not None:
                await once.keep(store, answer)
            return answer


def _authorize(request: Request) -> str:
    """The account that the request is about: the key's own, or the one that it acts for."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    given = credentials.strip()
    if scheme.lower() == "basic":
        try:
            given = b64decode(given, validate=True).decode().partition(":")[0]
        except (NotBase64, UnicodeDecodeError):
            given = ""
    elif scheme.lower() != "bearer":
        raise Unauthorized(
            "You did not provide an API key. Send it in the Authorization header, as a bearer "
            "token or as the user name of HTTP Basic."
        )
    if not hmac.compare_digest(given.encode(), API_KEY.encode()):
        raise Unauthorized(f"Invalid API Key provided: {given[:8]}***")
    version = request.headers.get("stripe-version", API_VERSION)
    if version != API_VERSION:
        raise InvalidRequest(f"Invalid Stripe API version: {version}; this is {API_VERSION}.")
    return request.headers.get("stripe-account", ACCOUNT)


async def _check_account(store: Store) -> None:
    """The platform's key opens its own account and those that are connected to it."""
    account = store.account
    if account == ACCOUNT or await store.of(ACCOUNT).find("account", account) is not None:
        return
    raise AccountForbidden(account)


def _response(answer: Answer, request_id: str) -> Response:
    headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION}
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    return JSONResponse(answer.body, answer.status, headers)


async def refused(request: Request, error: Exception) -> Response:
    """What no endpoint took, in Stripe's shape; a wrong method is an unknown URL too."""
    assert isinstance(error, HTTPException)  # noqa: S101 - the handler's registration says so
    if error.status_code in {404, 405}:
        answer: StripeError = UnknownUrl(
            f"Unrecognized request URL ({request.method}: {request.url.path})."
        )
        return _response(Answer(answer.status, answer.body()), object_id("req"))
    answer = InvalidRequest(str(error.detail))
    return _response(Answer(error.status_code, answer.body()), object_id("req"))


async def unexpected(_: Request, error: Exception) -> Response:
    """Our own fault, logged."""
    log.error("stripe_sandbox_failed", exc_info=error)
    body = {"error": {"type": "api_error", "message": "The sandbox failed; see its log."}}
    return _response(Answer(500, body), object_id("req"))
