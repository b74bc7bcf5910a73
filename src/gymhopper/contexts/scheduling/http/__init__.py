"""The routes of scheduling."""

from gymhopper.contexts.scheduling.http import booking_rules, class_types, feeds, instructors, rooms

routers = [
    class_types.router,
    rooms.router,
    instructors.router,
    booking_rules.router,
    feeds.router,
]
