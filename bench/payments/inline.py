"""The usual way, to compare with: a webhook is handled inside its request.

    python -m bench.payments.inline DATABASE_URL FOLDER PORT

The same checks, the same fetching and the same effect as the platform's, with the provider asked
and the effect committed before the answer.
"""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import uvloop
from fastapi import FastAPI, Header, Request
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.logging import configure_logging
from gymhopper.chassis.registry import load
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.server import HttpServer
from gymhopper.chassis.settings import Settings
from gymhopper.contexts.billing.domain import notification
from gymhopper.contexts.billing.gateways.providers import endpoint, payment_provider
from gymhopper.contexts.billing.gateways.signature import verify
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.fetch_snapshot import Snapshot, fetch_snapshot
from gymhopper.contexts.billing.usecases.take_over import take_over
from gymhopper.kernel.ids import new_id

BILLING = "gymhopper.contexts.billing"


def application(runtime: Runtime) -> FastAPI:
    """One route."""
    app = FastAPI()

    @app.post("/webhook", status_code=202)
    async def handle(
        request: Request, stripe_signature: Annotated[str, Header()]
    ) -> dict[str, str]:
        body = await request.body()
        expected, now = endpoint(runtime), runtime.clock.now()
        verify(
            body,
            stripe_signature,
            expected.secrets["stripe"],
            now=now,
            tolerance=expected.tolerance,
        )
        event = notification.read(body)
        assert event.subject is not None
        found = await fetch_snapshot(runtime, payment_provider(runtime), event.subject)
        async with runtime.begin(SERVICE) as uow:
            await uow.connection.execute(
                insert(tables.webhook_event)
                .values(
                    id=new_id(),
                    source="stripe",
                    event_id=event.event_id,
                    type=event.type,
                    body=body,
                    state="handled",
                    attempts=0,
                    received_at=now,
                    due_at=now,
                    handled_at=now,
                )
                .on_conflict_do_nothing()
            )
            assert isinstance(found, Snapshot)
            await take_over(uow, found)
        return {"status": "handled"}

    return app


async def main(database_url: str, folder: str, port: str) -> None:
    """Serve until it is told to stop."""
    settings = Settings(data_folder=Path(folder), contexts=(BILLING,))
    runtime = Runtime(settings, load(settings.contexts), database_url=database_url)
    server = HttpServer(application(runtime), host="127.0.0.1", port=int(port))
    server.bind()
    await server.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    configure_logging(style="console", level="ERROR")
    uvloop.run(main(*sys.argv[1:]))
