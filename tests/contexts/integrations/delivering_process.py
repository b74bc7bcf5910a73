"""A process that delivers webhooks and stops for ever between an answer and its recording.

python delivering_process.py CONFIG; it prints a line when the receiver has answered.
"""

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from gymhopper.chassis.logging import configure_logging
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings
from gymhopper.contexts.integrations.context import context as integrations
from gymhopper.contexts.integrations.gateways.resolver import SystemResolver
from gymhopper.contexts.integrations.gateways.sender import Answer, Post, WebhookSender
from gymhopper.contexts.integrations.usecases.deliver_webhooks import Dispatcher
from gymhopper.kernel.clock import ManualClock


class Stuck(WebhookSender):
    async def post(self, post: Post) -> Answer:
        answer = await super().post(post)
        print(answer.status_code, flush=True)
        await asyncio.Event().wait()
        return answer


async def main(config: dict[str, Any]) -> None:
    configure_logging(style="console", level="WARNING")
    runtime = Runtime(
        Settings(data_folder=Path(config["folder"])),
        [integrations],
        database_url=config["database_url"],
        clock=ManualClock(datetime.fromisoformat(config["now"])),
    )
    await Dispatcher(runtime, Stuck(SystemResolver(), allow_private=True)).run_due()


asyncio.run(main(json.loads(sys.argv[1])))
