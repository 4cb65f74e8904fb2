"""A real stack for the end-to-end tests: the one that is up (`tfbench test` starts one), reached from outside."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tfbench.platforms.engine import require_engine
from tfbench.platforms.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def stack() -> Stack:
    stack = Stack(require_engine(), ROOT)
    if not stack.all_containers():
        pytest.fail("no TicketFlow is running; start one with `tfbench up`, or use `tfbench test e2e`")
    return stack


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
