"""Two ordinary Locust user classes for TicketFlow's portal, to play with tfbench or with Locust itself.

    tfbench run scenarios/own-locustfile/visitas-propias.yaml
    locust -f scenarios/own-locustfile/portal_users.py --host http://127.0.0.1:18080

Under tfbench each arrival is one user that does one task. `name` groups what would else be counted address by address;
the objectives in slo.yaml, beside this file, count these names.
"""

import html
import random
import re

from locust import FastHttpUser, HttpUser, between, task

EVENT_LINK = re.compile(r'href="(/eventos/[\w-]+)"')
SECTOR_LINK = re.compile(r'href="(/eventos/[\w-]+/mapa\?[^"]+)"')


class Visitor(FastHttpUser):
    """Looks at the front page; one of four goes on to an event."""

    wait_time = between(1, 3)

    @task(3)
    def look_around(self):
        self.front_page()

    @task
    def look_at_an_event(self):
        links = self.front_page()
        if links:
            self.client.get(random.choice(links), name="event page")

    def front_page(self):
        with self.client.get("/", name="front page", catch_response=True) as page:
            links = EVENT_LINK.findall(page.text or "")
            if page.status_code == 200 and not links:
                page.failure("no event on it")
            return links


class SeatHunter(HttpUser):
    """Goes from the front page to the seats of one sector."""

    wait_time = between(1, 3)

    @task
    def look_for_seats(self):
        events = EVENT_LINK.findall(self.client.get("/", name="front page").text)
        if not events:
            return
        sectors = SECTOR_LINK.findall(self.client.get(random.choice(events), name="event page").text)
        if not sectors:
            return
        address = html.unescape(random.choice(sectors))
        with self.client.get(address, name="seats", catch_response=True) as page:
            if page.status_code == 200 and 'name="asiento"' not in page.text:
                page.failure("no seat on the map")
