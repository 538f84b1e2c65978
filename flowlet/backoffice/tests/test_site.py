"""The site in use is ours, and nobody gets in without a second factor."""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse

from flowlet.backoffice import site
from flowlet.backoffice.sites import BackOffice
from flowlet.backoffice.testing import signed_in


def test_the_site_at_admin_is_ours():
    assert type(site) is BackOffice
    assert resolve("/admin/").func.admin_site is site
    assert reverse("admin:index") == "/admin/"
    assert reverse("admin:login_code") == "/admin/login/code/"


def test_the_theme_did_not_replace_djangos_default_site_by_its_own():
    assert type(admin.site._wrapped if hasattr(admin.site, "_wrapped") else admin.site).__module__ != "unfold.sites"
    assert site is not admin.site


def test_no_page_makes_the_themes_list_of_everything(person, request_by, monkeypatch, pages):
    made, approval = [], request_by(person("OPERATIONS"))
    monkeypatch.setattr(BackOffice, "_build_app_dict", lambda *given: made.append(given) or {})
    client = signed_in(person("AUDITOR"))
    for url in (
        "/admin/",
        "/admin/flowlet_approvals/approval/",
        f"/admin/flowlet_approvals/approval/{approval.public_id}/change/",
    ):
        assert client.get(url).status_code == 200
    assert made == []
    assert list(site.get_app_list(client)) == [] and len(made) == 1, "who looks into it has it made"


def test_no_page_adds_or_deletes_in_the_stock_way(pages):
    for name in ("add", "delete"):
        with pytest.raises(NoReverseMatch):
            reverse(f"admin:flowlet_approvals_approval_{name}", args=[] if name == "add" else ["x"])


def test_a_stranger_is_sent_to_the_sign_in_page(db):
    answer = Client().get("/admin/?x=1")
    assert answer.status_code == 302
    assert answer["Location"] == "/admin/login/?next=/admin/%3Fx%3D1"


def test_a_password_alone_opens_nothing(person, request_by, pages):
    user = person("AUDITOR")
    approval = request_by(person("OPERATIONS"))
    client = signed_in(user, verified=False)
    for url in (
        "/admin/",
        "/admin/find/?q=x",
        "/admin/search/?s=x",
        "/admin/flowlet_approvals/approval/",
        f"/admin/flowlet_approvals/approval/{approval.public_id}/change/",
        f"/admin/flowlet_approvals/approval/{approval.public_id}/do/reject/",
        "/admin/password_change/",
    ):
        answer = client.get(url)
        assert answer.status_code == 302, url
        assert answer["Location"].startswith("/admin/login/"), url


def test_somebody_who_is_not_staff_gets_nowhere_even_with_a_code(person):
    user = person("AUDITOR")
    client = signed_in(user)
    assert client.get("/admin/").status_code == 200
    user.is_staff = False
    user.save()
    assert client.get("/admin/").status_code == 302


def test_pages_allow_no_foreign_source_and_carry_no_inline_script(person, request_by, pages):
    approval = request_by(person("OPERATIONS"))
    client = signed_in(person("COMPLIANCE_MANAGER"))
    for url in (
        "/admin/",
        "/admin/flowlet_approvals/approval/",
        f"/admin/flowlet_approvals/approval/{approval.public_id}/change/",
    ):
        answer = client.get(url)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self' 'unsafe-eval'" in policy
        assert "http" not in policy
        html = answer.content.decode()
        assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
        assert re.findall(r"\son(?:click|load|change|submit)=", html) == []
        assert re.findall(r'(?:src|href)="(?:https?:)?//', html) == []


def test_the_menu_shows_what_the_role_may_open_grouped_by_job(person, pages):
    def menu(client):
        return [
            (group["title"], [item["title"] for item in group["items"]])
            for group in client.get("/admin/").context["sidebar_navigation"]
        ]

    assert menu(signed_in(person("AUDITOR"))) == [("", ["Home"]), ("Work", ["Approvals"]), ("Evidence", ["Audit records"])]
    assert menu(signed_in(person("FINANCE"))) == [("", ["Home"]), ("Work", ["Approvals"])]


def test_an_app_has_no_page_of_tables(person, pages):
    answer = signed_in(person("AUDITOR")).get("/admin/flowlet_approvals/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_finding_a_public_id_leads_to_its_page(person, request_by):
    approval = request_by(person("OPERATIONS"))
    client = signed_in(person("AUDITOR"))
    page = f"/admin/flowlet_approvals/approval/{approval.public_id}/change/"
    assert client.get("/admin/find/", {"q": approval.public_id})["Location"] == page
    assert page in client.get("/admin/search/", {"s": approval.public_id, "extended": "1"}).content.decode()
    found = client.get("/admin/find/", {"q": "wal_1"})
    assert found.context["found"] == [("Approvals", [(page, approval.public_id)])]


def test_finding_keeps_within_ones_permissions(person, request_by):
    approval = request_by(person("OPERATIONS"))
    client = signed_in(person("PARTNER_DEVELOPER"))
    answer = client.get("/admin/find/", {"q": approval.public_id})
    assert answer.status_code == 200
    assert answer.context["found"] == []
    assert client.get(f"/admin/flowlet_approvals/approval/{approval.public_id}/change/").status_code == 403
