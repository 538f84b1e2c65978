"""The pictures of ``docs/images`` of the compliance officer's screens, taken in a browser from a running demo.

``bin/up``, then ``python -m flowlet.site.tests.pictures http://localhost:8000 var/demo.json [name …]`` with the requirements of tests and a
Chromium. Light, 1280 wide, in few colours, so that each stays small.
"""

import io
import json
import shutil
import sys
import time
from base64 import b32decode
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from django_otp.oath import totp
from PIL import Image
from playwright.sync_api import Page, sync_playwright

CHROMIUM: Final = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
FOLDER: Final = Path(__file__).resolve().parents[3] / "docs" / "images"
WIDE, HIGH, LARGEST = 1280, 900, 150_000
OFFICER, OPERATIONS = "compliance@", "operations@"
Steps = Callable[[Page], None]


def first(place: str, text: str = "") -> Steps:
    """The page of the first row, or of the first that says so."""

    def go(page: Page) -> None:
        page.goto(f"/admin/{place}")
        rows = page.locator("#result_list tr.data-row, #result_list tbody tr")
        page.goto((rows.filter(has_text=text) if text else rows).first.locator("a[href*='/change/']").first.get_attribute("href"))

    return go


def listed(place: str) -> Steps:
    """A list."""
    return lambda page: page.goto(f"/admin/{place}") and None


def revealed(page: Page) -> None:
    """The verification with papers, opened with a reason and shown from its documents on."""
    first("compliance/verification/", "Enhanced")(page)
    page.keyboard.press("r")
    page.fill("dialog[open] textarea, section textarea:visible", "to decide about it")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-do=turn]")
    page.locator("section:has([data-do=turn])").evaluate("one => window.scrollTo(0, one.offsetTop - 70)")


def tried(page: Page) -> None:
    """A rule tried on the last month, once its worker is done."""
    first("flowlet_rules/ruleversion/?state=LIVE", "Structuring")(page)
    page.keyboard.press("b")
    page.click("dialog[open] button[type=submit]")
    page.wait_for_load_state()
    page.goto(page.locator("a[href*='/ruletrial/']").first.get_attribute("href"))
    page.wait_for_selector("section[aria-label=Found] dd")


def workbench(page: Page) -> None:
    """Statement and books beside each other."""
    first("ledger/bankaccount/", "Sandbox bank, USD")(page)  # its business day with the bank leaves something open
    page.locator("a[href*=workbench]").first.click()


PICTURES: Final[dict[str, tuple[str, Steps]]] = {
    "home": (OPERATIONS, listed("")),
    "payment": (OFFICER, first("payments/payment/?queue=review")),
    "alert-queue": (OFFICER, listed("compliance/alert/?queue=alerts")),
    "alert": (OFFICER, first("compliance/alert/?queue=alerts", "Structuring")),
    "report-queue": (OFFICER, listed("compliance/report/")),
    "verification": (OFFICER, revealed),
    "hit": (OFFICER, first("compliance/hit/")),
    "case": (OFFICER, first("compliance/case/")),
    "customer-risk": (OFFICER, first("compliance/customerrisk/?band__exact=HIGH")),
    "reviews": (OFFICER, listed("compliance/customerrisk/?queue=all&band__exact=HIGH")),
    "duties": (OFFICER, listed("compliance/duty/")),
    "duty": (OFFICER, first("compliance/duty/")),
    "backtest": (OFFICER, tried),
    "reconciliation": (OPERATIONS, workbench),
}
WHOLE: Final = {"alert"}  # down to its end: the guide speaks of all of it


def small(shot: bytes) -> bytes:
    """The picture in as many colours as it may have."""
    for colours in (128, 64, 32):
        out = io.BytesIO()
        Image.open(io.BytesIO(shot)).convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() < LARGEST:
            break
    return out.getvalue()


def sign_in(page: Page, person: dict[str, Any]) -> None:
    """With password and code; a code is good once."""
    secret = person["totp_secret"]
    page.goto("/admin/")
    page.fill("input[name=username]", person["email"])
    page.fill("input[name=password]", person["password"])
    page.keyboard.press("Enter")
    page.wait_for_selector("input[autocomplete=one-time-code]")
    page.fill("input[autocomplete=one-time-code]", f"{totp(b32decode(secret + '=' * (-len(secret) % 8))):06d}")
    page.keyboard.press("Enter")
    page.wait_for_selector("#header-inner, .fl-head, main")


def main(base: str, credentials: Path, names: list[str]) -> None:
    """Take those named, or all."""
    people = json.loads(credentials.read_text())["users"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for who in (OFFICER, OPERATIONS):
            wanted = [name for name, (role, _) in PICTURES.items() if role == who and (not names or name in names)]
            if not wanted:
                continue
            page = browser.new_context(base_url=base, viewport={"width": WIDE, "height": HIGH}, color_scheme="light").new_page()
            sign_in(page, next(one for one in people if one["email"].startswith(who)))
            for name in wanted:
                PICTURES[name][1](page)
                page.wait_for_selector("html:not([x-cloak])")
                time.sleep(0.5)  # what moves has come to rest
                content = small(page.screenshot(full_page=name in WHOLE))
                (FOLDER / f"{name}.png").write_bytes(content)
                sys.stdout.write(f"{name}: {len(content):,} bytes\n")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
