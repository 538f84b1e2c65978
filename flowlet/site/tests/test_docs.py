"""The documentation says what the code says: links, settings, commands, calls, buttons, names, packages, storeys, states, tests."""

import argparse
import ast
import configparser
import pkgutil
import re
from functools import lru_cache
from importlib.util import find_spec

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowlet import celery
from flowlet.backoffice import site
from flowlet.site.tests import drawings
from flowlet.site.tests.api_world import ask, operations

ROOT = settings.BASE_DIR
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "benchmarks" / "README.md", *DOCS.rglob("*.md")])
OPERATIONS, OFFICER = DOCS / "guides" / "operations.md", DOCS / "guides" / "officer.md"
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")


@lru_cache
def read(path):
    return path.read_text(encoding="utf-8")


def prose(path):
    """The page without its code blocks."""
    return re.sub(r"^```.*?^```", "", read(path), flags=re.MULTILINE | re.DOTALL)


@lru_cache
def anchors(path):
    """The anchors of a page's headings, as GitHub makes them."""
    found = set()
    for title in re.findall(r"^#+ (.+)$", prose(path), flags=re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")
        found.add(plain)
    return found


def in_first_cells(page):
    """What stands in backticks in the first cell of the rows of its tables."""
    return {word for row in re.findall(r"^\| ([^|]+) \|", read(page), re.MULTILINE) for word in re.findall(r"`([^`]+)`", row)}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_resolve(page):
    broken = []
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (anchor and path.suffix == ".md" and anchor not in anchors(path)):
            broken.append(target)
    assert broken == []


def test_every_page_can_be_reached_from_the_front_page():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in LINK.findall(prose(page)) if ":" not in link]
    assert set(PAGES) - reached == set()
    assert len(reached) > 20


def test_every_variable_that_the_settings_read_is_described():
    read_ones = set()
    for path in (ROOT / "flowlet" / "settings").glob("*.py"):
        read_ones |= set(re.findall(r"""env\.\w+\(\s*"([A-Z0-9_]+)""", path.read_text()))
    assert len(read_ones) > 15
    assert read_ones - in_first_cells(DOCS / "guides" / "operations.md") == set()


def test_every_variable_that_is_described_is_read():
    code = "".join(
        read(path) for path in ROOT.rglob("*.py") if path != ROOT / "flowlet/site/tests/test_docs.py" and ".venv" not in str(path)
    )
    described = {name for name in in_first_cells(OPERATIONS) if re.fullmatch(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+", name)}
    made_up = re.compile(
        r"FLOWLET_(?:BSA|SFTP_ACH|ACH|SEPA|WIRE)_(\w+)"
    )  # put together from the fields of a table of the settings
    lacking = [
        name
        for name in described
        if name not in code and not ((found := made_up.fullmatch(name)) and f'"{found[1].lower()}"' in code)
    ]
    assert len(described) > 60
    assert lacking == []


def test_production_is_set_up_as_described():
    """The environment to fill in names variables that are described, and the units may write where it says that files go."""
    lines = [line.partition("=") for line in read(ROOT / "deploy" / "environment.example").splitlines() if line[:1].isalpha()]
    assert {name for name, _, _ in lines} - in_first_cells(OPERATIONS) == set()
    folders = {value for name, _, value in lines if re.search(r"_(DIR|FOLDER)$", name) and value.startswith("/srv/")}
    assert len(folders) == 2
    for unit in ("web", "worker"):
        (writable,) = re.findall(
            r"^ReadWritePaths=(.+)$", read(ROOT / "deploy" / "systemd" / f"flowlet-{unit}.service"), re.MULTILINE
        )
        assert set(writable.split()) == folders


def commands():
    """Each command of ours with its options, and the options of each of its words."""
    found = {}
    for name, app in get_commands().items():
        if isinstance(app, str) and (ROOT / app.replace(".", "/") / "management" / "commands" / f"{name}.py").exists():
            actions = load_command_class(app, name).create_parser("manage.py", name)._actions
            parts = [action.choices for action in actions if isinstance(action, argparse._SubParsersAction)]
            words = {word: options_of(part._actions) for choices in parts for word, part in choices.items()}
            found[name] = (options_of(actions), words)
    return found


def options_of(actions):
    return {option for action in actions for option in action.option_strings}


def test_every_command_is_described_with_all_its_words_and_with_options_that_it_has():
    shared = read(OPERATIONS).partition("### The words of every queue\n")[2].partition("\n### ")[0]
    rows = {}
    for first, row in re.findall(r"^(\| `.*?` \|)(.*\|)$", read(OPERATIONS), re.MULTILINE):
        spans = re.findall(r"`([^`]+)`", first + row + (shared if "the words of every queue" in row else ""))
        for name in re.findall(r"`([a-z_]+)", first):
            rows.setdefault(name, []).extend(re.findall(r"[\w-]+", span) for span in spans)
    ours, wrong = commands(), []
    for name, (options, words) in ours.items():
        told = rows.get(name, [])
        wrong += [f"{name} {word} is not told" for word in words.keys() - {part for span in told for part in span}]
        for span in told:
            of_words = [words[part] for part in span if part in words] or words.values()
            wrong += [f"{name} has no {part}" for part in span if part.startswith("--") and part not in options.union(*of_words)]
    assert len(ours) > 50
    assert ours.keys() - rows.keys() == set()
    assert wrong == []


def test_calls_of_the_api_that_pages_name_exist():
    ours = {(operation.method, re.sub(r"{\w+}", "{}", operation.template.strip("/"))) for operation in operations()}
    named = [
        (page.name, method, re.sub(r"{\w+}|[a-z]{3}_…\w*", "{}", path).rstrip("/"))
        for page in PAGES
        for method, path in re.findall(r"(?:\b(GET|POST|PATCH|PUT|DELETE) )?(?:\$FLOWLET)?/(v1/[\w{}…/]+)", read(page))
    ]
    assert len(named) > 80
    paths = {path for _, path in ours}
    assert [found for found in named if (found[1:] not in ours if found[1] else found[2] not in paths)] == []


def test_names_of_code_that_pages_name_exist():
    """Paths, and dotted names below a module of an app, such as ``compliance.models.Alert``; codes and events are no modules."""
    paths, names = set(), set()
    for page in PAGES:
        for span in re.findall(r"`([^`\n]+)`", prose(page)):
            if re.fullmatch(r"(?:\w+/)+[\w.]+\.(?:py|sql|yaml|csv|example)", span):
                paths |= {span} if not (page.parent / span).exists() else set()
            elif (found := re.match(r"((?:flowlet\.)?[a-z]+\.\w+)(?:\.\w+)+", span)) and find_module(found[1]):
                names.add(found[0])
    assert len(paths) > 20
    assert len(names) > 60
    assert [path for path in paths if not ((ROOT / path).exists() or (ROOT / "flowlet" / path).exists())] == []
    assert [name for name in names if not is_there(name)] == []


def find_module(name):
    top = name.partition(".")[0]
    return (ROOT / top / "__init__.py").exists() and find_spec(top) is not None and find_spec(name) is not None


def is_there(name):
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def test_buttons_and_lists_of_the_officers_guide_are_those_of_the_back_office():
    guide = re.sub(r"(?<!\n)\n(?!\n)", " ", read(OFFICER))
    keys, sections = {}, {}
    for admin in site._registry.values():
        sections[getattr(admin, "title", "")] = getattr(admin, "section", "")
        for found in getattr(admin, "transitions", ()):
            keys.setdefault(found.label, set()).add(found.key)
    keys |= {"Reveal": {"r"}, "Next": {"n"}, "Edit the condition": {"o"}, "Flow of the day": {"y"}}  # no transitions
    told = re.findall(r"\*\*([A-Z][^*]+)\*\* \(`(.)`", guide)
    assert len(told) > 60
    assert [(label, key) for label, key in told if key not in keys.get(label, ())] == []
    places = re.findall(r"\*\*([^*]+)\*\* \(under (\w+)", guide)
    places += [(name, section) for section, name in re.findall(r"Under (\w+), \*\*([^*]+)\*\*", guide)]
    assert len(places) > 15
    assert [(name, section) for name, section in places if sections.get(name) != section] == []


def test_every_package_has_its_reason():
    reasons = {}
    for packages, reason in re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", read(DOCS / "dependencies.md"), re.MULTILINE):
        for package in packages.split(","):
            reasons[package.strip().split(" ")[0].lower()] = reason.strip()
    asked = set()
    for name in ("requirements.in", "requirements-dev.in"):
        lines = [line for line in (ROOT / name).read_text().splitlines() if line.strip() and not line.startswith(("-", "#"))]
        asked |= {re.match(r"[A-Za-z0-9._-]+", line)[0].lower() for line in lines}
    assert len(asked) > 30
    assert {package for package in asked if len(reasons.get(package, "")) < 10} == set()


def test_every_storey_and_room_is_drawn():
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    page = read(drawings.PAGE)
    drawing = next(block for block in re.findall(r"^```\n(.*?)^```", page, re.MULTILINE | re.DOTALL) if "flowlet.core" in block)
    drawn = [[name for name in re.split(r"[ |]+", re.split(r" {3,}", line)[0]) if name] for line in drawing.splitlines()]
    storeys = [re.split(r"\s*[|:]\s*", line) for line in parser["importlinter:contract:storeys"]["layers"].strip().split("\n")]
    assert drawn == storeys
    rooms = re.findall(r"\w+", parser["importlinter:contract:rooms"]["layers"])
    assert [room for room in rooms if not re.search(rf"^.*\b{room}\b", page, re.MULTILINE)] == []


def test_state_machines_are_drawn_as_they_are():
    assert len(list(drawings.tables())) >= 9
    assert drawings.drawn(read(drawings.PAGE)) == drawings.section(), "run: python -m flowlet.site.tests.drawings"


def test_the_schedule_is_told_as_it_is():
    rows = re.findall(r"^\| `([\w.-]+)` \| (\d+) (s|h) \| (\w+) \|", read(drawings.PAGE), re.MULTILINE)
    told = {name: (int(number) * {"s": 1, "h": 3600}[unit], queue) for name, number, unit, queue in rows}
    assert told == {name: (entry["schedule"], queue_of(entry)) for name, entry in celery.schedule().items()}


def queue_of(entry):
    if "queue" in entry.get("options", {}):
        return entry["options"]["queue"]
    return celery.app.amqp.router.route({}, entry["task"])["queue"].name


def test_a_transfer_takes_the_statements_that_the_page_shows(world):
    transfer = next(operation for operation in operations() if str(operation) == "POST /v1/transfers")
    ask(world.live, next(operation for operation in operations() if str(operation) == "GET /v1/transfers"))  # notes the key's use
    transfer.path(world.live)
    world.live.real(transfer.endpoint.body_example)
    with CaptureQueriesContext(connection) as captured:
        assert ask(world.live, transfer).status_code == 201
    made = [found for query in captured.captured_queries if (found := essence(query["sql"]))]
    told = re.findall(r"^\| \d+ \| `([^`]+)` \|", read(drawings.PAGE), re.MULTILINE)
    assert made == told


def essence(sql):
    """Verb and first table or function; nothing for what only frames a transaction."""
    text = " ".join(sql.split())
    if text.startswith(("SAVEPOINT", "RELEASE")):
        return ""
    if insert := re.match(r"INSERT INTO (\w+)", text):
        return f"INSERT {insert[1]}"
    read_from = re.match(r"SELECT (?:\* FROM )?(\w+)\(", text) or re.search(r" FROM (\w+)", text)
    return f"SELECT {read_from[1]}"


def test_tests_that_pages_name_exist():
    named = [found for page in PAGES for found in re.findall(r"`([\w/]+\.py)::(test_\w+)`", read(page))]
    assert len(named) > 80
    lacking = []
    for name, function in named:
        path = ROOT / name
        defined = path.exists() and {node.name for node in ast.walk(ast.parse(read(path))) if isinstance(node, ast.FunctionDef)}
        if not defined or function not in defined:
            lacking.append(f"{name}::{function}")
    assert lacking == []


def test_the_guard_triggers_are_told_of():
    page = read(drawings.PAGE)
    guards = read(ROOT / "ledger" / "migrations" / "guards.sql")
    names = re.findall(r"CREATE (?:OR REPLACE )?TRIGGER (\w+)", guards)
    assert len(names) == 4
    assert [name for name in names if f"`{name}`" not in page] == []


def test_the_numbered_advisory_locks_are_told_of():
    code = "".join(read(path) for ending in ("py", "sql") for path in ROOT.glob(f"*/**/*.{ending}") if ".venv" not in str(path))
    numbers = set(re.findall(r"advisory_xact_lock(?:_shared)?\((\d{4}),", code))
    assert len(numbers) >= 5
    assert numbers == set(re.findall(r"^\| \((\d{4}), ", read(drawings.PAGE), re.MULTILINE))


def test_every_benchmark_is_listed():
    ours = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if '__name__ == "__main__"' in read(path)}
    assert len(ours) >= 4
    assert ours == set(re.findall(r"^\| `python -m benchmarks\.(\w+)", read(ROOT / "benchmarks" / "README.md"), re.MULTILINE))
