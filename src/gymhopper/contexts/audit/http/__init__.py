"""The routes of the audit log."""

from gymhopper.contexts.audit.http import entries, export, own

routers = [entries.router, export.router, own.router]
