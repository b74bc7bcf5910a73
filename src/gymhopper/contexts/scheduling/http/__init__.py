"""The routes of scheduling."""

from gymhopper.contexts.scheduling.http import (
    booking_rules,
    class_types,
    classes,
    feeds,
    instructors,
    rooms,
    schedules,
    timetable,
)

routers = [
    class_types.router,
    rooms.router,
    instructors.router,
    booking_rules.router,
    feeds.router,
    classes.router,
    schedules.router,
    timetable.router,
]
