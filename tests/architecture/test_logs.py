"""The watch over the logs of this run sees what it should, so that its silence means something."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.logs import Watch

PROJECT = Path(__file__).parents[2]

PLANTED = """
import httpx
import structlog
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def answer(request):
    return JSONResponse({"token": "one-time-code-4711", "status": "created"})

async def test_planted():
    app = Starlette(routes=[Route("/", answer, methods=["POST"])])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://test"
    ) as client:
        await client.post("/", json={"person": {"email": "Ada.L@example.com", "age": 36}})
    structlog.get_logger("planted").info(%s)
"""


@pytest.mark.parametrize(
    "line",
    [
        "{'to': 'ada.lovelace@example.com'}",
        "no member with the e-mail ada.lovelace@example.com.",
        "first_name=Augusta",
        "refused 'correct horse battery' for being known",
        "token=gh_0123456789ab_" + "f" * 64,
        "got a ghs_0192aa00b1cc7d_" + "0" * 40,
        "headers: Authorization: Bearer abcdefghijklmnop",
        "signed with whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    ],
)
def test_a_line_that_tells_is_found(watch: Watch, line: str) -> None:
    watch.tell(
        json.dumps(
            {
                "people": [{"email": "ada.lovelace@example.com", "first_name": "Augusta"}],
                "password": "correct horse battery",
            }
        ).encode()
    )
    watch.sink.write(f"request path=/members status=200\n{line}\n")
    assert watch.found() == [line]
    assert watch.found() == []


def test_the_log_of_another_process_is_read_on_from_where_it_was(
    watch: Watch, tmp_path: Path
) -> None:
    watch.tell(b'{"email": "ada.lovelace@example.com"}')
    watch.files[tmp_path / "up.log"] = 0
    with (tmp_path / "up.log").open("a") as log:
        for line in ("sent to ada.lovelace@example.com", "sent", "ada.lovelace@example.com"):
            log.write(f"{line}\n")
            log.flush()
            assert watch.found() == ([line] if "ada" in line else [])


def test_what_is_no_secret_may_be_logged(watch: Watch) -> None:
    watch.tell(b'{"email": null, "status": "created", "number": "M-00017", "name": "North Gyms"}')
    watch.tell(b"no json")
    watch.tell(b"[")
    watch.sink.write("created M-00017 of North Gyms: gh_0123456789ab\n")
    watch.tell(b'{"password": "a password of mine"}')
    watch.sink.write("GET /sign-in/password\n")
    assert watch.found() == []


@pytest.mark.parametrize(
    ("logged", "passes"),
    [
        ('"said", to="Ada.L@example.com"', False),
        ('"said", answer="one-time-code-4711"', False),
        ('"said", status="created", age=36', True),
    ],
)
def test_a_test_in_whose_time_it_is_logged_fails(
    tmp_path: Path, logged: str, *, passes: bool
) -> None:
    (tmp_path / "test_planted.py").write_text(PLANTED % logged)
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "fixtures.logs"),
            *("--override-ini=addopts=", "-o", "asyncio_mode=auto"),
            *("--rootdir", tmp_path, tmp_path),
        ],
        cwd=PROJECT / "tests",
        env={"PATH": os.defpath, "PYTHONPATH": str(PROJECT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode == 0) == passes, ran.stdout
    assert ("wrote to a log what must not be there" in ran.stdout) != passes
