"""People who sign in."""

import pytest
from django.db import IntegrityError, transaction

from accounts.choices import Mode, Role
from accounts.models import Partner, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner():
    return Partner.objects.create(name="Acme", mode=Mode.SANDBOX, country="DE")


def test_django_asks_the_roles():
    user = User.objects.create_user("ada@example.com", "long enough", name="Ada", is_staff=True, roles=[Role.AUDITOR])
    assert user.has_perm("ledger.view_journal")
    assert user.has_perms(["ledger.view_journal", "ledger.export_reports"])
    assert not user.has_perms(["ledger.view_journal", "ledger.post_manual_journal"])
    assert user.has_module_perms("wallets")
    assert not user.has_module_perms("otp_totp")
    assert user.role_labels == "Auditor"
    assert "ledger.view_*" in user.get_all_permissions()


def test_an_address_is_one_login_however_it_is_capitalised():
    user = User.objects.create_user("Ada@Example.COM", "long enough", name="Ada")
    assert user.email == "ada@example.com"
    assert User.objects.get_by_natural_key("ADA@example.com") == user
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ada@EXAMPLE.com", name="Ada again")


def test_the_database_refuses_an_address_with_capitals():
    with pytest.raises(IntegrityError, match="user_email_is_lower_case"), transaction.atomic():
        User.objects.create(email="Ada@example.com", name="Ada")


def test_staff_belong_to_no_partner(partner):
    with pytest.raises(IntegrityError, match="staff_belong_to_no_partner"), transaction.atomic():
        User.objects.create_user("ada@example.com", name="Ada", is_staff=True, partner=partner)


def test_the_database_refuses_a_role_that_is_not_in_the_code():
    with pytest.raises(IntegrityError, match="user_roles_are_known"), transaction.atomic():
        User.objects.create_user("ada@example.com", name="Ada", roles=["EMPEROR"])
