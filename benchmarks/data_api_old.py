"""The way of the existing system: the whole file is parsed by pandas at each request."""

from __future__ import annotations

import os
import sys

import pandas as pd
import waitress
from flask import Flask, Response, jsonify, request

FILE = os.environ.get("BENCH_FILE", "")
app = Flask(__name__)


@app.get("/api/data/datasets/pedidos")
def rows() -> Response:
    table = pd.read_csv(FILE, sep=";", encoding="utf-8", low_memory=False)
    wanted = request.args.get("cliente_id")
    if wanted is not None:
        table = table[table["cliente_id"] == int(wanted)]
    limit = request.args.get("limit", type=int)
    if limit is not None:
        table = table.iloc[request.args.get("offset", 0, type=int) :].head(limit)
    return jsonify(table.astype(object).where(table.notna(), None).to_dict("records"))


if __name__ == "__main__":
    waitress.serve(app, host="127.0.0.1", port=int(sys.argv[1]), threads=8)
