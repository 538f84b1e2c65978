"""Lists in a real browser: on a screen of 1440 by 900 nobody has to scroll sideways to read a row.

Screenshots of each list, light and dark, go to ``FLOWLET_SCREENSHOTS`` when it names a folder.
"""

import os
from pathlib import Path

import pytest

from accounts.models import Partner, User
from accounts.services.staff import STAFF_ROLES
from flowlet.backoffice import cells, site
from flowlet.backoffice.testing import signed_in
from flowlet.backoffice.tests.test_browser import CHROMIUM, arrive, page
from flowlet.site.tests import office_world

__all__ = ["page"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]
SCREEN = {"width": 1440, "height": 900}
# How much wider than its place the table of results is, and its columns with their widths, for whoever has to repair it.
MEASURED = """() => {
    const table = document.querySelector("#result_list");
    if (!table) return null;
    let place = table.parentElement;
    while (!["auto", "scroll"].includes(getComputedStyle(place).overflowX) && place.parentElement) place = place.parentElement;
    const columns = [...table.querySelectorAll("thead th")].map(th => `${th.innerText.trim()} ${Math.round(th.offsetWidth)}`);
    return {beyond: place.scrollWidth - place.clientWidth, room: place.clientWidth, columns};
}"""


@pytest.fixture
def everything(page, live_server):
    """Somebody who may see every list, and a little of everything in them, with names as long as they are in life."""
    world = office_world.build()
    Partner.objects.update(name="Northwind Embedded Finance GmbH")
    user = User.objects.create_user("all@flowlet.test", name="Everything", is_staff=True, roles=list(STAFF_ROLES))
    page.set_viewport_size(SCREEN)
    client = signed_in(user)
    page.context.add_cookies(
        [{"name": name, "value": found.value, "url": live_server.url} for name, found in client.cookies.items()]
    )
    return world


def test_no_list_has_to_be_scrolled_sideways(everything, page, live_server):
    folder = os.environ.get("FLOWLET_SCREENSHOTS")
    too_wide, measured = [], 0
    for model in sorted(site._registry, key=lambda model: model._meta.label):
        page.goto(live_server.url + cells.admin_url(model, "changelist"))
        arrive(page)
        found = page.evaluate(MEASURED)
        if found is None:
            continue
        measured += 1
        if found["beyond"] > 0:
            too_wide.append(f"{model._meta.label}: {found['beyond']} px beyond {found['room']}: {', '.join(found['columns'])}")
        for scheme in ("light", "dark") if folder else ():
            page.evaluate("theme => localStorage.setItem('adminTheme', JSON.stringify(theme))", scheme)
            page.reload()
            arrive(page)
            page.screenshot(path=Path(folder) / f"list-{model._meta.label}-{scheme}.png")
    assert not too_wide, "\n".join(too_wide)
    assert measured > 30
    assert page.complaints == []
