"""The routes of scheduling."""

from gymhopper.contexts.scheduling.http import (
    appointments,
    availability,
    booking_rules,
    bookings,
    class_types,
    classes,
    feeds,
    instructors,
    levels,
    rooms,
    rosters,
    schedules,
    services,
    timetable,
)

routers = [
    bookings.router,
    rosters.router,
    class_types.router,
    rooms.router,
    instructors.router,
    levels.router,
    booking_rules.router,
    feeds.router,
    classes.router,
    schedules.router,
    timetable.router,
    services.router,
    availability.router,
    appointments.router,
]
