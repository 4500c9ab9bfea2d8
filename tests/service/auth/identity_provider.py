"""An identity provider on a real socket: signs tokens, serves its key set, rotates, and can be taken down."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwk, jwt

from service.settings import TokenIssuer

AUDIENCE = "https://titrate.test"


class IdentityProvider:
    """Answers what its attributes say, and counts how often it is asked."""

    def __init__(self) -> None:
        self.keys: list[jwk.ECKey | jwk.RSAKey] = [new_key("first")]
        self.status = 200
        self.document: bytes | None = None
        """Sent in place of the key set."""
        self.headers: dict[str, str] = {}
        self.fetches = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.fetches += 1
                body = provider.document or provider.published()
                self.send_response(provider.status)
                for name, value in provider.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def published(self) -> bytes:
        return json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()

    def issuer(self, **fields: Any) -> TokenIssuer:
        stated = {
            "label": "idp",
            "issuer": self.address,
            "audience": AUDIENCE,
            "key_set_url": f"{self.address}/keys",
        }
        return TokenIssuer.model_validate(stated | fields)

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        stated = {
            "iss": self.address,
            "aud": AUDIENCE,
            "sub": "dr-no",
            "iat": now,
            "exp": now + 300,
            "roles": ["clinician"],
            "titrate_site": "north",
        }
        return {name: value for name, value in (stated | changed).items() if value is not None}

    def token(self, *, key: Any = None, header: dict[str, Any] | None = None, **changed: Any) -> str:
        key = key or self.keys[-1]
        algorithm = {"EC": "ES256", "RSA": "RS256", "oct": "HS256"}[key.key_type]
        head = {"alg": algorithm, "kid": key.kid} | (header or {})
        return jwt.encode(head, self.claims(**changed), key, algorithms=[head["alg"]])


def new_key(name: str) -> jwk.ECKey:
    return jwk.generate_key("EC", "P-256", {"kid": name, "use": "sig"})
