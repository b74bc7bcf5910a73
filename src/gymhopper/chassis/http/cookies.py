"""The session cookie, and the check that a page of another site did not send it.

A browser attaches cookies also to requests that foreign pages make. It says from where each one
comes, in headers that no page can forge (Sec-Fetch-Site, W3C Fetch Metadata; Origin, RFC 6454), so
no token has to travel through our pages.
"""

from urllib.parse import urlsplit

from fastapi import Request, Response

from gymhopper.kernel.errors import Forbidden

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

PLAIN_NAME = "gymhopper_session"
SECURE_NAME = "__Host-gymhopper_session"
"""Over https: the prefix lets no other host and no plain connection set it (RFC 6265bis)."""


class ForeignPage(Forbidden):
    """A page of another site tried to use this browser's session."""

    code = "foreign_page"


def read_session(request: Request) -> str | None:
    """The token in the session cookie, or None."""
    return request.cookies.get(SECURE_NAME) or request.cookies.get(PLAIN_NAME)


def set_session(response: Response, token: str, *, secure: bool, max_age: int | None) -> None:
    """Keep the token in the browser for `max_age` seconds, or until it is closed."""
    response.set_cookie(
        SECURE_NAME if secure else PLAIN_NAME,
        token,
        max_age=max_age,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def forget_session(response: Response) -> None:
    """Take the cookie out of the browser."""
    response.delete_cookie(SECURE_NAME, path="/", secure=True, httponly=True, samesite="lax")
    response.delete_cookie(PLAIN_NAME, path="/", httponly=True, samesite="lax")


def require_own_page(request: Request, allowed_origins: tuple[str, ...]) -> None:
    """Raise ForeignPage when a request that changes something was made by a foreign page.

    `allowed_origins` are other sites whose pages may, such as `https://book.example.com`.
    """
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("origin")
    if origin in allowed_origins:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site in {"same-origin", "none"}:
            return
    elif origin is not None and urlsplit(origin).netloc == request.headers.get("host"):
        return
    raise ForeignPage("A page of another site may not act in this session.")
