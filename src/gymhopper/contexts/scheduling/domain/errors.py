"""Why something about classes and bookings cannot be done."""

from gymhopper.kernel.errors import Conflict, InvalidInput


class Retired(Conflict):
    """It is kept for what was, and nothing new is made of it."""

    code = "retired"


class ClassOver(Conflict):
    """The class has begun, is over, or was cancelled."""

    code = "class_over"


class Occupied(Conflict):
    """The room is not free at that time, or the instructor is somewhere else."""

    code = "occupied"


class NoSuchSpot(InvalidInput):
    """The room has no such spot, or nobody can sit there."""

    code = "no_such_spot"


class IllegalTransition(Conflict):
    """A booking in this state cannot become that."""

    code = "illegal_transition"


class EmployeeKnown(Conflict):
    """The employee is an instructor already."""

    code = "employee_known"


class StaleCost(Conflict):
    """It costs something else by now than was shown."""

    code = "stale_cost"
