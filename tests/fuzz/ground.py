"""The product under attack: five actors, data to find, and secrets that must never be seen."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.e2e.product import API_KEY, OWN_PASSWORD, Client, Product
from tests.waiting import wait_for

ACTORS = ("anonymous", "api_key", "normal", "moderator", "root")
COOKIE = "asql_session"
# Longer than an address is kept out for its failed logins.
LOCKED_S = 1200
PUBLISHED = "demo/vendas_por_dia"
# Limits of requests have tests of their own; here everything is to reach its route.
ENVIRONMENT = {
    "ASQL_SECURITY__TRUSTED_PROXIES": '["127.0.0.1"]',
    "ASQL_SCHEDULER__RETRY_LIMIT": "0",
}


@dataclass
class Actor:
    """Somebody with a connection that is kept and the headers of their own."""

    name: str
    password: str
    session: requests.Session = field(default_factory=requests.Session)
    headers: dict[str, str] = field(default_factory=dict)
    user_id: int = 0


class Ground:
    """One product, who asks it, and what was planted."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.base = product.base
        self.secrets: dict[str, str] = {}
        self.outside = product.data.parent / f"fora-{secrets.token_hex(8)}"
        self.actors = {name: Actor(name, f"{name}-{secrets.token_hex(8)}") for name in ACTORS}
        self.kept: dict[str, set[int]] = {"user_id": set(), "api_key_id": set()}
        self._address = itertools.count(1)
        self._made = itertools.count(1)

    def prepare(self) -> None:
        """Plant, publish, and let everybody log in."""
        self._plant_files()
        root = self.product.login()
        self.actors["root"].password = OWN_PASSWORD
        for name in ("normal", "moderator"):
            body = {"username": name, "password": self.actors[name].password, "role": name}
            self.kept["user_id"].add(root.post("/api/users", body)["user_id"])
        self.kept["user_id"].add(
            next(u["user_id"] for u in root.get("/api/users") if u["username"] == "root")
        )
        key = root.post("/api/api-keys", {"name": "leitor", "actions": ["read", "sql", "status"]})
        self.kept["api_key_id"].add(key["api_key_id"])
        self.actors["api_key"].headers["X-API-Key"] = key["key"]
        self._plant_rows(root)
        self.secrets |= {"API key": key["key"], "API key of the file": API_KEY}
        self.secrets |= {f"password of {a.name}": a.password for a in self.actors.values()}
        self._plant_settings()
        self.enter(*ACTORS[2:])

    def wait_for_dataset(self) -> None:
        """Until the first job of the demonstration has published."""
        reader = self.product.reader()
        wait_for(
            lambda: PUBLISHED in reader.get("/api/data/datasets") or None,
            timeout_s=120,
            what="the dataset of the demonstration",
        )

    def enter(self, *names: str) -> None:
        """Log in again, each time from another address; the token is one more secret."""
        for name in names:
            actor = self.actors[name]
            actor.session.cookies.clear()
            number = next(self._address)
            answer = actor.session.post(
                f"{self.base}/api/login",
                json={"username": name, "password": actor.password},
                headers={
                    "X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
                },
                timeout=60,
            )
            assert answer.status_code == 200, answer.text
            self.secrets[f"session of {name}"] = actor.session.cookies[COOKIE]

    def is_in(self, name: str) -> bool:
        answer = self.actors[name].session.get(f"{self.base}/api/me", timeout=60)
        return bool(answer.json()["authenticated"])

    def made(self, parameter: str) -> int:
        """The number of a thing made for this request, or of one that may be there."""
        number = next(self._made)
        name = f"alvo{number}"
        bodies: dict[str, tuple[str, dict[str, Any]]] = {
            "connection_id": ("/api/connections", _connection(name, "qualquer")),
            "user_id": ("/api/users", _user(name)),
            "api_key_id": ("/api/api-keys", {"name": name}),
            "parameter_id": ("/api/parameters", {"parameter_name": name, "sql_script": "select 1"}),
            "target_id": ("/api/targets", _target(name)),
            "channel_id": ("/api/channels", _channel(name, "segredo-qualquer-de-um-canal")),
            "job_id": ("/api/jobs", _job(name)),
        }  # fmt: skip
        if parameter not in bodies:
            return 1 + number % 7
        path, body = bodies[parameter]
        answer = self.actors["root"].session.post(f"{self.base}{path}", json=body, timeout=60)
        assert answer.status_code == 201, answer.text
        return int(answer.json()[parameter])

    def seen(self, text: str) -> list[str]:
        """Which secrets are in it."""
        return [name for name, secret in self.secrets.items() if secret in text]

    def logs(self) -> str:
        """Everything that was written: both processes' output and files, and the table."""
        found = [self.product.output(name) for name in self.product.processes]
        found += [path.read_text("utf-8") for path in (self.product.data / "logs").glob("*.log*")]
        root = wait_for(self._root, timeout_s=LOCKED_S, what="root to be let in again")
        for page in range(1, 100):
            records = root.get("/api/logs", size=200, page=page)["items"]
            found += [json.dumps(records, ensure_ascii=False)]
            if not records:
                break
        return "\n".join(found)

    def _root(self) -> Client | None:
        """None while the hostile logins keep this address out."""
        try:
            return self.product.login(password=self.actors["root"].password)
        except AssertionError as exc:
            if "too_many_attempts" not in str(exc):
                raise
            return None

    def _plant_files(self) -> None:
        """A file outside of the folders, and links in the folder that lead there."""
        marker = f"canario-{secrets.token_hex(8)}"
        self.outside.mkdir()
        (self.outside / "fora.csv").write_text(f"SEGREDO\n{marker}\n")
        csv = self.product.data / "csv"
        csv.mkdir(exist_ok=True)
        (csv / "antigo.csv").write_text("COD;x y\n007;1\n")
        (csv / "fora.csv").symlink_to(self.outside / "fora.csv")
        (csv / "pasta").symlink_to(self.outside)
        self.secrets |= {"file outside": marker, "folder outside": self.outside.name}
        self.secrets["accounts of the host"] = "root:x:0:0"

    def _plant_rows(self, root: Client) -> None:
        hidden = {name: f"canario-{name}-{secrets.token_hex(8)}" for name in ("banco", "canal")}
        root.post("/api/connections", _connection("plantada", hidden["banco"]))
        root.post("/api/channels", _channel("plantado", hidden["canal"]))
        self.secrets |= {f"secret of {name}": secret for name, secret in hidden.items()}

    def _plant_settings(self) -> None:
        data = self.product.data
        document = json.loads((data / "datafile.json").read_text())
        self.secrets["secret_key"] = document["backend"]["secret_key"]
        for path in data.rglob("*password*"):
            if path.is_file():
                self.secrets[f"file {path.name}"] = path.read_text().strip()


def _user(name: str) -> dict[str, Any]:
    return {"username": name, "password": f"{name}-longa", "role": "normal"}


def _target(name: str) -> dict[str, Any]:
    return {"name": name, "kind": "folder", "options": {"folder": "."}}


def _connection(name: str, password: str) -> dict[str, Any]:
    return {
        "name": name, "kind": "postgres", "host": "127.0.0.1", "port": 9, "database": "x",
        "username": "x", "password": password,
    }  # fmt: skip


def _channel(name: str, secret: str) -> dict[str, Any]:
    options = {"url": "http://127.0.0.1:9/aviso"}
    return {"name": name, "kind": "webhook", "options": options, "secret": secret}


def _job(name: str) -> dict[str, Any]:
    return {
        "job_name": name, "job_status": "N", "export_path": "testes", "export_name": name,
        "sql_script": "select 1 as n", "connection_id": 1,
    }  # fmt: skip


@contextmanager
def attacked(folder: Path, *, is_whole: bool = True) -> Iterator[Ground]:
    """A product of its own in `folder`; a whole one has its demonstration and its daemon."""
    product = Product(folder / "data", **ENVIRONMENT)
    try:
        product.prepare(demo=is_whole)
        product.start("backend")
        if is_whole:
            product.start("schedule")
        product.wait_until_ready()
        ground = Ground(product)
        ground.prepare()
        if is_whole:
            ground.wait_for_dataset()
        yield ground
    finally:
        product.close()
