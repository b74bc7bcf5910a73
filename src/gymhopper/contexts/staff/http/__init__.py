"""The routes of staff."""

from gymhopper.contexts.staff.http import assignments, employees

routers = [employees.router, assignments.router]
