"""Whoever looks through a person's eyes is held within one organisation, in every table."""

import psycopg

from fixtures.engines import TestDatabase

# The person itself is no organisation's: names and how to reach somebody are known to every gym
# that the person is a member of.
EVERYWHERE = {"membership.person", "membership.person_key"}


def test_what_a_person_sees_is_told_apart_by_organisation(database: TestDatabase) -> None:
    with psycopg.connect(database.owner_url) as connection:
        unheld = {
            row[0]
            for row in connection.execute(
                "SELECT schemaname || '.' || tablename FROM pg_policies"
                " WHERE cmd IN ('SELECT', 'ALL') AND qual ~ 'acts_as\\([a-z_]+\\)'"
            )
        }
    assert unheld == EVERYWHERE
