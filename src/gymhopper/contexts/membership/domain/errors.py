"""What the rules of memberships refuse."""

from gymhopper.kernel.errors import Conflict, InvalidInput, Unauthenticated


class IllegalTransition(Conflict):
    """The membership's present state does not lead where it was asked to go. Nothing changed."""

    code = "illegal_transition"


class OverlayOverlaps(Conflict):
    """Another stretch of the same kind covers part of this one."""

    code = "overlay_overlaps"


class StalePrice(Conflict):
    """The price that was shown is not the price (any more)."""

    code = "stale_price"


class PlanWithdrawn(Conflict):
    """The plan is not sold any more."""

    code = "plan_withdrawn"


class AlreadyRenewed(Conflict):
    """What follows the membership was bought already."""

    code = "already_renewed"


class TermStillRuns(Conflict):
    """The contract's term or notice does not let it end so early; the sentence says when it may."""

    code = "term_still_runs"


class ReasonMissing(InvalidInput):
    """What goes beyond the contract needs a reason."""

    code = "reason_missing"


class LinkExpired(Unauthenticated):
    """The link was not signed here, or has expired."""

    code = "link_expired"


class NothingToWithdraw(Conflict):
    """The contract was not concluded at a distance."""

    code = "nothing_to_withdraw"


class WithdrawalOver(Conflict):
    """The days for a withdrawal have passed."""

    code = "withdrawal_over"


class FreezeAtDesk(Conflict):
    """The plan, or what was asked for, leaves this freeze to the gym's staff."""

    code = "freeze_at_desk"


class FreezeTooShort(InvalidInput):
    """The plan's freezes last longer than this."""

    code = "freeze_too_short"


class FreezesExceeded(Conflict):
    """The plan allows no further freeze in that year."""

    code = "freezes_exceeded"


class FreezeDaysExceeded(Conflict):
    """The plan allows fewer days of freeze in that year."""

    code = "freeze_days_exceeded"


class DateOutOfRange(InvalidInput):
    """The date lies where this cannot start or end."""

    code = "date_out_of_range"


class UnfitOffer(InvalidInput):
    """The parts of a plan do not go together."""

    code = "unfit_offer"


class HomeMissing(InvalidInput):
    """The plan covers a home location, and none was chosen."""

    code = "home_missing"


class NoHome(Conflict):
    """The plan has no home location, or not there."""

    code = "no_home_there"


class NoGuests(Conflict):
    """The plan allows no guests, or the membership is not good just now."""

    code = "no_guests"


class GuestsUsedUp(Conflict):
    """There were as many guests as the plan allows."""

    code = "guests_used_up"


class GuestNotNew(Conflict):
    """The plan's guests are people who were never here."""

    code = "guest_not_new"


class NotForYou(Conflict):
    """An introduction is for people who are new here, or only once for each person."""

    code = "intro_offer_refused"


class NoCredits(Conflict):
    """The membership is not of a kind that has credits."""

    code = "no_credits"


class NotSoMany(InvalidInput):
    """There are fewer credits than that."""

    code = "not_so_many_credits"


class PriceStays(Conflict):
    """The membership's price cannot become this."""

    code = "price_stays"


class ChangeAnnounced(Conflict):
    """Another price has been announced and is not in force yet."""

    code = "price_change_announced"


class UnfitChange(Conflict):
    """The membership cannot become this plan."""

    code = "unfit_plan_change"


class PlanChangePending(Conflict):
    """Another change of plan is to come."""

    code = "plan_change_pending"


class ChangeNotPossible(Conflict):
    """Whoever collects the membership cannot make the change like this."""

    code = "plan_change_not_possible"


class PaidByAnother(Conflict):
    """Somebody else pays for it, whom the member cannot bind to another price."""

    code = "paid_by_another"


class NotTransferable(Conflict):
    """The membership does not go over to that member."""

    code = "not_transferable"


class DebtBeforeTransfer(Conflict):
    """Something is owed for the membership that is to go over to somebody else."""

    code = "debt_before_transfer"
