"""A list of a database in which there is nothing yet."""

from accounts.choices import Role
from accounts.models import User
from flowlet.backoffice import cells
from flowlet.backoffice.testing import signed_in
from payments.models import InboundItem


def test_an_empty_list_says_so_in_words_and_offers_nothing_to_create(db):
    user = User.objects.create_user("ops@flowlet.test", name="Ops", is_staff=True, roles=[Role.OPERATIONS])
    client, url = signed_in(user), cells.admin_url(InboundItem, "changelist")
    plain = client.get(url).content.decode()
    assert "There are no items of banks&#x27; files to show." in plain
    assert "Create a new item" not in plain
    narrowed = client.get(url, {"work": "HANDLED"}).content.decode()
    assert "Nothing agrees with what you are looking for." in narrowed and 'href="?"' in narrowed
