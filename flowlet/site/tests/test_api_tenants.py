"""Nobody sees or touches another tenant's things: a matrix over every route with an id, for a stranger and for the own sibling."""

import pytest
from django.db import connection

from accounts.choices import Scope
from accounts.services import api_keys
from flowlet.api.testing import SEEDS
from flowlet.core import actors, clock
from flowlet.site.tests.api_world import ask, operations

OPERATIONS = operations()


def mentions_ids(value):
    """Whether an example id stands in the value."""
    if isinstance(value, dict):
        return any(mentions_ids(item) for item in value.values())
    if isinstance(value, list):
        return any(mentions_ids(item) for item in value)
    return isinstance(value, str) and value in SEEDS


def rows():
    """How many rows each table has, so that nothing can be written unseen."""
    with connection.cursor() as cursor:
        tables = sorted(
            name for name in connection.introspection.table_names(cursor) if not name.startswith(("django_", "auth_"))
        )
        cursor.execute(" UNION ALL ".join(f'SELECT count(*) FROM "{name}"' for name in tables))  # noqa: S608
        return dict(zip(tables, (row[0] for row in cursor.fetchall()), strict=True))


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.view.path_ids], ids=str)
def test_an_id_in_the_path_is_404_to_everybody_else(world, operation):
    owner = world.owner_of(operation)
    for other in world.others_than(owner):
        if operation.view.required_scopes[operation.method] == Scope.SIMULATION_WRITE and other.mode == "LIVE":
            continue  # refused for its scope before anything is looked up
        owner.forget_fresh()
        operation.path(owner)
        owner.real(operation.endpoint.body_example)
        before = rows()
        response = ask(other, operation, of=owner)
        assert (response.status_code, response.json()["status"]) == (404, 404), response.content
        assert rows() == before


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if mentions_ids(each.endpoint.body_example)], ids=str)
def test_an_id_in_the_body_is_404_to_everybody_else(world, operation):
    owner = world.owner_of(operation)
    for other in world.others_than(owner):
        if operation.view.required_scopes[operation.method] == Scope.SIMULATION_WRITE and other.mode == "LIVE":
            continue
        owner.forget_fresh()
        operation.path(owner)
        owner.real(operation.endpoint.body_example)
        before = rows()
        response = ask(other, operation, of=owner)
        if response.status_code == 200 and "results" in response.json():  # a batch: each item is refused on its own
            assert {each["refusal"]["code"] for each in response.json()["results"]} == {"wallets.wallet_not_found"}
            before["flowlet_api_idempotencyrecord"] += 1
        else:
            assert response.status_code == 404, response.content
        assert rows() == before


def test_only_the_own_key_is_read_without_a_scope():
    assert [str(each) for each in OPERATIONS if not each.view.required_scopes[each.method]] == ["GET /v1/me"]


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.view.required_scopes[each.method]], ids=str)
def test_each_operation_wants_its_scope_and_no_other(world, operation):
    owner = world.owner_of(operation)
    wanted = operation.view.required_scopes[operation.method]
    assert wanted in Scope.values
    others = [
        scope for scope in Scope.values if scope != wanted and (owner.mode == "SANDBOX" or scope not in api_keys.SANDBOX_ONLY)
    ]
    issued = api_keys.issue(
        partner_id=owner.partner_id, name="all but one", scopes=others, actor=actors.system("tests"), at=clock.now()
    )
    operation.path(owner)
    owner.real(operation.endpoint.body_example)
    owner.real(dict(operation.endpoint.query_example or {}))
    key, owner.key = owner.key, issued.secret
    before = rows()
    response = ask(owner, operation)
    owner.key = key
    assert (response.status_code, response.json()["code"]) == (403, "auth.missing_scope")
    assert response.json()["details"] == {"scope": wanted}
    assert rows() == before
