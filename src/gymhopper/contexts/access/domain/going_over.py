"""A membership goes over to another person, and what was used up of it in periods that run."""

import msgspec

from gymhopper.contexts.access.domain.records import Id
from gymhopper.contexts.access.domain.usage import Tally, Usage


def gone_over(usage: Usage, to: Usage, former: Id, heir: Id) -> tuple[Usage, Usage]:
    """What is left of the giver's usage, and the receiver's with the visits counted for `heir`.

    Credits stay: only those that were left have gone over. Again, it hands over nothing more.
    """
    going = [each for each in usage.tallies if each.membership_id == former and each.per != "ever"]
    if not going:
        return usage, to
    counted = {_place(each): each for each in to.tallies}
    for each in going:
        renamed = msgspec.structs.replace(each, membership_id=heir)
        known = counted.get(_place(renamed))
        visits = renamed.visits + (0 if known is None else known.visits)
        counted[_place(renamed)] = msgspec.structs.replace(renamed, visits=visits)
    left = tuple(each for each in usage.tallies if each not in going)
    return (
        msgspec.structs.replace(usage, tallies=left),
        msgspec.structs.replace(to, tallies=tuple(counted.values())),
    )


def _place(tally: Tally) -> tuple[object, ...]:
    return tally.membership_id, tally.per, tally.period, tally.location_id, tally.organisation_id
