"""What `start` and `test` decide: when to install, what to build, how to speak of a failure."""

import ast
import json
import os
import re
import sys
from pathlib import Path

import pytest

from bootstrap import application, checks, environment, frontend, node
from bootstrap.messages import CannotGoOn
from bootstrap.supervisor import Child

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")
NO_NETWORK = "ERROR: Max retries exceeded with url: /simple/flask/"


def write_program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose environment is made, but without a stamp."""
    for lock in LOCKS:
        (tmp_path / lock).write_text(f"{lock} of yesterday\n")
    write_program(tmp_path / ".venv" / "bin" / "python", "")
    version = f"{sys.version_info.major}.{sys.version_info.minor}.7"
    (tmp_path / ".venv" / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\n")
    return tmp_path


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lock files that were installed."""
    done: list[str] = []
    monkeypatch.setattr(environment, "pip_install", lambda *given: done.append(given[-1]))
    return done


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The environments that were made from nothing."""
    done: list[Path] = []
    monkeypatch.setattr(environment, "_make", done.append)
    return done


def test_environment_is_installed_once(project: Path, installs: list[str]) -> None:
    first = environment.prepare(project)
    assert environment.prepare(project) == first
    assert installs == ["requirements.lock"]


def test_environment_is_renewed_when_its_lock_changes(project: Path, installs: list[str]) -> None:
    environment.prepare(project)
    (project / "requirements.lock").write_text("of today\n")
    environment.prepare(project)
    assert installs == ["requirements.lock"] * 2


def test_environment_of_developers_serves_start_too(project: Path, installs: list[str]) -> None:
    environment.prepare(project, environment.DEV_LOCK)
    environment.prepare(project, environment.RUNTIME_LOCK)
    assert installs == ["requirements-dev.lock"]


def test_environment_of_start_does_not_serve_the_checks(project: Path, installs: list[str]) -> None:
    environment.prepare(project, environment.RUNTIME_LOCK)
    environment.prepare(project, environment.DEV_LOCK)
    assert installs == ["requirements.lock", "requirements-dev.lock"]


def test_failed_install_is_tried_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: object) -> None:
        raise CannotGoOn("no network")

    with monkeypatch.context() as patched:
        patched.setattr(environment, "pip_install", fail)
        with pytest.raises(CannotGoOn):
            environment.prepare(project)
    done: list[object] = []
    monkeypatch.setattr(environment, "pip_install", lambda *given: done.append(given))
    environment.prepare(project)
    assert len(done) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "pyvenv.cfg").write_text("version = 3.9.2\n"),
        lambda folder: (folder / "pyvenv.cfg").unlink(),
        lambda folder: (folder / "bin" / "python").unlink(),
        lambda folder: write_program(folder / "bin" / "python", "raise SystemExit(1)"),
    ],
    ids=["other Python", "no configuration", "no program", "no pip"],
)
def test_damaged_environment_is_made_again(
    project: Path, installs: list[str], made: list[Path], damage: object
) -> None:
    damage(project / ".venv")  # type: ignore[operator]
    environment.prepare(project)
    assert made == [project / ".venv"]
    assert installs == ["requirements.lock"]


def test_install_without_network_says_so_in_one_sentence(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    python = write_program(project / "python", f"import sys; sys.exit({NO_NETWORK!r})")
    with pytest.raises(CannotGoOn, match=r"requirements\.lock could not .* no package index"):
        environment.pip_install(python, project, "-r", "requirements.lock")
    assert NO_NETWORK in capfd.readouterr().err


def test_install_that_fails_otherwise_shows_what_pip_said(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    python = write_program(project / "python", "import sys; sys.exit('ERROR: hashes differ')")
    with pytest.raises(CannotGoOn, match="its last lines stand above"):
        environment.pip_install(python, project, "-r", "requirements.lock")
    assert "hashes differ" in capfd.readouterr().err


def test_install_is_by_hash_and_names_no_index(project: Path) -> None:
    python = write_program(
        project / "python", "import sys; open('said', 'w').write(' '.join(sys.argv[1:]))"
    )
    environment.pip_install(python, project, "-r", "requirements.lock")
    said = (project / "said").read_text()
    assert "--require-hashes" in said
    assert "index-url" not in said


def test_missing_venv_module_is_explained(
    project: Path, monkeypatch: pytest.MonkeyPatch, installs: list[str]
) -> None:
    (project / ".venv" / "pyvenv.cfg").unlink()
    monkeypatch.setattr(environment, "_has_venv_modules", lambda: False)
    monkeypatch.setattr(environment, "apt_install", lambda *_: False)
    with pytest.raises(CannotGoOn, match="sudo apt install python3-venv"):
        environment.prepare(project)


@pytest.fixture
def interface(project: Path) -> Path:
    folder = project / "frontend"
    (folder / "src").mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"scripts": {"build": "vite build"}}))
    (folder / "package-lock.json").write_text("{}")
    (folder / "src" / "main.tsx").write_text("export {}")
    (folder / "node_modules").mkdir()
    return folder


def test_source_hash_follows_names_and_contents(interface: Path) -> None:
    before = frontend.source_hash(interface)
    (interface / "src" / "main.tsx").write_text("export { }")
    changed = frontend.source_hash(interface)
    (interface / "src" / "main.tsx").rename(interface / "src" / "other.tsx")
    assert len({before, changed, frontend.source_hash(interface)}) == 3


def test_source_hash_ignores_what_is_made(interface: Path) -> None:
    before = frontend.source_hash(interface)
    for name in ("node_modules", "dist", "test-results"):
        (interface / name).mkdir(exist_ok=True)
        (interface / name / "file").write_text("made")
    assert frontend.source_hash(interface) == before


def fake_node(project: Path, monkeypatch: pytest.MonkeyPatch, *, code: int = 0) -> Path:
    """Make npm write down its arguments and end with `code`; the file it writes to."""
    record = project / "npm-calls"
    cli = write_program(
        project / "npm.py",
        f"import sys; open({str(record)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        f"sys.exit({code})",
    )
    fake = node.Node(Path(sys.executable), cli)
    monkeypatch.setattr(frontend, "find_node", lambda *_: fake)
    return record


def test_interface_is_built_once(
    project: Path, interface: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = fake_node(project, monkeypatch)
    assert frontend.build(project, Path("python"))
    assert not frontend.build(project, Path("python"))
    assert record.read_text().splitlines() == [
        "ci --ignore-scripts --no-audit --no-fund",
        "run build",
    ]


def test_changed_source_is_built_without_installing_again(
    project: Path, interface: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = fake_node(project, monkeypatch)
    frontend.build(project, Path("python"))
    (interface / "src" / "main.tsx").write_text("changed")
    assert frontend.build(project, Path("python"))
    assert record.read_text().splitlines()[2:] == ["run build"]


def test_failed_build_leaves_no_stamp(
    project: Path, interface: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_node(project, monkeypatch, code=1)
    with pytest.raises(CannotGoOn, match="npm"):
        frontend.build(project, Path("python"))
    assert not (interface / "dist" / ".stamp").exists()


@pytest.mark.skipif(os.name == "nt", reason="makes POSIX programs")
@pytest.mark.parametrize(("version", "is_used"), [("v20.20.2", False), ("v22.12.0", True)])
def test_node_on_path_is_used_when_new_enough(
    project: Path, monkeypatch: pytest.MonkeyPatch, version: str, is_used: bool
) -> None:
    write_program(project / "bin" / "node", f"print('{version}')")
    cli = write_program(project / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", "")
    monkeypatch.setenv("PATH", str(project / "bin"))
    monkeypatch.setattr(node, "pip_install", lambda *given: Path(given[3]).mkdir())
    found = node.find_node(project, Path("python"))
    assert (found.npm_cli == cli) is is_used
    assert (".venv" in found.program.parts) is not is_used


def test_packaged_node_comes_before_the_others_for_scripts_of_npm(project: Path) -> None:
    found = node.Node(project / "bin" / "node", project / "npm-cli.js")
    assert found.environment()["PATH"].startswith(str(project / "bin") + os.pathsep)


def test_crashing_child_is_started_ever_later_and_anew_after_a_good_minute() -> None:
    child = Child("backend.py", ["python"])
    delays = [child.delay_after_end(now=0.0) for _ in range(9)]
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert child.delay_after_end(now=61.0) == 1


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:5000"),
        ("0.0.0.0", "http://127.0.0.1:5000"),  # noqa: S104 - read, not bound
        ("::", "http://[::1]:5000"),
        ("servidor", "http://servidor:5000"),
    ],
)
def test_address_for_this_machine(host: str, url: str) -> None:
    assert application.Serving(host, 5000, 30, Path(), "here").url == url


@pytest.mark.parametrize("name", ["start", "test"])
def test_command_tells_an_old_python_in_its_own_grammar(name: str) -> None:
    text = (ROOT / name).read_text()
    tree = ast.parse(text, feature_version=(3, 4))
    check = next(i for i, line in enumerate(tree.body) if isinstance(line, ast.If))
    # Nothing but `import sys` stands before the check.
    assert [type(line).__name__ for line in tree.body[:check]] == ["Expr", "Import"]
    assert os.access(ROOT / name, os.X_OK)
    assert text.startswith("#!/usr/bin/env python3\n")


def step(name: str, code: int, **more: object) -> checks.Step:
    return checks.Step(name, [sys.executable, "-c", f"raise SystemExit({code})"], **more)  # type: ignore[arg-type]


def test_summary_ends_with_the_counts_and_the_worst_decides(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    steps = [step("one", 0), step("two", 3), checks.Step("three", reason="no browser")]
    outcomes = [checks._perform(given, tmp_path) for given in steps]
    assert checks._summarise(outcomes) == 1
    lines = capfd.readouterr().out.splitlines()
    assert lines[-1] == "1 passed, 1 failed"
    assert lines[-2].endswith("skipped: no browser")


def test_choice_of_no_test_in_a_folder_is_no_failure(tmp_path: Path) -> None:
    given = step("chosen", checks.NO_TESTS_COLLECTED, passing=(0, checks.NO_TESTS_COLLECTED))
    assert checks._perform(given, tmp_path).word == "passed"
    assert checks._perform(step("all", checks.NO_TESTS_COLLECTED), tmp_path).word == "FAILED"


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_holds_what_its_list_pins(lock: str) -> None:
    pins = re.findall(
        r"(?m)^([\w.-]+)(?:\[.*?\])?==(\S+)", (ROOT / lock).with_suffix(".txt").read_text()
    )
    locked = dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / lock).read_text()))
    assert pins
    assert {name.lower(): version.rstrip(";") for name, version in pins}.items() <= locked.items()


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_hashes_every_package_and_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    packages = re.split(r"(?m)^(?=[\w.-]+==)", text)[1:]
    assert packages
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in text


def test_steps_side_by_side_print_each_as_a_whole_and_are_told_in_order(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    # Each ends only when the other has begun.
    code = (
        "import pathlib, sys\n"
        "mine, other = map(pathlib.Path, sys.argv[1:3])\n"
        "print(mine, 'begins', flush=True)\n"
        "mine.touch()\n"
        "while not other.exists(): pass\n"
        "print(mine, 'ends', flush=True)\n"
        "sys.exit(mine.name == 'b')\n"
    )
    steps = [
        checks.Step(mine, [sys.executable, "-c", code, mine, other])
        for mine, other in (("a", "b"), ("b", "a"))
    ]
    outcomes: list[checks.Outcome] = []
    checks.perform_side_by_side(steps, tmp_path, outcomes)
    said = capfdbinary.readouterr().out.decode()
    assert [(o.name, o.word) for o in outcomes] == [("a", "passed"), ("b", "FAILED")]
    for name in ("a", "b"):
        assert f"--- {name}\n{name} begins\n{name} ends\n" in said
