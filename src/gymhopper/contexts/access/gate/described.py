"""The gate's operations as parts of an OpenAPI document: it answers past the framework, which would
have described them."""

from typing import Any

import msgspec

from gymhopper.contexts.access.gate.outcome import CheckInAnswer, CheckInRequest
from gymhopper.contexts.access.gate.passage import PassageAnswer, PassageRequest
from gymhopper.contexts.access.gate.sessions import (
    Challenge,
    ChallengeRequest,
    Session,
    SessionRequest,
)

Json = dict[str, Any]

_PREFIX = "/api/v1"
_DEVICE = {
    "type": "http",
    "scheme": "bearer",
    "description": "A device's session, which `POST /access/sessions` opens for an hour.",
}
_ID = "01980d5e-6b00-7c3a-9f3e-3b6f2c1d4e5f"
_FAILURES = {
    "400": "The body is not JSON.",
    "401": "There is no live session, or the challenge was not answered rightly.",
    "403": "The device is switched off, or the door is none of its own.",
    "404": "There is no such door or decision for this device.",
    "409": "The passage was reported already, with another outcome.",
    "413": "The body is larger than any that the gate takes.",
    "422": "The input cannot be accepted.",
    "503": "This cell cannot decide now; the door's own fail mode rules.",
}


def described() -> Json:
    """Paths, schemas and the devices' way to say who they are."""
    _, schemas = msgspec.json.schema_components(
        [
            CheckInRequest,
            CheckInAnswer,
            PassageRequest,
            PassageAnswer,
            ChallengeRequest,
            Challenge,
            SessionRequest,
            Session,
        ],
        ref_template="#/components/schemas/Gate{name}",
    )
    return {
        "paths": _paths(),
        "components": {
            "schemas": {f"Gate{name}": schema for name, schema in schemas.items()},
            "securitySchemes": {"device": _DEVICE},
        },
    }


def _paths() -> Json:
    return {
        f"{_PREFIX}/access/checkin": _post(
            "check_in",
            "Decide a scan",
            "Always 200 for a decision: `allow`, `deny` or `refer`, with a stable `code`. The same"
            " `request_id` of a device gets the same answer for an hour.",
            CheckInRequest,
            CheckInAnswer,
            {
                "request_id": "3f9c1c1e",
                "credential": {"type": "pass", "value": "a value from a pass"},
                "door_id": _ID,
            },
        ),
        f"{_PREFIX}/access/passage": _post(
            "report_passage",
            "Report what came of an admission",
            "Converts or releases what the decision held. Repeating a report changes nothing.",
            PassageRequest,
            PassageAnswer,
            {"decision_id": _ID, "outcome": "passed"},
        ),
        f"{_PREFIX}/access/sessions/challenge": _post(
            "create_device_challenge",
            "Get something to sign",
            "Whether the device exists is not told.",
            ChallengeRequest,
            Challenge,
            {"device_id": _ID},
            status="201",
        ),
        f"{_PREFIX}/access/sessions": _post(
            "create_device_session",
            "Open a device's session",
            "In exchange for the challenge, signed with the device's Ed25519 key.",
            SessionRequest,
            Session,
            {"device_id": _ID, "nonce": "from the challenge", "signature": "in base64url"},
            status="201",
        ),
    }


def _post(
    name: str,
    summary: str,
    description: str,
    request: type[Any],
    answer: type[Any],
    example: Json,
    *,
    status: str = "200",
) -> Json:
    """One operation; those that open a session are open to everybody."""
    opens = status == "201"
    failures = {each: told for each, told in _FAILURES.items() if not (opens and each == "409")}
    responses = {
        each: {
            "description": told,
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
        for each, told in failures.items()
    }
    return {
        "post": {
            "tags": ["gate"],
            "operationId": name,
            "summary": summary,
            "description": description,
            "security": [] if opens else [{"device": []}],
            "x-bare": True,
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": _schema(request), "example": example}},
            },
            "responses": {
                status: {
                    "description": summary,
                    "content": {"application/json": {"schema": _schema(answer)}},
                },
                **responses,
            },
        }
    }


def _schema(kind: type[Any]) -> Json:
    return {"$ref": f"#/components/schemas/Gate{kind.__name__}"}
