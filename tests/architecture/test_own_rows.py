"""What a person sees and writes ends at the organisations that vouched, in every table."""

import re

import psycopg

from fixtures.engines import TestDatabase

# The person itself is no organisation's: names and how to reach somebody are known to every gym
# that the person is a member of. In the log, what belongs to no organisation is about that.
EVERYWHERE = {"membership.person", "membership.person_key", "audit.about"}


def test_what_is_a_persons_is_told_apart_by_organisation(database: TestDatabase) -> None:
    with psycopg.connect(database.owner_url) as connection:
        policies = connection.execute(
            "SELECT schemaname || '.' || tablename, concat_ws(' ', qual, with_check)"
            " FROM pg_policies WHERE concat_ws(' ', qual, with_check) ~ 'acts_as'"
        ).fetchall()
    unheld = {table for table, said in policies if re.search(r"acts_as\(\w+\)", said)}
    assert unheld == EVERYWHERE
    assert len({table for table, _ in policies}) > len(EVERYWHERE)
