"""Every page of the back office: who may open it, how it is declared, what it costs. Pages that are registered later are covered too."""

import re
from copy import deepcopy
from typing import Any

import pytest
from django.contrib.admin.filters import AllValuesFieldListFilter, RelatedFieldListFilter, RelatedOnlyFieldListFilter
from django.db import models
from django.db.models import QuerySet
from django.test import Client, RequestFactory

from accounts import roles
from accounts.choices import Role
from accounts.models import User
from compliance.events import WRITTEN_READ
from flowlet.audit.models import Record
from flowlet.backoffice import cells, permissions, site
from flowlet.backoffice.admins import ReadOnlyAdmin
from flowlet.backoffice.listing import Order
from flowlet.backoffice.panels import Revealable
from flowlet.backoffice.sites import SECTIONS
from flowlet.backoffice.testing import at_most, signed_in
from flowlet.events.models import Event
from flowlet.site.api import events
from flowlet.site.tests import office_world

PAGES = sorted(site._registry.items(), key=lambda pair: pair[0]._meta.label)
every_page = pytest.mark.parametrize(("model", "admin"), PAGES, ids=[model._meta.label for model, _ in PAGES])
STAFF_ROLES = [role for role in Role.values if role != Role.PARTNER_DEVELOPER]
# What the small world says of people: names, numbers of accounts, what an officer wrote.
PEOPLE = re.compile(r"Lovelace|Hopper|ada@example|DE89370400440532013000|000987654321|4111222\d{3}|Asked for the invoice")
# Models that the small world has no row of: these only come to be after a commit.
WITHOUT_A_ROW = {"flowlet_audit.Block", "flowlet_events.Delivery", "ledger.SealBlock"}


@pytest.fixture(scope="module")
def built(for_the_module: None) -> office_world.World:
    """Built once: no test of this module finds an empty database, and each one's changes are rolled back to this."""
    return office_world.build()


@pytest.fixture
def world(built: office_world.World, db: None) -> office_world.World:
    return deepcopy(built)


def looks(user: User, row: models.Model) -> QuerySet[Record]:
    """What the audit says that the person did with the row."""
    return Record.objects.filter(actor_id=user.public_id, target=str(getattr(row, "public_id", row.pk)))


def list_url(model: type[models.Model]) -> str:
    return cells.admin_url(model, "changelist")


def row_of(admin: Any, user: User) -> models.Model | None:
    request = RequestFactory().get("/admin/")
    request.user = user
    return admin.get_queryset(request).order_by("pk").first()


def granted(role: str, permission: str) -> bool:
    """Read from the page of roles, not from the code under test."""
    app, _, verb = permission.partition(".")
    return permission in roles.GRANTS[role] or (verb.startswith("view_") and f"{app}.view_*" in roles.GRANTS[role])


def test_there_are_pages():
    assert len(PAGES) >= 4


@every_page
def test_a_page_opens_for_the_roles_it_is_meant_for_and_is_403_for_the_others(world, model, admin):
    opened = set()
    for role in Role.values:
        client = signed_in(world.staff[role])
        expected = 200 if granted(role, admin.permission) else 403
        listed = client.get(list_url(model))
        assert listed.status_code == expected, f"list, {role}"
        assert PEOPLE.findall(listed.content.decode()) == [], "a list names nobody"
        row = row_of(admin, world.staff[role])
        if row is not None:
            shown = client.get(cells.admin_url(row))
            assert shown.status_code == expected, f"row, {role}"
            if found := PEOPLE.findall(shown.content.decode()):
                assert looks(world.staff[role], row).filter(action=WRITTEN_READ).exists(), (
                    f"{role} saw {found[0]}, and nobody knows"
                )
        opened |= {role} if expected == 200 else set()
    assert opened, "a page that nobody may open"
    assert Role.PARTNER_DEVELOPER not in opened


@every_page
def test_a_transitions_form_opens_for_the_roles_that_hold_its_permission(world, model, admin):
    for role in Role.values:
        client = signed_in(world.staff[role])
        request = RequestFactory().get("/admin/")
        request.user = world.staff[role]
        row = row_of(admin, world.staff[role])
        for transition in admin.transitions:
            plain = type(transition).shown_to is type(transition).__mro__[-2].shown_to
            may = granted(role, transition.permission) if plain else transition.shown_to(request)
            expected = 200 if may and granted(role, admin.permission) else 403
            if transition.scope == "list":
                answer = client.get(f"{list_url(model)}do/{transition.name}/")
            elif row is not None:
                answer = client.get(f"{cells.admin_url(row).removesuffix('change/')}do/{transition.name}/")
            else:
                continue
            assert answer.status_code == expected, f"{transition.name}, {role}"


@every_page
def test_personal_data_opens_only_for_those_who_may_reveal(world, model, admin):
    row = row_of(admin, world.staff[Role.AUDITOR])
    request = RequestFactory().get("/admin/")
    request.user = world.staff[Role.AUDITOR]
    found = [
        panel for panel in (admin.panels_for(request, row) if row is not None else admin.panels) if isinstance(panel, Revealable)
    ]
    if not found:
        pytest.skip("shows no personal data")
    assert row is not None, f"put a {model._meta.label} into office_world"
    for panel in found:
        for role in Role.values:
            url = f"{cells.admin_url(row).removesuffix('change/')}reveal/{panel.name}/"
            answer = signed_in(world.staff[role]).post(url, {"reason": "customer called about a payment"})
            may = granted(role, panel.reveal_permission) and granted(role, admin.permission)
            assert answer.status_code == (200 if may else 403), role
            assert looks(world.staff[role], row).filter(action=panel.action).exists() == may, role


@every_page
def test_no_page_opens_without_the_second_factor(world, model, admin):
    client = signed_in(world.staff[Role.AUDITOR], verified=False)
    row = row_of(admin, world.staff[Role.AUDITOR])
    for url in [list_url(model)] + ([cells.admin_url(row)] if row is not None else []):
        for visitor in (client, Client()):
            answer = visitor.get(url)
            assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/"), url


@every_page
def test_a_page_is_declared_as_pages_are(model, admin):
    assert isinstance(admin, ReadOnlyAdmin)
    assert admin.section in SECTIONS
    assert admin.list_per_page <= 50
    assert not admin.date_hierarchy
    assert not admin.list_editable
    assert admin.actions is None
    assert not admin.show_full_result_count
    Order(model, list(admin.ordering))
    rights = [
        admin.permission,
        *(found.permission for found in admin.transitions),
        *(p.permission for p in admin.panels if p.permission),
    ]
    for right in rights:
        assert right in roles.PERMISSIONS or re.fullmatch(r"\w+\.view_\w+", right), right
    keys = [found.key for found in admin.transitions if found.key and found.scope == "row"]
    for names in ([found.name for found in admin.transitions], [p.name for p in admin.panels if isinstance(p, Revealable)]):
        assert len(set(names)) == len(names)
    assert all(len(key) == 1 for key in keys)


@every_page
def test_search_asks_only_columns_that_have_an_index(model, admin):
    if type(admin).search is not ReadOnlyAdmin.search:
        pytest.skip("searches through a selector of its own")
    leading = {index.fields[0].lstrip("-") for index in model._meta.indexes if index.fields}
    leading |= {
        index.expressions[0].name for index in model._meta.indexes if index.expressions and hasattr(index.expressions[0], "name")
    }
    leading |= {names[0] for names in model._meta.unique_together}
    leading |= {
        found.fields[0] for found in model._meta.constraints if isinstance(found, models.UniqueConstraint) and found.fields
    }
    for name in admin.search_fields:
        field = model._meta.get_field(name.lstrip("^="))
        assert field.primary_key or field.unique or field.db_index or field.name in leading, name


@every_page
def test_filters_look_through_no_table(model, admin):
    for declared in admin.list_filter:
        if isinstance(declared, str):
            field = model._meta.get_field(declared)
            assert field.choices or isinstance(field, models.BooleanField), declared
        elif isinstance(declared, tuple):
            assert not issubclass(declared[1], AllValuesFieldListFilter | RelatedFieldListFilter | RelatedOnlyFieldListFilter)


@every_page
def test_lists_and_rows_keep_to_their_budgets(world, model, admin):
    allowed = [role for role in STAFF_ROLES if permissions.allows(world.staff[role], admin.permission)]
    client = signed_in(world.staff[allowed[0]])
    client.get(list_url(model))
    with at_most(admin.query_budget):
        assert client.get(list_url(model)).status_code == 200
    row = row_of(admin, world.staff[allowed[0]])
    if row is not None:
        with at_most(admin.page_budget):
            assert client.get(cells.admin_url(row)).status_code == 200


def test_every_page_has_a_row_in_the_small_world(world):
    missing = {model._meta.label for model, admin in PAGES if row_of(admin, world.staff[Role.AUDITOR]) is None}
    assert missing == WITHOUT_A_ROW, "make a row of each in office_world.build, or name the model in WITHOUT_A_ROW"


def test_whatever_reached_a_partner_is_an_event_of_the_api(world):
    """Everything of the back office was made by the real services, which published what they publish."""
    reached = set(Event.objects.exclude(partner_id=None).values_list("type", flat=True))
    assert len(reached) > 40
    assert reached - set(events.known_types()) == set()
