"""What billing answers to other contexts."""

from datetime import datetime
from uuid import UUID

from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.gateways.providers import payment_provider
from gymhopper.contexts.billing.usecases.quote_change import ChangeWanted, quote_change
from gymhopper.contracts.billing.api import PlanChangeQuote
from gymhopper.contracts.membership.plan_changes import PlanTerms


class PlanChanges:
    """Keeps `PlanChangesApi`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def quote(
        self, *, membership_id: UUID, terms: PlanTerms, at: datetime, at_once: bool
    ) -> PlanChangeQuote:
        """What it costs to become these terms: `at_once`, priced for `at`; or at the end of the
        period that runs, `at`."""
        wanted = ChangeWanted(membership_id=membership_id, terms=terms, at=at, at_once=at_once)
        return await quote_change(self._runtime, payment_provider(self._runtime), wanted)
