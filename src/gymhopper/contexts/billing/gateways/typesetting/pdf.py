"""Sets a document with Typst, from a template that ships with the platform."""

import asyncio
import json
from importlib import resources

import typst

from gymhopper.contexts.billing.domain.document import Content, Document
from gymhopper.contexts.billing.gateways.typesetting.page import page_of

_TEMPLATE = resources.files(__package__) / "document.typ"


async def pdf_of(document: Document, said: Content) -> bytes:
    """The document as PDF/A, always the same bytes. Runs beside the event loop.

    Typst brings fonts for Latin, Greek, Cyrillic and Arabic letters. A document with others is set
    with the fonts of the machine as far as it has them, as an ordinary PDF.
    """
    return await asyncio.to_thread(_set, document, said)


def _set(document: Document, said: Content) -> bytes:
    page = json.dumps(page_of(document, said))
    issued = int(document.issued_at.timestamp())
    try:
        return _compiled(page, issued, own_fonts_only=True)
    except typst.TypstError:
        # PDF/A refuses letters without a font.
        return _compiled(page, issued, own_fonts_only=False)


def _compiled(page: str, issued: int, *, own_fonts_only: bool) -> bytes:
    return typst.compile(
        _TEMPLATE.read_bytes(),
        format="pdf",
        ignore_system_fonts=own_fonts_only,
        pdf_standards="a-2u" if own_fonts_only else None,
        sys_inputs={"page": page},
        timestamp=issued,
    )
