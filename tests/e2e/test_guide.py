"""What the guides show is what happens: their shell blocks are run as they stand."""

import asyncio
import os
import re
from pathlib import Path

from gymhopper.app.demo import temporary_platform

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide" / "the-first-door.md"


async def test_the_first_door_opens_as_the_guide_shows() -> None:
    blocks = re.findall(r"^```bash\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    promised = re.findall(r"^await ([A-Z_]+) ", "".join(blocks), re.MULTILINE)
    assert promised == ["NO_ENTITLEMENT", "ALLOWED", "NO_ENTITLEMENT"]
    async with temporary_platform() as process:
        shell = await asyncio.create_subprocess_exec(
            "bash",
            "-euo",
            "pipefail",
            "-c",
            "\n".join(blocks),
            cwd=ROOT,
            env={
                **os.environ,
                "HOP": process.url,
                "GYMHOPPER_DATA_FOLDER": str(process.runtime.settings.data_folder),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, errors = await shell.communicate()
    assert shell.returncode == 0, errors.decode()
    answers = printed.decode().split()
    assert [each for each in answers if each.isupper() and not each.isdigit()] == promised
