"""E-mail addresses as people sign in with them."""

import unicodedata


def normal_email(email: str) -> str:
    """Addresses that differ in case or in Unicode's ways of composing a letter are one.

    RFC 5321 leaves the case of the part before the @ to its host; none that matters tells them
    apart, and people do not remember how they wrote it.
    """
    return unicodedata.normalize("NFC", email.strip()).casefold()
