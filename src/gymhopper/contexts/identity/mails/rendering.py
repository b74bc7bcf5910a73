"""Fills in the templates of mails.

A template is a text: its first line is the subject, empty lines part the paragraphs, and a
paragraph that is an address becomes a link in HTML. A language is a folder of templates; what one
lacks is taken from English.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).parent / "templates"
FALLBACK = "en"

_TEXTS = Environment(
    loader=FileSystemLoader(_FOLDER),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - plain text; the page around it escapes
)
_PAGES = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a person reads."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


def rendered(template: str, language: str, content: Mapping[str, str]) -> Rendered:
    """The mail in the language, or in English where there is no such translation."""
    names = [f"{language}/{template}.txt", f"{FALLBACK}/{template}.txt"]
    full = _TEXTS.select_template(names).render(content)
    subject, _, text = full.partition("\n")
    paragraphs = [each.strip() for each in text.strip().split("\n\n")]
    page = _PAGES.get_template("page.html")
    return Rendered(
        subject.strip(),
        "\n\n".join(paragraphs) + "\n",
        page.render(subject=subject, paragraphs=paragraphs, language=language),
    )
