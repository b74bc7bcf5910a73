"""An issuer that signs whatever it is told to: for tokens that no honest provider would make."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry


class AnyAlgorithm(JWSRegistry):
    """Signs also in ways that nobody should accept."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


def new_key(kind: str = "RSA", kid: str = "first", **parameters: str) -> Key:
    """A key pair of this kind."""
    given: Any = {"kid": kid, "use": "sig", **parameters}
    match kind:
        case "EC":
            return ECKey.generate_key("P-256", given)
        case "OKP":
            return OKPKey.generate_key("Ed25519", given)
        case _:
            return RSAKey.generate_key(2048, given)


def signed(key: Key, claims: dict[str, Any], **header: Any) -> str:
    """A token with these claims, under this key, however strange its header is."""
    given = {"alg": "RS256", "kid": key.kid} | header
    present = {name: value for name, value in given.items() if value is not None}
    return jwt.encode(present, claims, key, registry=AnyAlgorithm(strict_check_header=False))


class SigningIssuer:
    """Serves a discovery document and keys over loopback, and counts how often it is asked."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.asked = 0
        self.down = False
        self.id_token = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += self.path == "/keys"
                body = outer.answer(self.path)
                self.send_response(503 if outer.down else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                body = json.dumps({"id_token": outer.id_token, "token_type": "Bearer"}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base names it
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, path: str) -> bytes:
        """What it says at this path."""
        if path == "/keys":
            return json.dumps({"keys": self.keys}).encode()
        endpoints = {
            "authorization_endpoint": f"{self.url}/auth",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        return json.dumps({"issuer": self.url, **endpoints}).encode()

    def publish(self, *keys: Key) -> None:
        """Sign with these from now on, and with no others."""
        self.keys = [each.as_dict(private=False) for each in keys]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
