"""The tables of the schema `staff`; the migrations are what makes them."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from gymhopper.chassis.columns import INSTANT

metadata = MetaData(schema="staff")

employee = Table(
    "employee",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("contact", LargeBinary, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("organisation_id", "id", name="employee_of_organisation"),
)

assignment = Table(
    "assignment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("employee_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("legal_entity_id", Uuid),
    Column("location_id", Uuid),
    Column("start_at", INSTANT, nullable=False),
    Column("until_at", INSTANT),
    Column("version", Integer, nullable=False),
    ForeignKeyConstraint(
        ["organisation_id", "employee_id"],
        ["staff.employee.organisation_id", "staff.employee.id"],
        name="assignment_employee",
    ),
    CheckConstraint("until_at >= start_at", name="assignment_dates"),
    CheckConstraint("location_id IS NULL OR legal_entity_id IS NOT NULL", name="assignment_place"),
    Index("assignment_of_organisation", "organisation_id", "id"),
    Index("assignment_of_employee", "employee_id"),
)
