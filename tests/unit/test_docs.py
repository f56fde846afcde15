"""The documentation is true: everything it must name is named, and what it links to is there."""

import ast
import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from auxiliares import ROOT, AutomacaoError, Settings
from vocabulary import ErrorClass, Phase, Reason, RunState, SetState, Trigger, WaitingFor

PACKAGES = (
    "webapi",
    "execution",
    "services",
    "metadb",
    "connectors",
    "transfer",
    "datafiles",
    "timing",
    "messaging",
    "dialects",
)
REFERENCE = ROOT / "docs" / "reference"
READMES = (ROOT / "README.md", ROOT / "README.pt-BR.md")
PAGES = (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md"))
ADR_SECTIONS = ("## Context", "## Decision", "## Consequences", "## Alternatives", "## Enforced by")
COMMANDS = {
    "./start": ROOT / "bootstrap" / "start_command.py",
    "./test": ROOT / "bootstrap" / "checks.py",
    "backend.py": ROOT / "backend.py",
    "schedule.py": ROOT / "schedule.py",
    "auxiliares.py": ROOT / "auxiliares.py",
}


def page(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


def first_cells(name: str) -> set[str]:
    """What stands in code type in the first column of a page's tables."""
    cells = re.findall(r"^\| ([^|]+) \|", page(name), re.MULTILINE)
    return {code for cell in cells for code in re.findall(r"`([^`]+)`", cell)}


# --- settings


def settings_keys(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted key and default of every setting, the default as the page writes it."""
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from settings_keys(section, f"{prefix}{name}.")
            continue
        default = field.get_default()
        yield prefix + name, "empty" if default is None else f"`{default}`"


# Their default is computed; the page says how.
COMPUTED = {"backend.secret_key", "data_api.csv_folder_path"}


@pytest.mark.parametrize(("key", "default"), list(settings_keys()), ids=str)
@pytest.mark.parametrize("name", ["settings.md", "../../README.md", "../../README.pt-BR.md"])
def test_every_setting_is_documented_with_environment_and_default(
    name: str, key: str, default: str
) -> None:
    environment = "ASQL_" + key.upper().replace(".", "__")
    line = re.search(rf"^\| `{re.escape(key)}` \|.*$", page(name), re.MULTILINE)

    assert line, f"{key} is missing in {name}"
    assert f"`{environment}`" in line[0]
    if key not in COMPUTED:
        wanted = {default, "vazio" if default == "empty" else default}
        assert any(f"| {text} |" in line[0] for text in wanted), line[0]


def test_no_setting_is_documented_that_is_not_there() -> None:
    known = {key for key, _ in settings_keys()}
    dotted = {cell for cell in first_cells("settings.md") if "." in cell}

    assert dotted <= known


def test_every_variable_of_the_environment_is_documented() -> None:
    read = set()
    for path in sources():
        read |= set(re.findall(r'"(ASQL_[A-Z_]+|FAILPOINT[A-Z_]*)"', path.read_text("utf-8")))
        names = re.findall(r'ENV_PREFIX \+ "([A-Z_]+)"', path.read_text("utf-8"))
        read |= {f"ASQL_{name}" for name in names}
    documented = set(re.findall(r"`([A-Z_]{4,})`", page("settings.md")))

    assert {name for name in read if not name.endswith("__") and name != "ASQL_"} <= documented


# --- routes


def routes() -> Iterator[tuple[str, str]]:
    document = json.loads((ROOT / "openapi.json").read_text("utf-8"))
    for path, operations in document["paths"].items():
        for method in operations:
            yield method.upper(), path


def test_every_route_is_documented_and_no_other() -> None:
    rows = re.findall(r"^\| ([A-Z]+) `(/[^`]*)` \|", page("api.md"), re.MULTILINE)

    assert sorted(rows) == sorted(routes())


# --- runs


@pytest.mark.parametrize(
    "word", [*RunState, *Reason, *Trigger, *WaitingFor, *Phase, *SetState, *ErrorClass], ids=str
)
def test_every_word_about_a_run_is_documented(word: str) -> None:
    assert f"`{word}`" in page("run-states.md")


def test_no_state_or_reason_is_documented_that_is_not_there() -> None:
    known = {*RunState, *Reason, *WaitingFor, *Phase, *SetState, *ErrorClass}
    assert first_cells("run-states.md") <= known


# --- errors


def sources() -> Iterator[Path]:
    yield from ROOT.glob("*.py")
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")


def error_classes(base: type[AutomacaoError] = AutomacaoError) -> Iterator[type[AutomacaoError]]:
    """Every class of error the product's modules define."""
    for kind in base.__subclasses__():
        if kind.__module__.partition(".")[0] in (
            *PACKAGES,
            "auxiliares",
            "failpoints",
            "stored_secrets",
            "logging_config",
        ):
            yield kind
        yield from error_classes(kind)


def codes_in_use() -> set[str]:
    """Codes of error classes, and those that the edge and the ledger write themselves."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            importlib.import_module(module.name)
    from webapi import edge, server

    codes = {kind.code for kind in error_classes()} | {AutomacaoError.code}
    codes |= {*edge.CODES.values(), *server.CODES.values()}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in ("Failure", "problem"):
                place = 0 if _called(node) == "Failure" else 1
                codes |= {str(text) for text in _constants(node, place)}
    return codes


def _called(node: ast.Call) -> str | None:
    return node.func.id if isinstance(node.func, ast.Name) else None


def _constants(node: ast.Call, place: int) -> Iterator[object]:
    if len(node.args) > place and isinstance(node.args[place], ast.Constant):
        yield node.args[place].value


def test_every_error_code_is_documented_and_no_other() -> None:
    assert first_cells("errors.md") == codes_in_use()


def test_every_error_is_documented_with_its_status() -> None:
    codes_in_use()
    rows = re.findall(r"^\| `(\w+)` \| ([\d, ]+|none) \|", page("errors.md"), re.MULTILINE)
    documented = {code: set(statuses.split(", ")) for code, statuses in rows}
    wrong = {
        f"{kind.code}: {kind.status}"
        for kind in error_classes()
        if str(kind.status) not in documented[kind.code]
    }

    assert wrong == set()


# --- command line


def flags(path: Path) -> set[str]:
    """Options of a command: what add_argument is given, or what is looked for by hand."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and re.fullmatch(r"--[a-z][a-z-]+", value):
            found.add(value)
    return found


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_option_is_documented_and_no_other(command: str) -> None:
    sections = re.split(r"^## ", page("command-line.md"), flags=re.MULTILINE)
    section = next(
        text for text in sections if text.partition("\n")[0].strip("`").endswith(command)
    )
    documented = set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE))
    calls_others = {"./start": {"--no-demo", "--prepare"}, "./test": {"--check"}}

    found = flags(COMMANDS[command])
    assert documented <= found
    assert found - documented <= calls_others.get(command, set())


# --- READMEs


def command_lines(text: str) -> list[str]:
    blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    lines = (line.split("#")[0].strip() for block in blocks for line in block.splitlines())
    return [line for line in lines if line]


def test_both_readmes_show_the_same_commands() -> None:
    english, portuguese = (command_lines(path.read_text("utf-8")) for path in READMES)

    assert re.sub(r"<[^>]+>", "<>", "\n".join(english)) == re.sub(
        r"<[^>]+>", "<>", "\n".join(portuguese)
    )


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_readme_begins_with_the_two_commands(path: Path) -> None:
    lines = command_lines(path.read_text("utf-8"))

    assert lines[0].startswith("git clone ")
    assert "./start" in lines[:4]
    assert "./test" in lines[:4]


# --- every page


def links(text: str) -> Iterator[str]:
    without_code = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    yield from re.findall(r"\]\(([^)\s]+)\)", without_code)


def anchors(text: str) -> set[str]:
    """Anchors of the headings, as code hosts make them."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    broken = []
    for link in links(text):
        target, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        file = path if not target else (path.parent / target).resolve()
        if not file.exists() or (anchor and anchor not in anchors(file.read_text("utf-8"))):
            broken.append(link)

    assert not broken


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_promises_what_is_not_there(path: Path) -> None:
    promises = r"\b(TODO|TBD|FIXME|(?i:coming soon|work in progress|em breve|not yet written))\b"

    assert not re.findall(promises, path.read_text("utf-8"))


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/adr/0*.md")), ids=lambda path: path.stem)
def test_decision_has_its_parts_on_one_page(path: Path) -> None:
    text = path.read_text("utf-8")

    assert [part for part in ADR_SECTIONS if part not in text] == []
    assert re.search(r"^## Decision\n> ", text, re.MULTILINE), "the decision is one quoted sentence"
    assert text.count("\n") <= 70
    assert f"({path.name})" in (path.parent / "README.md").read_text("utf-8")


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/**/*.md")), ids=lambda path: path.stem)
def test_every_page_can_be_reached(path: Path) -> None:
    pages = [other for other in PAGES if other != path]

    assert any(
        (other.parent / link.partition("#")[0]).resolve() == path
        for other in pages
        for link in links(other.read_text("utf-8"))
        if "://" not in link
    )
