"""E-mail addresses as people sign in with them."""

import re
import unicodedata

from gymhopper.kernel.errors import InvalidInput

PATTERN = r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$"
"""What can be an address: whether it is one, only a mail to it shows."""

LONGEST = 254


def checked_email(email: str) -> str:
    """The address; InvalidInput when it cannot be one."""
    email = email.strip()
    if len(email) > LONGEST or not re.fullmatch(PATTERN, email):
        raise InvalidInput("This is not an e-mail address.", field="email")
    return email


def normal_email(email: str) -> str:
    """Addresses that differ in case or in Unicode's ways of composing a letter are one.

    RFC 5321 leaves the case of the part before the @ to its host; none that matters tells them
    apart, and people do not remember how they wrote it.
    """
    return unicodedata.normalize("NFC", email.strip()).casefold()
