"""Print the API's description."""

from pathlib import Path
from typing import Annotated

import typer


def openapi(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file instead.")
    ] = None,
) -> None:
    """Print the OpenAPI 3.1 document of everything that is served. Needs no engine."""
    import json

    from gymhopper.chassis.http.app import describe
    from gymhopper.chassis.registry import load
    from gymhopper.chassis.settings import Settings
    from gymhopper.kernel.errors import InvalidInput

    settings = Settings()
    text = json.dumps(describe(load(settings.contexts), settings), indent=2, ensure_ascii=False)
    if output is None:
        typer.echo(text)
    else:
        try:
            output.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise InvalidInput(f"{output} cannot be written: {error.strerror}.") from error
