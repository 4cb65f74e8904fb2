"""The workload `locustfile`: each arrival is one user of the class that its kind names, in a greenlet of its own.

    arrival -> User -> on_start -> ONE task -> on_stop         Locust's runner has no part in it: the plan says when
                          '-> Locust's `request` event -> one Operation row each

Not used: `wait_time`, `weight`, `fixed_count` and shapes, which say when and how many. Which task is drawn from the
flow's own randomness, by the weights that Locust has put into `tasks`. As with `--host`, the system's address is every
class's host. What a user does before its first request delays that request: it is late, and the run says so.
"""

import inspect
import logging
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any

import gevent
from locust import FastHttpUser, HttpUser, SequentialTaskSet, TaskSet, User
from locust.clients import HttpSession
from locust.env import Environment
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser
from locust.user.task import DefaultTaskSet

from tfbench.clock import Clock
from tfbench.load.config import LoadConfig
from tfbench.load.flow import Draft, Flow
from tfbench.load.ownfile import COPY
from tfbench.load.reported import reported
from tfbench.load.users import load_users

_NOTHING_ASKED = "no_request"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Arrived:
    flow: Flow
    began: float


# Whose request it is that Locust reports. Its own clients bring the user's context along, from any greenlet that a task
# spawned; a client of somebody's own may not, and then it is that of the arrival whose greenlet this is.
_CONTEXT_KEY = "tfbench"
_playing: ContextVar[_Arrived | None] = ContextVar("playing", default=None)


class OwnUsers:
    """The classes of one locustfile, played in this process."""

    def __init__(self, config: LoadConfig, environment: Environment, clock: Clock) -> None:
        """Import it. Raises LocustfileError."""
        events: Any = environment.events  # whose methods are not typed
        events.request.add_listener(self._note_request)  # before those of the file: one of them may raise StopUser
        self._users = load_users(config.locustfile or "", config.run_dir / COPY, config.mix)
        self._environment, self._clock = environment, clock
        self._timeouts_s = (config.connect_timeout_s, config.read_timeout_s)
        self._told: set[tuple[type[BaseException], str, int | None]] = set()
        self.first_operations = {kind: kind for kind in config.mix}
        environment.host = config.base_url
        for user_class in self._users.values():
            user_class.host = config.base_url
        events.init.fire(environment=environment, runner=environment.runner, web_ui=None)

    def play(self, flow: Flow) -> None:
        """Be the user of this arrival; whatever its code does, the arrival has a row."""
        arrived = _Arrived(flow, self._clock.now())
        token = _playing.set(arrived)
        try:
            self._live(arrived)
        except gevent.GreenletExit:
            self._note(arrived, Draft(error="interrupted"))
            raise
        except BaseException as error:  # noqa: BLE001 - even of sys.exit() in somebody's task the others know nothing
            self._note(arrived, Draft(error=type(error).__name__))
            self._tell(flow.kind, error)
        else:
            if not flow.has_operated:
                self._note(arrived, Draft(outcome="fail", error=_NOTHING_ASKED))
        finally:
            _playing.reset(token)

    def _live(self, arrived: _Arrived) -> None:
        user: Any = self._users[arrived.flow.kind](self._environment)
        user._taskset_instance = DefaultTaskSet(user)  # what `self.wait()` asks
        own_context = user.context
        user.context = lambda: {**own_context(), _CONTEXT_KEY: arrived}
        if isinstance(getattr(user, "client", None), HttpSession):  # by itself it would wait for ever
            user.client.request = partial(user.client.request, timeout=self._timeouts_s)  # as get and post do it
        try:
            with _between_start_and_stop(user):
                _do_one_of(user.tasks, user, arrived.flow)
        except (StopUser, InterruptTaskSet):  # its own way of saying that it is done
            pass
        finally:
            _hang_up(user)

    def _note(self, arrived: _Arrived, draft: Draft) -> None:
        """A row of the arrival itself. Its first request was not on its way, if it made none: not late, but missing."""
        now = self._clock.now()
        t_start = now if arrived.flow.has_operated else arrived.began
        arrived.flow.happened(arrived.flow.kind, draft, t_start, now)

    def _note_request(
        self, name: object, response: object = None, exception: BaseException | None = None,
        response_time: object = None, start_time: object = None, context: object = None, **_: Any,
    ) -> None:  # fmt: skip
        arrived = context.get(_CONTEXT_KEY) if isinstance(context, dict) else None
        arrived = arrived or _playing.get()
        if arrived is None:  # made by a listener of Locust's events, for no arrival
            return
        report = reported(
            name, response, exception, response_time, start_time,
            not_before=arrived.began, now=self._clock.now(), wall_now=time.time(),
        )  # fmt: skip
        arrived.flow.happened(report.op, report.draft, report.t_start, report.t_end)

    def _tell(self, kind: str, error: BaseException) -> None:
        """In the log, with its traceback, once a place: a task that always fails would fill the disk."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        failure = (type(error), place.filename, place.lineno)
        if failure not in self._told:
            self._told.add(failure)
            _log.error("a %s failed; the same is not told again", kind, exc_info=error)


def _do_one_of(tasks: list[Any], holder: Any, flow: Flow) -> None:
    """Draw one task and do it. One that is a task set goes on into it; one in sequence is done from first to last."""
    _do(flow.rng.choice(tasks), holder, flow)


def _do(task: Any, holder: Any, flow: Flow) -> None:
    """Do a task, function or task set, for the user or the task set that holds it."""
    if not (inspect.isclass(task) and issubclass(task, TaskSet)):
        with suppress(RescheduleTask, RescheduleTaskImmediately):  # as a return does
            task(holder)
        return
    inner = task(holder)
    try:
        with _between_start_and_stop(inner):
            if isinstance(inner, SequentialTaskSet):
                for step in inner.tasks:
                    _do(step, inner, flow)
            else:
                _do_one_of(inner.tasks, inner, flow)
    except InterruptTaskSet:  # back to where it came from, whose one task it was
        pass


@contextmanager
def _between_start_and_stop(one: Any) -> Iterator[None]:
    """Whatever its task ends in, it stops; but not where the run is over and cuts it off: its time is up."""
    one.on_start()
    try:
        yield
    except Exception:
        one.on_stop()
        raise
    one.on_stop()


def _hang_up(user: User) -> None:
    """Close its connections, as a browser that goes; those of a pool that its class shares stay."""
    if isinstance(user, HttpUser) and user.pool_manager is None:
        user.client.close()
    elif isinstance(user, FastHttpUser) and user.client_pool is None:
        user.client.client.close()
