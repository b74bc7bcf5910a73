"""The tables of the schema `scheduling`; the migrations are what makes them."""

from datetime import date
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Time,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE

from gymhopper.chassis.columns import INSTANT, JsonOf
from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contexts.scheduling.domain.requirements import Requirements
from gymhopper.contexts.scheduling.domain.room import Spot
from gymhopper.contexts.scheduling.domain.terms import Terms
from gymhopper.contracts.membership.credits.lots import LotLeft
from gymhopper.contracts.membership.state import MembershipState
from gymhopper.contracts.venues.events import LocationState

metadata = MetaData(schema="scheduling")

_IDS: ARRAY[UUID] = ARRAY(Uuid, as_tuple=True)
_DATES: ARRAY[date] = ARRAY(Date, as_tuple=True)
_TEXTS: ARRAY[str] = ARRAY(Text, as_tuple=True)

place = Table(
    "place",
    metadata,
    Column("location_id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("zone", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("state", JsonOf[LocationState](LocationState), nullable=False),
)

class_type = Table(
    "class_type",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("credits", Integer, nullable=False),
    Column("requirements", JsonOf[Requirements](Requirements), nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("retired_at", INSTANT),
)

room = Table(
    "room",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("area_id", Uuid),
    Column("spots", JsonOf[tuple[Spot, ...]](tuple[Spot, ...]), nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("retired_at", INSTANT),
)

instructor = Table(
    "instructor",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("employee_id", Uuid),
    Column("name", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("retired_at", INSTANT),
)

booking_rules = Table(
    "booking_rules",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("location_id", Uuid),
    Column("class_type_id", Uuid),
    Column("version", Integer, nullable=False),
    Column("rules", JSONB, nullable=False),
)

schedule = Table(
    "schedule",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("class_type_id", Uuid, nullable=False),
    Column("room_id", Uuid),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_before", Date),
    Column("start_time", Time, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("caps", JsonOf[Caps](Caps), nullable=False),
    Column("instructor_ids", _IDS, nullable=False),
    Column("except_on", _DATES, nullable=False),
    Column("on_holidays", Boolean, nullable=False),
    Column("generated_until", Date, nullable=False),
    Column("follows", Uuid),
    Column("created_at", INSTANT, nullable=False),
)

class_ = Table(
    "class",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("host_organisation_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("class_type_id", Uuid, nullable=False),
    Column("schedule_id", Uuid),
    Column("on_date", Date),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("start_at", INSTANT, nullable=False),
    Column("until_at", INSTANT, nullable=False),
    Column("zone", Text, nullable=False),
    Column("room_id", Uuid),
    Column("instructor_ids", _IDS, nullable=False),
    Column("substitute", Boolean, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("caps", JsonOf[Caps](Caps), nullable=False),
    Column("status", Text, nullable=False),
    Column("cause", Text),
    Column("edited", _TEXTS, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("last_number", Integer, nullable=False),
    Column("created_at", INSTANT, nullable=False),
)

booking = Table(
    "booking",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("class_id", Uuid, nullable=False),
    Column("host_organisation_id", Uuid, nullable=False),
    Column("home_organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("member_id", Uuid, nullable=False),
    Column("membership_id", Uuid),
    Column("version", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("start_at", INSTANT, nullable=False),
    Column("until_at", INSTANT, nullable=False),
    Column("spot", Text),
    Column("credits", Integer, nullable=False),
    Column("credits_known", Boolean, nullable=False),
    Column("terms", JsonOf[Terms](Terms), nullable=False),
    Column("bypassed", _TEXTS, nullable=False),
    Column("booked_at", INSTANT, nullable=False),
    Column("booked_by", Text, nullable=False),
    Column("free_until", INSTANT, nullable=False),
    Column("waited", Boolean, nullable=False),
    Column("wait_until", INSTANT),
    Column("offered_until", INSTANT),
    Column("host_booking_id", Uuid),
    Column("host_person_id", Uuid),
    Column("visit_id", Uuid),
    Column("ended_at", INSTANT),
    Column("ending", Text),
)

entitlement = Table(
    "entitlement",
    metadata,
    Column("membership_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("member_id", Uuid, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", JsonOf[MembershipState](MembershipState), nullable=False),
    Column("lots", JsonOf[tuple[LotLeft, ...]](tuple[LotLeft, ...])),
    Column("lots_version", Integer, nullable=False),
)

visit = Table(
    "visit",
    metadata,
    Column("visit_id", Uuid, primary_key=True),
    Column("host_organisation_id", Uuid, nullable=False),
    Column("home_organisation_id", Uuid, nullable=False),
    Column("membership_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("booking_id", Uuid),
)

level = Table(
    "level",
    metadata,
    Column("organisation_id", Uuid, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("discipline", Text, primary_key=True),
    Column("level", SmallInteger, nullable=False),
)

strike = Table(
    "strike",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("booking_id", Uuid, nullable=False),
    Column("given_at", INSTANT, nullable=False),
    Column("held_until", INSTANT),
    Column("taken_back_at", INSTANT),
)

fee = Table(
    "fee",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("booking_id", Uuid),
    Column("appointment_id", Uuid),
    Column("host_organisation_id", Uuid, nullable=False),
    Column("home_organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("due_at", INSTANT, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("settled_at", INSTANT),
)

occupation = Table(
    "occupation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("resource_id", Uuid, primary_key=True),
    Column("during", TSTZRANGE, nullable=False),
    Column("shared", Boolean, nullable=False),
)
