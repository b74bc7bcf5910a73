"""What must always be true of contracts; each query counts what breaks it."""

INVARIANTS = {
    "A contract that has ended has its end, with a reason": (
        "SELECT count(*) FROM membership.membership WHERE contract = 'ended'"
        " AND (end_at IS NULL OR end_reason IS NULL)"
    ),
    "A contract that runs has begun, and was paid for or is tried": (
        "SELECT count(*) FROM membership.membership WHERE contract IN"
        " ('trialing', 'active', 'under_notice') AND (start_at IS NULL"
        " OR paid_from IS NULL AND offer->'trial' IS NULL AND payer_kind <> 'sponsor')"
    ),
    "A contract that does not run out has an end from the day of the notice, and none before": (
        "SELECT count(*) FROM membership.membership"
        " WHERE contract = 'under_notice' AND end_at IS NULL"
        " OR contract IN ('trialing', 'active') AND end_at IS NOT NULL AND end_reason <> 'expired'"
    ),
    "A contract and what belongs to it are one organisation's": (
        "SELECT count(*) FROM membership.membership AS m"
        " JOIN membership.member AS p ON p.id = m.member_id"
        " LEFT JOIN membership.overlay AS o ON o.membership_id = m.id"
        " WHERE m.organisation_id <> p.organisation_id OR m.person_id <> p.person_id"
        " OR o.organisation_id <> m.organisation_id"
    ),
    "A member who was merged is gone, and all that was theirs is the survivor's": (
        "SELECT count(*) FROM membership.merged_member AS g"
        " JOIN membership.member AS s ON s.id = g.into_member_id"
        " WHERE s.organisation_id <> g.organisation_id OR s.person_id <> g.into_person_id"
        " OR EXISTS (SELECT FROM membership.member AS m WHERE m.id = g.id)"
    ),
    "A guardian and the dependent are two members of the guardianship's organisation": (
        "SELECT count(*) FROM membership.guardianship AS g"
        " JOIN membership.member AS a ON a.id = g.guardian_member_id"
        " JOIN membership.member AS b ON b.id = g.dependent_member_id"
        " WHERE g.organisation_id <> a.organisation_id OR g.organisation_id <> b.organisation_id"
        " OR g.guardian_person_id <> a.person_id OR g.dependent_person_id <> b.person_id"
        " OR a.id = b.id"
    ),
    "Whoever pays for a membership is of its organisation": (
        "SELECT count(*) FROM membership.membership AS m WHERE m.payer_id IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM membership.member AS p WHERE p.id = m.payer_id"
        " AND p.organisation_id = m.organisation_id AND m.payer_kind = 'person')"
        " AND NOT EXISTS (SELECT FROM membership.household AS h WHERE h.id = m.payer_id"
        " AND h.organisation_id = m.organisation_id AND m.payer_kind = 'household')"
        " AND NOT EXISTS (SELECT FROM membership.sponsor AS s WHERE s.id = m.payer_id"
        " AND s.organisation_id = m.organisation_id AND m.payer_kind = 'sponsor')"
    ),
    "Who is on a sponsor's account has a membership that the sponsor pays": (
        "SELECT count(*) FROM membership.sponsored AS s"
        " JOIN membership.membership AS m ON m.id = s.membership_id"
        " WHERE m.payer_kind <> 'sponsor' OR m.payer_id IS DISTINCT FROM s.sponsor_id"
        " OR m.member_id <> s.member_id OR m.person_id <> s.person_id"
        " OR m.organisation_id <> s.organisation_id"
    ),
    "A waiver was signed in a version and a text that it has, for a member of its organisation": (
        "SELECT count(*) FROM membership.waiver_signature AS s"
        " JOIN membership.waiver_version AS v ON v.id = s.waiver_version_id"
        " JOIN membership.member AS m ON m.id = s.member_id"
        " WHERE s.waiver_id <> v.waiver_id OR s.number <> v.number"
        " OR s.organisation_id <> v.organisation_id OR s.organisation_id <> m.organisation_id"
        " OR s.person_id <> m.person_id OR s.text_hash IS DISTINCT FROM"
        " encode(sha256(convert_to(v.texts ->> s.language, 'UTF8')), 'hex')"
    ),
    "What goes on with a membership's terms is the one that it went over to": (
        "SELECT count(*) FROM membership.membership AS m JOIN membership.membership AS f"
        " ON f.id = m.transferred_from WHERE m.start_at IS NOT NULL"
        " AND (f.transferred_to IS DISTINCT FROM m.id OR f.organisation_id <> m.organisation_id"
        " OR f.end_reason IS DISTINCT FROM 'transferred' OR m.start_at < f.end_at)"
    ),
    "Every contract has the evidence of its agreement": (
        "SELECT count(*) FROM membership.membership AS m WHERE NOT EXISTS (SELECT 1"
        " FROM membership.agreement AS a WHERE a.membership_id = m.id)"
    ),
    "What is left in a lot is the sum of its entries": (
        "SELECT count(*) FROM membership.credit_lot AS l WHERE l.left_units <> (SELECT"
        " coalesce(sum(e.units), 0) FROM membership.credit_entry AS e WHERE e.lot_id = l.id)"
    ),
    "Doors are told of all credits that were used or are left": (
        "SELECT count(*) FROM membership.membership AS m WHERE m.offer->'pack' IS NOT NULL"
        " AND m.credits IS DISTINCT FROM m.credit_visits + (SELECT coalesce(sum(l.left_units), 0)"
        " FROM membership.credit_lot AS l WHERE l.membership_id = m.id AND l.visits)"
    ),
    "No booking returns more of a lot, or of what was overdrawn, than it had taken": (
        "SELECT count(*) FROM (SELECT FROM membership.credit_entry AS e"
        " WHERE e.kind IN ('reserve', 'release', 'overdraw') AND e.booking_version IS NOT NULL"
        " GROUP BY e.membership_id, e.cause, e.lot_id HAVING sum(e.units) > 0) AS found"
    ),
    "A promo code was redeemed as often as it says, and not more often than it may be": (
        "SELECT count(*) FROM membership.promo_code AS c WHERE c.redeemed > c.max_redemptions"
        " OR c.redeemed <> (SELECT count(*) FROM membership.promo_redemption AS r"
        " WHERE r.promo_code_id = c.id AND r.returned_at IS NULL)"
    ),
    "A person redeems a promo code once, for a membership of theirs": (
        "SELECT count(*) FROM membership.promo_redemption AS r"
        " JOIN membership.membership AS m ON m.id = r.membership_id"
        " WHERE r.person_id <> m.person_id OR r.organisation_id <> m.organisation_id"
        " OR r.returned_at IS NULL AND NOT r.repeated AND EXISTS (SELECT"
        " FROM membership.promo_redemption AS o WHERE o.promo_code_id = r.promo_code_id"
        " AND o.person_id = r.person_id AND o.id <> r.id AND o.returned_at IS NULL"
        " AND NOT o.repeated)"
    ),
    "Every visit on credit is in the ledger once": (
        "SELECT count(*) FROM membership.membership AS m WHERE m.credit_visits <> (SELECT count(*)"
        " FROM membership.credit_entry AS e WHERE e.membership_id = m.id"
        " AND e.kind IN ('spend', 'overdraw') AND e.booking_version IS NULL)"
    ),
}
