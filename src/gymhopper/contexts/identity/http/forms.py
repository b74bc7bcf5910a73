"""Pages with one form and no script, for links that came by mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.responses import HTMLResponse

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A field of the form, as HTML has it."""

    name: str
    label: str
    hint: str
    type: str = "text"
    autocomplete: str = "off"


NEW_PASSWORD = Asked(
    name="password",
    label="New password",
    hint="At least ten characters, and not a common one.",
    type="password",
    autocomplete="new-password",
)
ADDRESS = Asked(
    name="email",
    label="E-mail address",
    hint="The one with which you sign in.",
    type="email",
    autocomplete="email",
)
CODE = Asked(
    name="code",
    label="Code",
    hint="The one that your app shows now, or a recovery code.",
    autocomplete="one-time-code",
)


def page(
    title: str,
    *,
    detail: str = "",
    button: str = "",
    asked: Sequence[Asked] = (),
    hidden: Mapping[str, str] | None = None,
    action: str = "",
    onward: tuple[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The page; without a button it only says something. The form goes to where it came from,
    unless there is an `action`. `onward` is a link to follow instead, with its text."""
    content = _TEMPLATES.get_template("page.html").render(
        title=title,
        detail=detail,
        wrong=status >= 400,
        button=button,
        asked=asked,
        hidden=hidden or {},
        action=action,
        onward=onward,
    )
    return HTMLResponse(content, status_code=status, headers=_HEADERS)
