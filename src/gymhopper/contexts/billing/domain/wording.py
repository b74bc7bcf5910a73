"""How documents speak: words, dates and amounts in the languages that they are issued in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from gymhopper.contexts.billing.domain.document import DocumentKind, Language
from gymhopper.kernel.money import exponent


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of one language. Those with braces are filled in."""

    titles: Mapping[DocumentKind, str]
    number: str
    issued: str
    supply: str
    customer: str
    corrects: str
    corrected: str
    reason: str
    description: str
    rate: str
    with_tax: str
    without_tax: str
    net: str
    tax: str
    gross: str
    total: str
    rounding: str
    payable: Mapping[DocumentKind, str]
    automatic: str
    manual: str
    manual_by: str
    credited: str
    outside: str
    zero: str
    tax_ids: Mapping[str, str]
    page: str
    span: str
    months: tuple[str, ...]
    day: str
    thousands: str
    decimal: str

    def on(self, day: date) -> str:
        """A date as people write it."""
        return self.day.format(d=day, month=self.months[day.month - 1] if self.months else "")

    def period(self, first: date, last: date) -> str:
        """From one day to another, both of them within."""
        if last <= first:
            return self.on(first)
        return self.span.format(first=self.on(first), last=self.on(last))

    def amount(self, amount: int, currency: str) -> str:
        """Minor units as people write them, without the currency's name."""
        places = exponent(currency)
        digits = f"{abs(amount):0{places + 1}}"
        whole, part = (digits[:-places], digits[-places:]) if places else (digits, "")
        grouped = f"{int(whole):,}".replace(",", self.thousands)
        sign = "\N{MINUS SIGN}" if amount < 0 else ""
        return sign + grouped + (self.decimal + part if part else "")

    def percent(self, percent: str) -> str:
        """A percentage as people write it."""
        return f"{percent.replace('.', self.decimal)}\N{NO-BREAK SPACE}%"

    def tax_id(self, kind: str) -> str:
        """What a kind of tax number is called."""
        return self.tax_ids.get(kind) or kind.replace("_", " ").upper()


ENGLISH = Wording(
    titles={"invoice": "Invoice", "credit_note": "Credit note"},
    number="Number",
    issued="Date of issue",
    supply="Supplied",
    customer="Customer",
    corrects="Corrects invoice",
    corrected="{number} of {date}",
    reason="Reason",
    description="Description",
    rate="Tax rate",
    with_tax="Amount with tax",
    without_tax="Amount before tax",
    net="Before tax",
    tax="Tax",
    gross="With tax",
    total="Total",
    rounding="Rounding",
    payable={"invoice": "To pay", "credit_note": "Credited"},
    automatic="The amount is collected by your chosen means of payment; there is nothing to do.",
    manual="Please pay at once, and name the number of this invoice.",
    manual_by="Please pay by {date}, and name the number of this invoice.",
    credited="The amount is credited to you.",
    outside="Not subject to tax.",
    zero="Taxed at zero.",
    tax_ids={"eu_vat": "VAT ID", "gb_vat": "VAT No.", "de_tax": "Tax No.", "us_ein": "EIN"},
    page="Page {page} of {pages}",
    span="{first} \N{EN DASH} {last}",
    months=tuple("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()),
    day="{d.day} {month} {d.year}",
    thousands=",",
    decimal=".",
)

GERMAN = Wording(
    # To German law a "Gutschrift" is issued by the buyer.
    titles={"invoice": "Rechnung", "credit_note": "Rechnungskorrektur"},
    number="Nummer",
    issued="Rechnungsdatum",
    supply="Leistungszeitraum",
    customer="Kunde",
    corrects="Korrigiert Rechnung",
    corrected="{number} vom {date}",
    reason="Grund",
    description="Bezeichnung",
    rate="USt.-Satz",
    with_tax="Betrag brutto",
    without_tax="Betrag netto",
    net="Netto",
    tax="USt.",
    gross="Brutto",
    total="Gesamtbetrag",
    rounding="Rundung",
    payable={"invoice": "Zahlbetrag", "credit_note": "Gutgeschrieben"},
    automatic="Der Betrag wird über Ihr Zahlungsmittel eingezogen; es ist nichts zu tun.",
    manual="Bitte zahlen Sie sofort unter Angabe der Rechnungsnummer.",
    manual_by="Bitte zahlen Sie bis zum {date} unter Angabe der Rechnungsnummer.",
    credited="Der Betrag wird Ihnen gutgeschrieben.",
    outside="Nicht umsatzsteuerbar.",
    zero="Mit null Prozent besteuert.",
    tax_ids={
        "eu_vat": "USt-IdNr.",
        "de_tax": "Steuernummer",
        "at_tax": "Steuernummer",
        "ch_vat": "UID",
        "us_ein": "EIN",
    },
    page="Seite {page} von {pages}",
    span="{first} \N{EN DASH} {last}",
    months=(),
    day="{d.day:02}.{d.month:02}.{d.year}",
    thousands=".",
    decimal=",",
)

WORDS: Mapping[Language, Wording] = {"en": ENGLISH, "de": GERMAN}
