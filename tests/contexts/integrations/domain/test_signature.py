"""Signatures are those of the specification, and ids are the same for the same event."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from gymhopper.contexts.integrations.domain import signature
from gymhopper.kernel.ids import new_id


@given(st.binary(min_size=24, max_size=64), st.text(max_size=50), st.integers(0, 2**33))
def test_the_reference_library_signs_alike(secret: bytes, body: str, timestamp: int) -> None:
    ours = signature.headers([secret], webhook_id="msg_1", timestamp=timestamp, body=body.encode())
    theirs = Webhook(signature.shown(secret))
    at = datetime.fromtimestamp(timestamp, UTC)
    assert ours["webhook-signature"] == theirs.sign("msg_1", at, body)


def test_several_secrets_give_several_signatures_in_their_order() -> None:
    first, second = signature.new_secret(), signature.new_secret()
    one, two, both = (
        signature.headers(each, webhook_id="msg_1", timestamp=1, body=b"{}")["webhook-signature"]
        for each in ([first], [second], [first, second])
    )
    assert both == f"{one} {two}"


def test_an_event_has_one_webhook_id_for_each_endpoint_for_ever() -> None:
    endpoint, other, event = new_id(), new_id(), new_id()
    known = signature.webhook_id(endpoint, event)
    assert known == signature.webhook_id(endpoint, event)
    assert known != signature.webhook_id(other, event)
    assert known != signature.webhook_id(endpoint, new_id())
    # The specification wants nothing that could end the signed part.
    assert "." not in known
    assert known.startswith("msg_")
