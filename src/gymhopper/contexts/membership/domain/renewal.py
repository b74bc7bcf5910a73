"""What follows a membership that is sold for a time only."""

from datetime import date, datetime, timedelta

from msgspec import structs

from gymhopper.contexts.membership.domain.errors import IllegalTransition, NotForYou
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.offer import Offer
from gymhopper.kernel.calendar import local_date

RENEWABLE = timedelta(days=60)
"""How long after its end a membership can be renewed; then it is bought like any other."""


def renewed_from(membership: Membership, now: datetime) -> date:
    """The first local day of what follows: where this one ends, so that no day is paid for twice.

    A pack, whose credits may be used up before, is followed at once. Raises IllegalTransition for
    what goes on by itself, was ended on purpose or ended long ago.
    """
    today = local_date(now, membership.zone)
    if membership.sponsor_id is not None:
        raise IllegalTransition("A sponsor says how long this lasts.")
    if membership.contract in ("pending", "trialing"):
        raise IllegalTransition("This membership has not been paid for yet.")
    if membership.contract == "under_notice":
        raise IllegalTransition("It is under notice: take the cancellation back instead.")
    if membership.contract == "ended" and membership.end_reason not in ("expired", "cancelled"):
        raise IllegalTransition(f"This membership was {membership.end_reason}.")
    pack = membership.offer.kind == "pack"
    if membership.end is None:
        if not pack:
            raise IllegalTransition("This membership goes on by itself.")
        return today
    ends_on = local_date(membership.end, membership.zone)
    if ends_on + RENEWABLE < today:
        raise IllegalTransition("This membership ended too long ago to be renewed.")
    return today if pack else max(today, ends_on)


def offered_again(offer: Offer) -> Offer:
    """The offer for somebody who has had it: nothing is tried again. NotForYou for what is for new
    people, or is nothing but a trial."""
    intro, trial = offer.intro, offer.trial
    guarded = intro is not None and (intro.new_here or intro.once_per_person)
    if guarded or (trial is not None and trial.then == "end"):
        raise NotForYou("This is for people who are new to it.")
    return structs.replace(offer, trial=None)
