"""Header fields that many operations have."""

from typing import Any

Json = dict[str, Any]

PARAMETERS: Json = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Any text of your own, such as a random UUID. The same request with the same"
        " key has one effect: for 24 hours it is answered as it was the first time, with"
        " `Idempotency-Replayed: true`.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": "^[ -~]+$",
        },
        "example": "0f3c8a52-6f0c-4f0e-9d51-6f0f3a3c1c55",
    },
    "DryRun": {
        "name": "Dry-Run",
        "in": "header",
        "required": False,
        "description": "With `true` everything is checked, done and answered, and nothing is kept."
        " What would have to ask somebody else is answered with 409 `dry_run_ends`.",
        "schema": {"type": "string", "enum": ["true", "false"]},
        "example": "false",
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "The `ETag` of what you have; the answer is 304 when it is still right.",
        "schema": {"type": "string", "maxLength": 1000},
        "example": '"7"',
    },
}

HEADERS: Json = {
    "CorrelationId": {
        "description": "Under which our logs have the request: yours, where you sent one.",
        "schema": {"type": "string"},
    },
    "RateLimitPolicy": {
        "description": "Limits that the request counted for: requests `q` within `w` seconds.",
        "schema": {"type": "string", "examples": ['"read";q=600;w=60']},
    },
    "RateLimit": {
        "description": "What is left of them: requests `r`, and seconds `t` until all are back.",
        "schema": {"type": "string", "examples": ['"read";r=599;t=1']},
    },
    "RetryAfter": {
        "description": "Seconds after which trying again may work.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "ETag": {
        "description": "The version that the answer shows, for `If-Match`.",
        "schema": {"type": "string", "examples": ['"7"']},
    },
    "DryRun": {
        "description": "`true` when nothing of it was kept, as was asked for.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "IdempotencyReplayed": {
        "description": "`true` when this is the answer of an earlier request with the key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}


def reference(name: str) -> Json:
    """The shared parameter."""
    return {"$ref": f"#/components/parameters/{name}"}


def _header(name: str) -> Json:
    return {"$ref": f"#/components/headers/{name}"}


FAILED: Json = {
    "X-Correlation-Id": _header("CorrelationId"),
    "RateLimit-Policy": _header("RateLimitPolicy"),
    "RateLimit": _header("RateLimit"),
}
LATER: Json = FAILED | {"Retry-After": _header("RetryAfter")}


def told(*, kept: bool, versioned: bool) -> Json:
    """The fields of a success: `kept` when it may be a replay."""
    found = dict(FAILED)
    if kept:
        found["Idempotency-Replayed"] = _header("IdempotencyReplayed")
        found["Dry-Run"] = _header("DryRun")
    if versioned:
        found["ETag"] = _header("ETag")
    return found
