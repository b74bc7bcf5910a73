"""The mail with which somebody leaves who is not signed in."""

from html import escape

from gymhopper.contexts.membership.domain.receipt import Act

_FALLBACK = "en"

_SUBJECTS: dict[tuple[str, Act], str] = {
    ("en", "cancellation"): "Cancel your membership",
    ("en", "withdrawal"): "Withdraw from your contract",
    ("de", "cancellation"): "Kündigung Ihrer Mitgliedschaft",
    ("de", "withdrawal"): "Widerruf Ihres Vertrags",
}

_PARAGRAPHS: dict[str, tuple[str, str]] = {
    "en": (
        "Somebody, likely you, asked for this. The link shows what it comes to. Confirm there:",
        "The link is good for two days. If it was not you, do nothing.",
    ),
    "de": (
        "Jemand, wohl Sie, bat darum. Der Link zeigt, was es bedeutet. Bestätigen Sie es da:",
        "Der Link gilt zwei Tage. Wenn Sie es nicht waren, ist nichts zu tun.",
    ),
}


def leaving_mail(act: Act, language: str, link: str) -> tuple[str, str, str]:
    """Subject, text and HTML; in English where there is no such translation."""
    known = language.partition("-")[0]
    if known not in _PARAGRAPHS:
        known = _FALLBACK
    before, after = _PARAGRAPHS[known]
    text = f"{before}\n\n{link}\n\n{after}\n"
    address = escape(link)
    html = f'<p>{escape(before)}</p><p><a href="{address}">{address}</a></p><p>{escape(after)}</p>'
    return _SUBJECTS[known, act], text, html
