"""The mails that identity sends, in the languages that it has."""
