"""The tables of appointments; part of the schema `scheduling`."""

from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from gymhopper.chassis.columns import INSTANT, JsonOf
from gymhopper.contexts.scheduling.domain.free_busy import WorkingHours
from gymhopper.contexts.scheduling.domain.terms import Terms
from gymhopper.contexts.scheduling.storage.tables import metadata
from gymhopper.kernel.money import Money

_IDS: ARRAY[UUID] = ARRAY(Uuid, as_tuple=True)

service = Table(
    "service",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("class_type_id", Uuid),
    Column("credits", Integer, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("buffer_before", Integer, nullable=False),
    Column("buffer_after", Integer, nullable=False),
    Column("step_minutes", Integer, nullable=False),
    Column("notice_minutes", Integer, nullable=False),
    Column("days_ahead", Integer, nullable=False),
    Column("free_minutes", Integer, nullable=False),
    Column("instructor_ids", _IDS, nullable=False),
    Column("room_ids", _IDS, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("late_fee", JsonOf[Money](Money)),
    Column("missed_fee", JsonOf[Money](Money)),
    Column("late_credits_back", Boolean, nullable=False),
    Column("missed_credits_back", Boolean, nullable=False),
    Column("retired_at", INSTANT),
)

availability = Table(
    "availability",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("instructor_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("hours", JsonOf[WorkingHours](WorkingHours), nullable=False),
)

appointment = Table(
    "appointment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("service_id", Uuid, nullable=False),
    Column("instructor_id", Uuid, nullable=False),
    Column("class_type_id", Uuid),
    Column("room_id", Uuid),
    Column("area_id", Uuid),
    Column("person_id", Uuid, nullable=False),
    Column("member_id", Uuid),
    Column("membership_id", Uuid),
    Column("version", Integer, nullable=False),
    Column("start_at", INSTANT, nullable=False),
    Column("until_at", INSTANT, nullable=False),
    Column("kept_from", INSTANT, nullable=False),
    Column("kept_until", INSTANT, nullable=False),
    Column("zone", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("ending", Text),
    Column("channel", Text, nullable=False),
    Column("booked_at", INSTANT, nullable=False),
    Column("booked_by", Text, nullable=False),
    Column("free_until", INSTANT, nullable=False),
    Column("terms", JsonOf[Terms](Terms), nullable=False),
    Column("credits", Integer, nullable=False),
    Column("credits_known", Boolean, nullable=False),
)
