"""A small server that speaks the transit engine's API as far as master keys need it."""

import json
import os
from base64 import b64decode, b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "s.thetoken"


class Transit:
    """One key, `gymhopper`, known to this server alone."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: tuple[int, bytes] | None = None
        key, transit = AESGCM(os.urandom(32)), self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                transit.asked.append(self.path)
                status, answer = transit.answers or self.answer(body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def answer(self, body: Any) -> tuple[int, bytes]:
                if self.headers.get("X-Vault-Token") != TOKEN:
                    return 403, b'{"errors":["permission denied"]}'
                if self.path == "/v1/transit/encrypt/gymhopper":
                    nonce = os.urandom(12)
                    sealed = nonce + key.encrypt(nonce, b64decode(body["plaintext"]), None)
                    data = {"ciphertext": f"vault:v1:{b64encode(sealed).decode()}"}
                elif self.path == "/v1/transit/decrypt/gymhopper":
                    sealed = b64decode(body["ciphertext"].removeprefix("vault:v1:"))
                    try:
                        plain = key.decrypt(sealed[:12], sealed[12:], None)
                    except InvalidTag:
                        return 400, b'{"errors":["cipher: message authentication failed"]}'
                    data = {"plaintext": b64encode(plain).decode()}
                else:
                    return 404, b'{"errors":[]}'
                return 200, json.dumps({"data": data}).encode()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Transit":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
