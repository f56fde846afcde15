"""A small service that knows a photo and the hash of a password by e-mail.

`FALHA_EM=10` lets one request in ten fail, as services do.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import threading

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue


def create_service(fails_every: int = 0) -> Flask:
    """A new service; `fails_every` = 10: one request in ten is answered with 503."""
    app = Flask("consultas")
    numbers, lock = itertools.count(1), threading.Lock()

    @app.before_request
    def _fail_sometimes() -> ResponseReturnValue | None:
        with lock:
            number = next(numbers)
        if fails_every and number % fails_every == 0:
            return jsonify(erro="tente de novo"), 503
        return None

    @app.post("/get-photo")
    def get_photo() -> ResponseReturnValue:
        name = _email().partition("@")[0]
        return jsonify(photo={"url": f"https://fotos.example.com/{name}.jpg"})

    @app.post("/get-password")
    def get_password() -> ResponseReturnValue:
        return jsonify(password=hashlib.sha256(_email().encode()).hexdigest())

    return app


def _email() -> str:
    body = request.get_json(silent=True) or {}
    return str(body.get("email", ""))


def main() -> None:
    """Serve on the port of URL_CONSULTAS."""
    port = int(os.environ.get("URL_CONSULTAS", ":8765").rpartition(":")[2])
    service = create_service(int(os.environ.get("FALHA_EM", "0")))
    service.run(host="127.0.0.1", port=port, threaded=True)


if __name__ == "__main__":
    main()
