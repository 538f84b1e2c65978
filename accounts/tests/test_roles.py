"""Who may do what."""

from types import SimpleNamespace

import pytest

from accounts import roles
from accounts.choices import Role


def person(*held, is_active=True):
    return SimpleNamespace(roles=list(held), is_active=is_active)


MATRIX = {
    "accounts.reveal_personal_data": {Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER, Role.FRAUD_ANALYST},
    "accounts.revoke_authentication_factor": {Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER, Role.FRAUD_ANALYST},
    "accounts.manage_users": {Role.ADMINISTRATOR},
    "accounts.manage_api_keys": {Role.ADMINISTRATOR},
    "accounts.approve_partner_activation": {Role.COMPLIANCE_MANAGER, Role.ADMINISTRATOR},
    "accounts.set_kyc_tier": {Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER},
    "ledger.post_manual_journal": {Role.OPERATIONS, Role.FINANCE},
    "ledger.approve_manual_journal": {Role.FINANCE},
    "ledger.close_period": {Role.FINANCE},
    "ledger.approve_write_off": {Role.FINANCE},
    "ledger.request_write_off": {Role.OPERATIONS, Role.FINANCE},
    "ledger.reconcile": {Role.OPERATIONS, Role.FINANCE},
    "wallets.freeze_wallet": {Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER, Role.FRAUD_ANALYST},
    "wallets.approve_limit_change": {Role.COMPLIANCE_MANAGER, Role.FINANCE},
    "ledger.view_journal": set(Role) - {Role.PARTNER_DEVELOPER, Role.ADMINISTRATOR},
    "accounts.view_customer": set(Role) - {Role.PARTNER_DEVELOPER},
    "ledger.change_journal": set(),
    "accounts.delete_customer": set(),
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", MATRIX)
def test_a_role_grants_what_the_matrix_says_and_nothing_else(permission, role):
    assert roles.has_permission(person(role), permission) is (role in MATRIX[permission])


def test_every_granted_right_is_in_the_catalogue():
    named = {right for granted in roles.GRANTS.values() for right in granted if not right.endswith(".view_*")}
    assert named <= set(roles.PERMISSIONS)


def test_every_right_in_the_catalogue_is_granted_to_somebody():
    assert [right for right in roles.PERMISSIONS if not roles.roles_with(right)] == []


def test_every_role_has_a_line_of_its_own():
    assert set(roles.GRANTS) == set(Role)


def test_what_can_be_made_can_be_checked_by_somebody_else():
    for maker, checker in [
        ("ledger.post_manual_journal", "ledger.approve_manual_journal"),
        ("ledger.request_write_off", "ledger.approve_write_off"),
        ("wallets.request_limit_change", "wallets.approve_limit_change"),
        ("accounts.request_partner_activation", "accounts.approve_partner_activation"),
    ]:
        assert set(roles.roles_with(maker)) and set(roles.roles_with(checker))
        assert set(roles.roles_with(maker)) != set(roles.roles_with(checker))


def test_two_roles_grant_what_either_grants():
    both = person(Role.FINANCE, Role.FRAUD_ANALYST)
    assert roles.has_permission(both, "ledger.close_period")
    assert roles.has_permission(both, "wallets.freeze_wallet")
    assert not roles.has_permission(both, "accounts.manage_users")


@pytest.mark.parametrize(
    "nobody", [person(Role.ADMINISTRATOR, is_active=False), person(), person("A_ROLE_OF_YORE"), SimpleNamespace(is_active=False)]
)
def test_somebody_inactive_or_without_a_known_role_may_do_nothing(nobody):
    assert roles.permissions_of(nobody) == frozenset()
    assert not roles.has_permission(nobody, "accounts.view_customer")
    assert not roles.has_any_permission(nobody, "accounts")


def test_an_administrator_moves_no_money_and_sees_no_personal_data():
    granted = roles.permissions_of(person(Role.ADMINISTRATOR))
    assert "accounts.reveal_personal_data" not in granted
    assert [right for right in granted if right.startswith(("ledger.", "wallets."))] == []


def test_a_pattern_grants_only_looking():
    assert roles.has_permission(person(Role.AUDITOR), "wallets.view_anything_new")
    assert not roles.has_permission(person(Role.AUDITOR), "wallets.change_wallet")
    assert not roles.has_permission(person(Role.AUDITOR), "weather.view_cloud")
