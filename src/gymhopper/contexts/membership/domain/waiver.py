"""What people sign before they train: waivers, their versions, and signatures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

from gymhopper.kernel.calendar import add_months, local_date, start_of_day
from gymhopper.kernel.errors import Conflict, InvalidInput

SignedBy = Literal["self", "guardian"]
SignatureChannel = Literal["online", "desk"]
WaiverState = Literal["unsigned", "signed", "expired"]


class WaiverIsRetired(Conflict):
    """Nobody signs it any more."""

    code = "waiver_retired"


class StaleWaiver(Conflict):
    """There is a newer version than the one that was shown."""

    code = "stale_waiver"


class NoSuchLanguage(InvalidInput):
    """The version has no text in this language."""

    code = "no_such_language"


class GuardianNeeded(Conflict):
    """A guardian signs for a minor."""

    code = "guardian_needed"


@dataclass(eq=False, kw_only=True)
class WaiverVersion:
    """A published text in its languages; never changed.

    From 00:00 of `enforce_from` in the waiver's zone (the instant `enforced_at`) it must be signed;
    before that it is only a notice. A signature holds for `valid_months` months, or without end.
    """

    id: UUID
    waiver_id: UUID
    organisation_id: UUID
    number: int
    texts: dict[str, str]
    valid_months: int | None
    enforce_from: date
    enforced_at: datetime
    published_at: datetime
    published_by: str

    def text_hash(self, language: str) -> str:
        """SHA-256 (hex) of the text in that language; NoSuchLanguage when there is none."""
        if language not in self.texts:
            raise NoSuchLanguage("There is no text in this language.", field="language")
        return sha256(self.texts[language].encode()).hexdigest()


@dataclass(eq=False, kw_only=True)
class Waiver:
    """Something of an organisation to be signed; `zone` is where its days begin and end."""

    id: UUID
    organisation_id: UUID
    name: str
    zone: str
    created_at: datetime
    retired_at: datetime | None = None
    versions: list[WaiverVersion] = field(default_factory=list)
    version: int = 0

    @property
    def latest(self) -> WaiverVersion | None:
        """The version that is signed now."""
        return max(self.versions, key=lambda each: each.number, default=None)

    def until(self, signed: WaiverVersion, at: datetime) -> datetime | None:
        """When a signature given at that instant runs out."""
        if signed.valid_months is None:
            return None
        return start_of_day(add_months(local_date(at, self.zone), signed.valid_months), self.zone)


@dataclass(eq=False, kw_only=True)
class WaiverSignature:
    """Who signed which text, in which language, where, when, and for whom. Never changed.

    `signed_by` says whether it was the member or a guardian: `guardian_member_id`, or at home
    whoever acts for the member. `actor` is the account, or at a desk the employee who was there.
    """

    id: UUID
    organisation_id: UUID
    waiver_id: UUID
    waiver_version_id: UUID
    number: int
    member_id: UUID
    person_id: UUID
    language: str
    text_hash: str
    channel: SignatureChannel
    signed_by: SignedBy
    guardian_member_id: UUID | None
    actor: str
    signed_at: datetime
    until: datetime | None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a member stands with a waiver: `required` closes the door, `to_sign` is the version that
    waits for a signature, as a notice while it is not enforced."""

    state: WaiverState
    required: bool
    to_sign: int | None
    until: datetime | None


def standing(
    versions: Sequence[WaiverVersion], signatures: Sequence[WaiverSignature], now: datetime
) -> Standing:
    """How things are at `now`. A signature counts for its version and those before it."""
    enforced = max((each.number for each in versions if each.enforced_at <= now), default=0)
    latest = max((each.number for each in versions), default=0)
    given = [each for each in signatures if each.number >= max(enforced, 1)]
    live = [each for each in given if each.until is None or now < each.until]
    best = max(live, key=lambda each: each.number, default=None)
    state: WaiverState = "signed" if best else "expired" if given else "unsigned"
    newest = best.number if best else 0
    return Standing(
        state=state,
        required=enforced > 0 and best is None,
        to_sign=latest if latest > newest else None,
        until=best.until if best else None,
    )
