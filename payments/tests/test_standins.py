"""What makes the stand-ins worth something: they know nothing of the product."""

import ast
from pathlib import Path

STANDINS = Path(__file__).parent / "standins"
OWN = ("flowlet", "accounts", "ledger", "wallets", "payments", "django")


def test_stand_ins_import_nothing_of_the_product_and_no_sdk():
    files = sorted(STANDINS.glob("*.py"))
    assert len(files) > 3
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                ours = name.split(".")[0] in OWN and not name.startswith("payments.tests.standins")
                assert not ours and name.split(".")[0] not in ("stripe", "plaid"), f"{file.name} imports {name}"
