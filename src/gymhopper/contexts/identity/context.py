"""Identity, as the composition root sees it."""

from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import ASGIApp

from gymhopper.chassis.migrate import Migrations
from gymhopper.chassis.registry import Context, Implementation, Part
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.authentication import Authentication
from gymhopper.contexts.identity.gateways.hashing import PasswordThreads
from gymhopper.contexts.identity.http import pages, routers
from gymhopper.contexts.identity.http.pages import SignInPages
from gymhopper.contexts.identity.jobs import jobs, timers
from gymhopper.contexts.identity.oidc_settings import OidcSettings
from gymhopper.contexts.identity.settings import IdentitySettings
from gymhopper.contexts.identity.storage.mapping import map_all
from gymhopper.contexts.identity.storage.sealed import SEALED
from gymhopper.contexts.identity.subscribers import subscriptions
from gymhopper.contracts.identity.api import IdentityApi

map_all()


def _pages(runtime: Runtime) -> Mapping[str, ASGIApp]:
    return {pages.PREFIX: Starlette(routes=SignInPages(runtime).routes())}


async def _settings_are_sound(_: Runtime) -> None:
    """Whoever sets up a provider learns of a mistake now, not the first who wants to sign in."""
    IdentitySettings()
    OidcSettings()


context = Context(
    name="identity",
    migrations=Migrations("identity", Path(__file__).parent / "storage" / "migrations"),
    routers=routers,
    apis=[Implementation(IdentityApi, Authentication)],
    subscriptions=subscriptions,
    mounts=_pages,
    before_start=_settings_are_sound,
    jobs=jobs,
    timers=timers,
    parts=[Part("api", PasswordThreads)],
    tags={
        "account": "The account that is signed in.",
        "sessions": "Signing in and out, in browsers and programs.",
        "second factors": "Codes of an app and recovery codes.",
        "passkeys": "Signing in with a device instead of a password.",
        "roles": "What each role may do.",
        "impersonation": "Support that looks through a member's eyes; the member sees it.",
        "sign-in providers": "Signing in at an OpenID Connect provider.",
        "invitations": "Letters that let people sign in, and what comes of them.",
        "api keys": "Keys for other programs.",
    },
    sealed=SEALED,
    scopes={
        "identity:read": "see API keys",
        "identity:write": "make and revoke API keys",
        "impersonation:write": "look through members' eyes, which they are shown",
    },
    audit_shows={
        "identity.api_key": "kind scopes prefix",
        "identity.account": "status language",
        "identity.session": "client methods ended_because",
    },
)
