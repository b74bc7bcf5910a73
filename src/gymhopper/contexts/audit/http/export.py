"""The log as a file."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from gymhopper.chassis.audit.acts import Act
from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.contexts.audit.http.filters import ExportQuery
from gymhopper.contexts.audit.usecases.export_entries import Format, export_entries

router = APIRouter(prefix="/audit", tags=["audit"])

_MEDIA_TYPES: dict[Format, str] = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8"}


@router.get(
    "/export",
    summary="Export the audit log",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "One entry a line, the oldest first.",
            "content": {
                "application/jsonl": {"schema": {"type": "string"}},
                "text/csv": {"schema": {"type": "string"}},
            },
        }
    },
)
async def export_audit_entries(
    query: Annotated[ExportQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("audit:read"),
) -> StreamingResponse:
    """The entries that the parameters leave, as JSONL or CSV. It is itself an entry of the log."""
    wanted = query.of(caller)
    await runtime.note_act(
        caller,
        Act(action="exported", organisation_id=wanted.organisation_id, person_id=wanted.person_id),
    )
    return StreamingResponse(
        export_entries(runtime, caller, wanted, query.form),
        media_type=_MEDIA_TYPES[query.form],
        headers={"Content-Disposition": f'attachment; filename="audit.{query.form}"'},
    )
