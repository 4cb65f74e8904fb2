"""A locustfile with every way a task can end, for a fake portal."""

import gevent
from locust import FastHttpUser, HttpUser, SequentialTaskSet, TaskSet, between, events, tag, task
from locust.exception import StopUser

started = []


@events.test_start.add_listener
def remember(environment, **_):
    started.append(environment.host)


class Reader(HttpUser):
    wait_time = between(100, 200)
    weight = 7
    host = "http://127.0.0.1:9"

    def on_start(self):
        assert started == [self.host]
        self.client.get("/", name="start")

    @task(9)
    def page(self):
        self.client.get("/eventos/EV001", name="often")

    @tag("any")
    @task
    def other(self):
        self.client.get("/eventos/EV002", name="seldom")

    def on_stop(self):
        self.client.get("/", name="stop")


class Fast(FastHttpUser):
    @task
    def refused(self):
        with self.client.get("/", name="refused", catch_response=True) as page:
            page.failure("not what was wanted")
        self.client.get("/none", name="missing")
        with self.client.get("/none", name="forgiven", catch_response=True) as page:
            page.success()


class Tasks(HttpUser):
    @task
    class Walk(SequentialTaskSet):
        def on_start(self):
            self.steps = 0

        @task
        def first(self):
            self.steps += 1
            self.client.get("/", name="step 1")

        @task
        def second(self):
            assert self.steps == 1
            self.client.get("/", name="step 2")

        @task
        class Inner(TaskSet):
            @task
            def third(self):
                self.client.get("/", name="step 3")
                self.interrupt()


class Broken(FastHttpUser):
    @task
    def fail(self):
        self.client.get("/", name="before")
        raise KeyError("gone")


class Silent(FastHttpUser):
    @task
    def nothing(self):
        """Asks for nothing."""


class Cautious(FastHttpUser):
    def on_start(self):
        raise StopUser

    @task
    def never(self):
        self.client.get("/", name="never")


class Double(FastHttpUser):
    concurrency = 2

    @task
    def both(self):
        gevent.joinall([gevent.spawn(self.client.get, "/", name=name) for name in ("left", "right")])
