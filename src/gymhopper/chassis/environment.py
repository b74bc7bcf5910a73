"""Settings that come from the environment, and what is said when one of them is wrong."""

import re
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from gymhopper.kernel.errors import GymhopperError


class BadSetting(GymhopperError):
    """A setting with which nothing can start. Its value is not repeated: it may be a secret."""

    code = "bad_setting"


class FromEnvironment(BaseSettings):
    """Base of all settings: BadSetting names the variable at fault."""

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            found = error.errors(include_input=False, include_context=False, include_url=False)
            # Without the cause, which repeats values.
            said = [f"{_variable(self, each['loc'])}: {_sentence(each['msg'])}" for each in found]
            raise BadSetting("\n".join(said)) from None
        except SettingsError as error:
            name = re.search(r'field "(\w+)"', str(error))
            variable = _variable(self, (name[1],) if name else ())
            raise BadSetting(f"{variable}: This is not JSON.") from None


def _variable(settings: FromEnvironment, place: tuple[str | int, ...]) -> str:
    """`GYMHOPPER_IDENTITY_OIDC at 0.issuer`; for all of them together `GYMHOPPER_IDENTITY_...`."""
    prefix = str(settings.model_config.get("env_prefix", ""))
    if not place:
        return f"{prefix}..."
    name = f"{prefix}{place[0]}".upper()
    return f"{name} at {'.'.join(map(str, place[1:]))}" if place[1:] else name


def _sentence(message: str) -> str:
    said = message.removeprefix("Value error, ")
    return f"{said[:1].upper()}{said[1:].rstrip('.')}."
