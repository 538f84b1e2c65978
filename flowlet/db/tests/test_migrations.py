"""Migrations are complete: none is missing, no SQL file is forgotten."""

import importlib.util
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

FOLDERS = [path for pattern in ("*/migrations", "flowlet/*/migrations") for path in settings.BASE_DIR.glob(pattern)]


@pytest.mark.django_db
def test_models_and_migrations_agree(capsys):
    call_command("makemigrations", check=True, dry_run=True)


def test_every_sql_file_belongs_to_a_migration(monkeypatch):
    read = []
    original = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda self, *args, **kwargs: read.append(self) or original(self, *args, **kwargs))
    for folder in FOLDERS:
        for migration in folder.glob("0*.py"):
            spec = importlib.util.spec_from_file_location(f"reread_{folder.parent.name}_{migration.stem}", migration)
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
    files = {path for folder in FOLDERS for path in folder.glob("*.sql")}
    assert files
    assert files - set(read) == set()
