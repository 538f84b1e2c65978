"""The house stands: imports and foreign keys look down, and production's settings pass Django's own checks."""

import configparser
import os
import re
import subprocess
import sys

import pytest
from django.apps import apps
from django.conf import settings

ROOT = settings.BASE_DIR
STRAY = {"utils", "util", "helpers", "helper", "common", "misc", "lib", "tools"}


def storeys():
    """From the roof down; apps in one storey are strangers to each other."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    lines = parser["importlinter:contract:storeys"]["layers"].split("\n")
    return [re.split(r"\s*[|:]\s*", line.strip()) for line in lines if line.strip()]


def storey_of(app_name):
    for number, names in enumerate(storeys()):
        if app_name in names:
            return number
    return None


def run(*command, **variables):
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **variables})


def test_every_app_of_ours_has_a_storey():
    ours = {
        config.name for config in apps.get_app_configs() if str(config.path).startswith(str(ROOT)) and ".venv" not in config.path
    }
    assert {name for name in ours if storey_of(name) is None} == set()
    assert len(ours) >= 10


def test_foreign_keys_point_down():
    """Import checkers miss string foreign keys. Only AUTH_USER_MODEL may be pointed at from anywhere."""
    upward, seen = [], 0
    for model in apps.get_models(include_auto_created=True):
        mine = storey_of(model._meta.app_config.name)
        if mine is None:
            continue
        for field in model._meta.get_fields(include_hidden=True):
            target = getattr(field, "remote_field", None) and field.remote_field.model
            if not field.concrete or not target or target._meta.label == settings.AUTH_USER_MODEL:
                continue
            seen += 1
            theirs = storey_of(target._meta.app_config.name)
            same_app = target._meta.app_config is model._meta.app_config
            if theirs is not None and not same_app and theirs <= mine:
                upward.append(f"{model._meta.label}.{field.name} -> {target._meta.label}")
    assert upward == []
    assert seen > 5


def test_imports_keep_the_contracts():
    done = run(sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 kept, 0 broken" in done.stdout


def test_no_module_is_without_a_subject():
    packages = [path.parent for path in ROOT.glob("*/__init__.py")]
    stray = [path for package in packages for path in package.rglob("*.py") if path.stem in STRAY or path.parent.name in STRAY]
    assert stray == []


def test_production_settings_pass_the_deployment_checks():
    done = run(sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **production())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    "variable",
    [
        "SECRET_KEY",
        "FLOWLET_ENCRYPTION_KEYS",
        "FLOWLET_BLIND_INDEX_KEY",
        "FLOWLET_API_KEY_PEPPER",
        "DATABASE_URL",
        "REDIS_URL",
        "FLOWLET_BASE_URL",
    ],
)
def test_a_missing_variable_stops_the_start_and_is_named(variable):
    done = run(sys.executable, "manage.py", "check", **(production() | {variable: ""}))
    assert done.returncode == 1
    assert done.stderr.startswith(f"{variable} is not set.")
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("FLOWLET_ENV", "development", "use production, demo or test"),
        ("SECRET_KEY", "short", "at least 50 random ones are needed"),
        ("DATABASE_URL", "sqlite:///flowlet.db", "must name a PostgreSQL database"),
        ("REDIS_URL", "amqp://localhost", "not an address of the form redis://host or rediss://host"),
        ("FLOWLET_BASE_URL", "http://flowlet.example.com", "not an address of the form https://host"),
        ("FLOWLET_LOG_JSON", "maybe", "neither true nor false"),
        ("FLOWLET_STATEMENT_TIMEOUT_MS", "30s", "not a whole number"),
        ("FLOWLET_ISO20022_SCHEMAS", "/nowhere/at/all", "not a folder"),
        ("FLOWLET_BSA_SCHEMAS", "/nowhere/at/all", "not a folder"),
        ("FLOWLET_ENCRYPTION_KEYS", "k1:MDEy", "a key has 3 bytes"),
        ("FLOWLET_API_KEY_PEPPER", "***", "not base64"),
    ],
)
def test_a_malformed_variable_stops_the_start_and_is_named(variable, value, complaint):
    done = run(sys.executable, "manage.py", "check", **(production() | {variable: value}))
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert variable in line
    assert complaint in line


def test_a_database_that_is_away_is_said_in_one_line():
    nowhere = {"DATABASE_URL": "postgres://flowlet_app:none@127.0.0.1:9/none"}
    done = run(sys.executable, "manage.py", "verify_ledger", **(production() | nowhere))
    assert done.returncode == 1
    assert done.stderr.startswith("The database does not answer")
    assert "Traceback" not in done.stderr


def test_production_cookies_and_transport_are_strict():
    names = ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"]
    names += ["SECURE_HSTS_SECONDS", "SESSION_COOKIE_AGE", "DEBUG"]
    code = f"from django.conf import settings; print([getattr(settings, name) for name in {names}])"
    done = run(sys.executable, "-c", code, DJANGO_SETTINGS_MODULE="flowlet.settings", **production())
    assert done.stdout.strip() == "['__Host-session', '__Host-csrf', True, True, True, 31536000, 28800, False]", done.stderr


def production():
    return {
        "FLOWLET_ENV": "production",
        "SECRET_KEY": "k7Wc2Zr9Qm4Xv8Tn1Lb6Ys3Hd5Gf0JpAeUiOoRtKyMwNqBzVxCsDlFhEgPjQkTr",
        "FLOWLET_ENCRYPTION_KEYS": "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        "FLOWLET_BLIND_INDEX_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDI=",
        "FLOWLET_API_KEY_PEPPER": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDM=",
        "ALLOWED_HOSTS": "flowlet.example.com",
        "FLOWLET_BASE_URL": "https://flowlet.example.com",
        "FLOWLET_TRUSTED_PROXIES": "1",
    }
