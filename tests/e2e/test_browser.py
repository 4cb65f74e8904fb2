"""Test 1 of the design, by hand: a person buys in a real browser while App 2 is dead."""

import time

import pypdfium2
import requests
from playwright.sync_api import Browser, Page
from tfbench.platforms.servers import HOST
from tfbench.platforms.stack import Stack

DEADLINE_S = 60


def buy(page: Page, portal: str, correo: str) -> str:
    """Buy the first two free seats of the first event; returns the address of the order's page."""
    page.goto(portal)
    page.locator("a[href^='/eventos/']").first.click()
    page.locator("a[href*='/mapa']").first.click()
    seats = page.locator("label:has(input[name=asiento]:not([disabled]))")
    for index in (0, 1):
        seats.nth(index).click()
    page.locator("form[action='/retenciones'] button").click()
    page.fill("input[name=nombre]", "Ana Pérez")
    page.fill("input[name=rut]", "12.345.678-5")
    page.fill("input[name=correo]", correo)
    page.locator("form[action='/compras'] button").click()
    return page.url


def ticket_state(page: Page, order: str) -> str | None:
    page.goto(order.split("?")[0])
    return page.locator("article[data-orden-id]").get_attribute("data-ticket-estado")


def test_a_purchase_while_app2_is_dead_reads_success_then_in_process_then_the_ticket(
    stack: Stack, browser: Browser
) -> None:
    ports = stack.ports()
    portal, sink = f"http://{HOST}:{ports['haproxy'][8080]}", f"http://{HOST}:{ports['correo'][8000]}"
    correo = f"ana-{time.time_ns()}@compradores.test"
    killed = stack.containers("app2")
    for container in killed:
        container.kill(signal="SIGKILL")
    try:
        page = browser.new_context(locale="es-CL", java_script_enabled=False).new_page()
        order = buy(page, portal, correo)
        assert "Compra Exitosa" in page.inner_text("body")
        assert "En Proceso" in page.inner_text("article[data-orden-id]")
        time.sleep(3)
        assert ticket_state(page, order) == "EN_PROCESO"
    finally:
        for container in killed:
            container.start()

    deadline = time.monotonic() + DEADLINE_S
    while (state := ticket_state(page, order)) != "ENVIADO":
        assert time.monotonic() < deadline, f"still {state} {DEADLINE_S} s after App 2 came back"
        time.sleep(0.5)

    pdf = page.request.get(order.split("?")[0] + "/entrada.pdf").body()
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 2, "one page a seat"

    mails = requests.get(f"{sink}/mensajes?desde=0&limite=5000", timeout=10).json()["mensajes"]
    assert len([mail for mail in mails if correo in mail["para"]]) == 1, "one e-mail"
