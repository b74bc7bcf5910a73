"""What must always be true of legal documents; each query counts what breaks it."""

DOCUMENTS = {
    "The numbers of a series run from 1 to its last without a gap": (
        "SELECT count(*) FROM (SELECT s.id FROM billing.series AS s"
        " LEFT JOIN billing.document AS d ON d.series_id = s.id GROUP BY s.id, s.last"
        " HAVING count(d.id) <> s.last OR min(d.ordinal) <> 1 OR max(d.ordinal) <> s.last) AS wrong"
    ),
    "A document's number is that of its place in its series": (
        "SELECT count(*) FROM billing.document AS d JOIN billing.series AS s ON s.id = d.series_id"
        " WHERE (d.legal_entity_id, d.kind) <> (s.legal_entity_id, s.kind)"
        " OR d.number <> concat_ws('-', s.prefix, lpad(CAST(s.year AS text), 4, '0'),"
        " lpad(CAST(d.ordinal AS text), greatest(6, length(CAST(d.ordinal AS text))), '0'))"
    ),
    "The lines and the taxes of a document come to its totals": (
        "SELECT count(*) FROM billing.document AS d WHERE"
        " (SELECT coalesce(sum(CAST(a AS bigint)), 0) FROM jsonb_array_elements(d.amounts) AS a)"
        " <> CASE WHEN d.included THEN d.net + d.tax ELSE d.net END"
        " OR (SELECT coalesce(sum(CAST(t->'base' AS bigint)), 0)"
        " FROM jsonb_array_elements(d.taxes) AS t) <> d.net"
        " OR (SELECT coalesce(sum(CAST(t->'tax' AS bigint)), 0)"
        " FROM jsonb_array_elements(d.taxes) AS t) <> d.tax"
        " OR d.payable <> d.net + d.tax + d.rounding"
    ),
    "No more is credited than was invoiced, and in the same currency": (
        "SELECT count(*) FROM (SELECT i.id FROM billing.document AS i"
        " JOIN billing.document AS c ON c.corrects_id = i.id GROUP BY i.id"
        " HAVING sum(c.payable) > i.payable OR bool_or(c.currency <> i.currency"
        " OR c.claim_id <> i.claim_id OR i.kind <> 'invoice')) AS wrong"
    ),
    "A document was announced once, with its number": (
        "SELECT count(*) FROM (SELECT id, number FROM billing.document) AS d"
        " FULL JOIN (SELECT CAST(data->>'document_id' AS uuid) AS id, count(*) AS n,"
        " min(data->>'number') AS number FROM bus.event"
        " WHERE type = 'billing.document.issued.v1' GROUP BY 1) AS e USING (id)"
        " WHERE e.n IS DISTINCT FROM 1 OR d.number IS DISTINCT FROM e.number"
    ),
}
