"""What can go wrong with money, each with its code."""

from gymhopper.kernel.errors import Conflict, GymhopperError, InvalidInput


class StalePrice(Conflict):
    """The price that the client showed is not the one that would be charged."""

    code = "stale_price"


class AlreadySubscribed(Conflict):
    """The membership is being paid for already; a second subscription would charge twice."""

    code = "already_subscribed"


class NothingToPay(Conflict):
    """The membership does not wait for a first payment."""

    code = "nothing_to_pay"


class NotRefundable(Conflict):
    """No payment of the claim can be given back."""

    code = "not_refundable"


class OverRefund(InvalidInput):
    """More would go back than came in."""

    code = "over_refund"


class BadSignature(GymhopperError):
    """A webhook was not signed by the provider, or its signature is too old."""

    code = "bad_signature"
    status = 400


class MalformedNotification(GymhopperError):
    """A signed webhook body that is not an event."""

    code = "malformed_event"
    status = 400


class CardRefused(GymhopperError):
    """The card's issuer refused the charge."""

    code = "card_refused"
    status = 402


class ProviderRefused(GymhopperError):
    """The payment provider refused the request; repeating it would not help."""

    code = "provider_refused"
    status = 502


class TwoSubscriptions(Conflict):
    """The provider holds two subscriptions for one of ours; a person has to look."""

    code = "two_subscriptions"


class EntryDiffers(Conflict):
    """The ledger has an entry of this cause already, and it says something else."""

    code = "entry_differs"


class PageOpening(Conflict):
    """A page of the provider is being opened at this moment; ask again."""

    code = "page_opening"


class NotForTheDesk(Conflict):
    """The claim is collected by a payment provider, or there is nothing to pay."""

    code = "not_for_the_desk"


class OverPayment(InvalidInput):
    """More would come in than is owed."""

    code = "over_payment"


class NotWrittenOff(Conflict):
    """The claim is no debt: it is paid, void, given up already, or not due yet."""

    code = "not_written_off"


class NotTakenBack(Conflict):
    """The payment was taken back already, or a payment provider keeps it."""

    code = "not_taken_back"


class CollectedByCard(Conflict):
    """A provider collects from the present payer's card, which is nobody else's to change."""

    code = "collected_by_card"


class DebtFirst(Conflict):
    """What is owed, or was paid in part, is settled by whoever owes it."""

    code = "debt_first"


class MeansInUse(Conflict):
    """The last card of a payer is what something is collected by."""

    code = "means_in_use"


class NotByCard(Conflict):
    """No payment provider collects this, or none that could be asked for a card."""

    code = "not_by_card"
