"""Gives a new PostgreSQL server its database and the two roles."""

from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

OWNER = "gymhopper_owner"
APPLICATION = "gymhopper_app"


def provision(superuser_url: str, database: str = "gymhopper") -> tuple[str, str]:
    """Create the roles and the database where they are missing.

    Returns the URLs of the owner, who migrates, and of the application, which row-level security
    binds. Only for servers that trust whoever can reach them, such as the embedded one.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
        for role in {OWNER, APPLICATION} - known:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS").format(sql.Identifier(role))
            )
        exists = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", (database,)
        ).fetchone()
        if exists is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        connection.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(
                sql.Identifier(database), sql.Identifier(OWNER)
            )
        )
    return (
        url_for(superuser_url, user=OWNER, database=database),
        url_for(superuser_url, user=APPLICATION, database=database),
    )


def url_for(url: str, *, user: str | None = None, database: str | None = None) -> str:
    """The same server, as another user or for another database."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    netloc = f"{user}@{place}" if user is not None else parts.netloc
    path = f"/{database}" if database is not None else parts.path
    return urlunsplit(parts._replace(netloc=netloc, path=path))
