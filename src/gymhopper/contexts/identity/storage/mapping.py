"""Ties the domain's classes to the tables, so that the domain need not know of them."""

from functools import cache

from sqlalchemy.orm import registry

from gymhopper.contexts.identity.domain.account import Account
from gymhopper.contexts.identity.domain.api_key import ApiKey
from gymhopper.contexts.identity.domain.email_link import EmailLink
from gymhopper.contexts.identity.domain.impersonation import Impersonation
from gymhopper.contexts.identity.domain.invitation import Invitation
from gymhopper.contexts.identity.domain.oidc_subject import OidcSubject
from gymhopper.contexts.identity.domain.passkey import Passkey
from gymhopper.contexts.identity.domain.pending import PendingSignIn
from gymhopper.contexts.identity.domain.queued_mail import QueuedMail
from gymhopper.contexts.identity.domain.session import Session
from gymhopper.contexts.identity.domain.token_grant import TokenGrant
from gymhopper.contexts.identity.domain.totp import Authenticator
from gymhopper.contexts.identity.storage import acting_tables, factor_tables, tables


@cache
def map_all() -> None:
    """Make the domain's classes loadable; doing it again changes nothing."""
    mapper = registry()
    mapper.map_imperatively(ApiKey, tables.api_key)
    mapper.map_imperatively(Account, tables.account)
    mapper.map_imperatively(Session, tables.session)
    mapper.map_imperatively(TokenGrant, tables.token_grant)
    mapper.map_imperatively(PendingSignIn, tables.pending_sign_in)
    mapper.map_imperatively(EmailLink, tables.email_link)
    mapper.map_imperatively(QueuedMail, tables.mail)
    mapper.map_imperatively(Authenticator, factor_tables.authenticator)
    mapper.map_imperatively(Passkey, factor_tables.passkey)
    mapper.map_imperatively(Invitation, acting_tables.invitation)
    mapper.map_imperatively(Impersonation, acting_tables.impersonation)
    mapper.map_imperatively(OidcSubject, factor_tables.oidc_subject)
