"""The page in a real browser: search, folding, and nothing that leaves it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from emr_eks.review import reporting, risks
from emr_eks.review.compare import compare
from emr_eks.review.formats import html
from emr_eks.review.model import App

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def page(default_app: App, synthesised: Any, draft: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Open the review of a removed zone and an added team; ends by asserting that the page was quiet."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on the PATH")

    def edit(changed: Any) -> None:
        changed.platform["vpc"]["availability_zones"] = ["us-east-1a", "us-east-1b"]
        changed.platform["teams"]["etl"] = {}

    comparison = compare(default_app, synthesised(draft.default().edited(edit)))
    report = reporting.report(comparison, risks.find(comparison), (), mode="offline", base="main", head="HEAD")
    file = tmp_path_factory.mktemp("page") / "review.html"
    file.write_text(html.write(report), "utf-8")
    noise: list[str] = []
    with sync_playwright() as playwright:
        # Its sandbox needs what root and many containers do not give.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        opened = playwright.chromium.launch(executable_path=browser, args=options).new_page()
        opened.on("console", lambda message: noise.append(message.text))
        opened.on("pageerror", lambda error: noise.append(str(error)))
        opened.on("request", lambda request: noise.append(request.url) if request.url != file.as_uri() else None)
        opened.goto(file.as_uri())
        yield opened
    # The icon is part of the page.
    assert [each for each in noise if not each.startswith("data:")] == []


def shown(page: Page) -> list[str]:
    """Return the texts, folded parts included, of the risks and changes that can be seen."""
    return [each.text_content() or "" for each in page.locator("[data-find]").all() if each.is_visible()]


def test_search_leaves_what_has_all_its_words(page: Page) -> None:
    whole = shown(page)
    page.fill("#search", "team etl")
    found = shown(page)
    assert 0 < len(found) < len(whole)
    assert all("etl" in text.lower() for text in found)
    assert not page.locator("#nothing").is_visible()
    page.fill("#search", "no such thing")
    assert shown(page) == []
    assert page.locator("#nothing").is_visible()
    page.fill("#search", "")
    assert shown(page) == whole


def test_everything_unfolds_and_folds(page: Page) -> None:
    button, details = page.locator("#fold"), page.locator("details")
    button.click()
    assert page.locator("details[open]").count() == details.count() > 0
    assert button.inner_text() == "Fold all"
    button.click()
    assert page.locator("details[open]").count() == 0


def test_the_picture_fits_a_wide_screen_and_leads_to_the_stacks(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    picture = page.locator("#picture")
    assert picture.evaluate("node => node.scrollWidth <= node.clientWidth")
    stacks = [each.inner_text() for each in picture.locator("h3").all()]
    assert [name.rpartition("-")[2] for name in stacks] == ["network", "cluster", "addons", "node_pools", "teams"]
    picture.locator("a").first.click()
    assert page.url.endswith("#stack-1")
