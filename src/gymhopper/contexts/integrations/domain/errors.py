"""What can go wrong with endpoints, as callers see it."""

from gymhopper.kernel.errors import Conflict, InvalidInput


class TargetRefused(InvalidInput):
    """Nothing may be sent to this address."""

    code = "webhook_target_refused"


class UnknownEventType(InvalidInput):
    """No events of this type are offered."""

    code = "unknown_event_type"


class TooManyEndpoints(Conflict):
    """The organisation has as many endpoints as it may have."""

    code = "too_many_webhook_endpoints"


class EndpointIsDisabled(Conflict):
    """Nothing is delivered to a disabled endpoint."""

    code = "webhook_endpoint_disabled"


class RotationUnderWay(Conflict):
    """Two secrets are live already."""

    code = "secret_rotation_under_way"
