"""Where to look in the demonstration, who to sign in as, and what to try."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from gymhopper.chassis.http.app import PREFIX
from gymhopper.sandbox.demo.newcomer import Newcomer
from gymhopper.sandbox.demo.sign_ins import SignIn

CARD = "4242 4242 4242 4242"


@dataclass(frozen=True, slots=True)
class Guide:
    """The addresses of a running demonstration. `session` is the file of the spare reader's."""

    url: str
    administrator: str
    sign_ins: Sequence[SignIn]
    newcomer: Newcomer
    venue: str
    session: Path
    log: Path

    def lines(self) -> Iterator[Text]:
        """The guide, a line at a time, to be printed without wrapping: commands can be copied."""
        api = self.url + PREFIX
        first, *others = self.sign_ins
        yield Text()
        yield _entry("API docs", f"{api}/docs")
        yield _entry("OpenAPI", f"{api}/openapi.json")
        yield _entry("Health", f"{self.url}/readyz")
        yield _entry("Sign in as", f"{first.email}, with {first.password}:")
        yield _entry("", f"curl -s {api}/tokens -H 'Content-Type: application/json' \\")
        yield _entry("", f"""-d '{{"email": "{first.email}", "password": "{first.password}"}}'""")
        yield _entry("or as", ", ".join(each.email.partition("@")[0] for each in others))
        yield _entry("", f"of the same domain, with the same password; for whom: GET {api}/me")
        yield _entry("or with", "the key of an administrator of everything, in the header")
        yield _entry("", f"Authorization: Bearer {self.administrator}")
        yield _entry("Log", str(self.log))
        yield Text()
        yield Text(
            f"{self.newcomer.name} has a pass and has not paid for {self.newcomer.plan}."
            f" Scan it at {self.venue}, pay, scan again:",
            style="bold",
        )
        yield _entry("Scan", f"curl -s {api}/access/checkin \\")
        yield _entry("", f'-H "Authorization: Bearer $(cat {self.session})" \\')
        yield _entry("", """-d '{"request_id": "'$(date +%s)'", "credential":""")
        yield _entry("", f"""{{"type": "pass", "value": "{self.newcomer.pass_value}"}}}}'""")
        yield _entry("Pay", self.newcomer.checkout_url)
        yield _entry("", f"with card {CARD}")
        yield Text()
        yield _entry("Check", "gymhopper demo --check plays the whole story apart from this")
        yield _entry("Stop", "Ctrl-C; the next start goes on with what is here")
        yield Text()


def _entry(name: str, what: str) -> Text:
    return Text.assemble((f"{name:<11}", "cyan"), what)
