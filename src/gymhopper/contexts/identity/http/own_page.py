"""Sign-ins are begun by our own pages, or by programs; never by a page of another site."""

from fastapi import Request

from gymhopper.chassis.http.cookies import require_own_page


def refuse_foreign_page(request: Request, allowed_origins: tuple[str, ...]) -> None:
    """Raise ForeignPage when a browser says that a foreign page made the request.

    Such a page could sign a visitor in to its own account, to read later what they do there. A
    program says nothing of pages.
    """
    if "sec-fetch-site" in request.headers or "origin" in request.headers:
        require_own_page(request, allowed_origins)
