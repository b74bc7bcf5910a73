"""What narrows the log, in the same words for reading and exporting it."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.paging import PageQuery
from gymhopper.contexts.audit.queries.entries import Filter
from gymhopper.contexts.audit.usecases.export_entries import Format
from gymhopper.kernel.errors import InvalidInput, NotFound

Words = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class AuditFilter(BaseModel):
    """The parameters that both have."""

    model_config = ConfigDict(extra="forbid")

    organisation_id: UUID | None = Field(
        default=None, description="For platform administrators; others see their own."
    )
    actor: Words | None = Field(default=None, description="As entries have it.")
    action: Words | None = Field(default=None, description="Such as `wrote` or `looked`.")
    operation: Words | None = Field(default=None, description="Its whole name.")
    text: Words | None = Field(default=None, description="A part of the operation's name.")
    kind: Words | None = Field(
        default=None, description="What was changed or shown, such as `membership.member`."
    )
    thing_id: UUID | None = Field(default=None, description="Which of them.")
    person_id: UUID | None = Field(default=None, description="Whom it concerns.")
    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, description="Before this instant.")

    def of(self, caller: AuthSubject) -> Filter:
        """What the caller asks for and may see.

        Raises NotFound for another organisation, InvalidInput for a time that ends before it
        begins, and Forbidden for who acts for a part of an organisation only: entries are not
        divided by place.
        """
        own = caller.organisation_id
        caller.require_place()
        if own is not None and self.organisation_id not in {None, own}:
            raise NotFound("There is no organisation with this id.", field="organisation_id")
        if self.since is not None and self.until is not None and self.until < self.since:
            raise InvalidInput("It ends before it begins.", field="until")
        tenant = own or self.organisation_id
        leads = self.thing_id or self.person_id
        if tenant is None and (self.text or (self.kind and leads is None)):
            raise InvalidInput("Say for which organisation.", field="organisation_id")
        return Filter(
            organisation_id=tenant,
            actor=self.actor,
            action=self.action,
            operation=self.operation,
            words=self.text,
            kind=self.kind,
            thing_id=self.thing_id,
            person_id=self.person_id,
            since=self.since,
            until=self.until,
        )


class AuditQuery(PageQuery, AuditFilter):
    """Which page of which entries is asked for."""


class ExportQuery(AuditFilter):
    """Which entries are asked for, and as what."""

    form: Format = Field(default="jsonl", alias="format")
