"""The partner's pages: complete, and nothing on them from outside."""

import ast
import re
from pathlib import Path

import orjson
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles import finders

from flowlet.api import catalogue, problems
from flowlet.api.serializers import StrictSerializer

PAGES = ["/", "/docs/", "/docs/guide", "/docs/errors", "/docs/reference"]
OWN = [Path(config.path) for config in apps.get_app_configs() if Path(config.path).is_relative_to(settings.BASE_DIR)]


@pytest.mark.parametrize("address", PAGES)
def test_pages_load_nothing_from_outside_and_have_no_inline_script(client, address):
    response = client.get(address)
    html = response.content.decode()
    assert response.status_code == 200
    for source in re.findall(r'(?:src|href)="([^"]+)"', html):
        if not source.startswith("#") and "/static/" in source:
            assert finders.find(source.removeprefix(settings.STATIC_URL)), source
    assert not re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(?:https?:)?//', html)
    assert not re.findall(r"<script(?![^>]*\bsrc=)", html)
    assert not re.findall(r"\son\w+=|\sstyle=", html)
    assert (
        "script-src 'self'" in response["Content-Security-Policy"] or "default-src 'self'" in response["Content-Security-Policy"]
    )
    assert "unsafe-" not in response["Content-Security-Policy"]


def test_the_guide_is_rendered_with_anchors_and_our_own_address(client, settings):
    html = client.get("/docs/guide").content.decode()
    for anchor in ("your-first-transfer", "idempotency", "errors", "lists", "rate-limits"):
        assert f'id="{anchor}"' in html and f'href="#{anchor}"' in html
    assert f"FLOWLET={settings.BASE_URL}" in html


def test_only_reading_is_answered(client):
    for address in [*PAGES, "/docs/openapi.json"]:
        assert client.post(address).status_code == 405


def test_the_document_is_served_with_a_tag(client):
    response = client.get("/docs/openapi.json")
    assert orjson.loads(response.content)["openapi"] == "3.1.0"
    assert client.get("/docs/openapi.json", headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_every_code_has_its_anchor_and_doc_url_leads_there(client):
    html = client.get("/docs/errors").content.decode()
    for code in [*catalogue.by_code(), *catalogue.FIELD_CODES]:
        assert f'id="{code}"' in html
        assert problems.doc_url(code) == f"{settings.BASE_URL}/docs/errors#{code}"
    for entry in catalogue.by_code().values():
        assert entry.explanation.endswith("."), entry


def _declared_codes():
    """(file, code) of every error class in our sources, found without importing them."""
    for folder in OWN:
        for file in folder.rglob("*.py"):
            if "tests" in file.parts or "migrations" in file.parts:
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and node.bases:
                    yield from ((file, code) for code in _codes_of(node))


def _codes_of(node):
    for statement in node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        for target in targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = (
                statement.value.elts
                if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple)
                else [statement.value]
            )
            for name, value in zip(names, values, strict=False):
                dotted = (
                    isinstance(value, ast.Constant)
                    and isinstance(value.value, str)
                    and re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", value.value)
                )
                if isinstance(name, ast.Name) and name.id == "code" and dotted:
                    yield value.value


def test_every_code_that_a_class_declares_is_in_the_catalogue():
    declared = list(_declared_codes())
    assert len(declared) > 40
    missing = {(str(file.relative_to(settings.BASE_DIR)), code) for file, code in declared if code not in catalogue.by_code()}
    assert missing == set()


def test_every_field_code_that_a_serializer_can_give_is_in_the_catalogue():
    def serializers(base):
        for child in base.__subclasses__():
            yield child
            yield from serializers(child)

    given = set()
    for serializer in serializers(StrictSerializer):
        for field in serializer().fields.values():
            given |= {code for code in field.error_messages if "." not in code}
    assert {f"field.{code}" for code in given} - set(catalogue.FIELD_CODES) == set()
