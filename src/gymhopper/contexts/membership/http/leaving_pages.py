"""The page to which the link in the mail leads.

Opening it changes nothing: scanners of mail open links as well. What declares something is the
form, sent by a press of its button. It works on any device, without a script.
"""

from pathlib import Path
from typing import Any
from uuid import UUID

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from gymhopper.chassis.http.cookies import require_own_page
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.membership.domain.receipt import Act
from gymhopper.contexts.membership.usecases.leave_by_link import (
    Offered,
    confirm_leaving,
    preview_leaving,
)
from gymhopper.kernel.calendar import local
from gymhopper.kernel.errors import GymhopperError, NotFound

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
_BUTTONS: dict[Act, str] = {
    "cancellation": "Cancel this membership",
    "withdrawal": "Withdraw from this contract",
}


class LeavingPage:
    """What the link offers, a button for each membership, and the receipt afterwards."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def routes(self) -> list[Route]:
        """Below `/leave`."""
        return [Route("/link", self._answer, methods=["GET", "POST"])]

    async def _answer(self, request: Request) -> Response:
        token = request.query_params.get("token", "")
        try:
            if request.method == "POST":
                if "sec-fetch-site" in request.headers or "origin" in request.headers:
                    require_own_page(request, self._runtime.settings.allowed_origins)
                async with request.form(max_files=0, max_fields=10) as form:
                    token = str(form.get("token", ""))
                    await confirm_leaving(
                        self._runtime, token, _id(str(form.get("membership_id", "")))
                    )
            offered = await preview_leaving(self._runtime, token)
        except GymhopperError as error:
            return _page("That did not work", detail=error.detail, status=error.status)
        return _page("Leaving", token=token, offered=[_shown(each) for each in offered])


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no membership with this id.") from None


def _shown(each: Offered) -> dict[str, Any]:
    lines, button = [], ""
    if each.receipt is not None:
        said = local(each.receipt.declared_at, each.zone)
        lines.append(f"Your {each.act} was received on {said:%d %B %Y at %H:%M}.")
        lines.append(f"Receipt {each.receipt.id}; member {each.receipt.member_number}.")
    if each.refused is not None:
        lines.append(each.refused)
    elif each.receipt is None:
        button = _BUTTONS[each.act]
    if each.ends_at is not None:
        ends = local(each.ends_at, each.zone)
        lines.append(f"It ends on {ends:%d %B %Y at %H:%M} ({each.zone}).")
    if each.share is not None:
        part = "All" if each.share.days == each.share.of_days else "A part"
        days = "" if part == "All" else f": {each.share.days} of {each.share.of_days} days"
        lines.append(f"{part} of what you paid goes back{days}.")
    return {
        "membership_id": each.membership_id,
        "plan_name": each.plan_name,
        "lines": lines,
        "button": button,
    }


def _page(
    title: str,
    *,
    detail: str = "",
    token: str = "",
    offered: list[dict[str, Any]] | None = None,
    status: int = 200,
) -> HTMLResponse:
    content = _TEMPLATES.get_template("leaving.html").render(
        title=title, detail=detail, token=token, offered=offered or []
    )
    return HTMLResponse(content, status_code=status, headers=_HEADERS)
