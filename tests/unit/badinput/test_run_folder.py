"""A damaged run folder is judged by what is left of it, or refused with exit 254: never a traceback."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from damage import BINARY, SWEEP, TEXT, Damage, assert_told, state_of, tfbench
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spoilable_run import healthy
from tfbench import outcome
from tfbench.model import LANGUAGES
from tfbench.report import page

ROOT = Path(__file__).parents[3]
WRITTEN = {"results.json", "report.html", "junit.xml", "summary.md", "operations.parquet"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace, with a run that was judged; its page has no drawing, which costs more than all else of it."""
    house = tmp_path_factory.mktemp("house")
    for part in ("scenarios", "slo", "compose", "system_under_test"):
        (house / part).mkdir()
    shutil.copytree(ROOT / "reports", house / "reports", ignore=shutil.ignore_patterns("out"))
    folder = healthy().write(house / "run", segments=True)
    shutil.copy(ROOT / "scenarios" / "caida-app2.yaml", folder / "scenario.yaml")
    shutil.copy(ROOT / "slo" / "ticketflow.yaml", folder / "slo.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "draw", lambda *_: dict.fromkeys(LANGUAGES, "<svg></svg>"))
        ended = tfbench("--workspace", str(house), "check", str(folder))
    assert ended.code in (1, 2), ended  # a synthetic run of a real scenario: it promises more than it shows
    return house


@pytest.fixture(scope="module")
def files(house: Path) -> list[str]:
    """What of the folder is read."""
    names = [
        name for name in state_of(house / "run") if Path(name).name not in {"report.html", "junit.xml", "summary.md"}
    ]
    assert {"journal.jsonl", "operations.parquet", "stores/mails.parquet", "operations/1.ndjson"} <= set(names)
    return names


@pytest.fixture
def without_pages() -> Iterator[None]:
    """Drawing takes seconds; the few tests that want it take the time."""
    with pytest.MonkeyPatch.context() as patch:
        if not SWEEP:
            patch.setattr(outcome, "render", lambda run_dir, templates: run_dir / "report.html")
        yield


def damaged_copy(house: Path, name: str, damages: list[Damage]) -> Path:
    folder = house / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(house / "run", folder)
    data = (folder / name).read_bytes()
    for damage in damages:
        data = damage(data)
    (folder / name).write_bytes(data)
    return folder


def judged_or_refused(house: Path, folder: Path) -> None:
    before = state_of(folder)
    ended = tfbench("--workspace", str(house), "check", str(folder))
    assert_told(ended)
    if ended.code == 254:
        assert state_of(folder) == before
    else:
        changed = {name for name, data in state_of(folder).items() if before.get(name) != data}
        assert changed <= WRITTEN


@settings(
    max_examples=SWEEP or 8,
    deadline=None,
    derandomize=not SWEEP,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_damaged_run_is_judged_or_refused(
    house: Path, files: list[str], without_pages: None, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(files), label="file")
    damage = BINARY if name.endswith(".parquet") else TEXT
    judged_or_refused(
        house, damaged_copy(house, name, data.draw(st.lists(damage, min_size=1, max_size=3), label="damages"))
    )
