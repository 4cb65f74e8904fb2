"""The workspace is the nearest ancestor with all four parts, or the one that is named."""

from pathlib import Path

import pytest
from tfbench import workspace
from tfbench.errors import UsageError
from tfbench.workspace import find_workspace


def test_the_nearest_ancestor_is_the_workspace(house: Path) -> None:
    below = house / "slo" / "deep"
    below.mkdir()
    assert find_workspace(None, below).root == house


def test_a_workspace_inside_another_wins(house: Path) -> None:
    inner = house / "slo" / "inner"
    for part in workspace.PARTS:
        (inner / part).mkdir(parents=True)
    assert find_workspace(None, inner / "slo").root == inner


def test_the_named_one_wins_over_the_nearest(house: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    found = find_workspace(house, elsewhere)
    assert (found.root, found.runs) == (house, house / "reports" / "out")


def test_a_named_one_that_lacks_parts_is_refused(house: Path) -> None:
    (house / "compose").rmdir()
    with pytest.raises(UsageError, match="it has no compose/"):
        find_workspace(house, Path.cwd())


@pytest.fixture
def package(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed tfbench that carries no data yet."""
    folder = tmp_path_factory.mktemp("package")
    monkeypatch.setattr(workspace, "PACKAGED", folder / "_data")
    return folder


def test_without_any_the_installed_copy_is_used_and_runs_stay_outside(package: Path, tmp_path: Path) -> None:
    for part in workspace.PARTS:
        (package / "_data" / part).mkdir(parents=True)
    found = find_workspace(None, tmp_path)
    assert (found.root, found.runs) == (package / "_data", tmp_path / "reports" / "out")


def test_no_workspace_at_all_says_what_one_is(package: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"scenarios/, slo/, compose/, system_under_test/.*--workspace"):
        find_workspace(None, tmp_path)


def test_a_scenario_is_found_by_name_and_by_path(house: Path) -> None:
    found = find_workspace(house, Path.cwd())
    file = house / "scenarios" / "caida-app2.yaml"
    assert found.find_scenario("caida-app2") == file
    assert found.find_scenario(str(file)) == file


def test_an_unknown_scenario_is_told_with_the_close_one(house: Path) -> None:
    with pytest.raises(UsageError, match=r'did you mean "caida-etcd"\?'):
        find_workspace(house, Path.cwd()).find_scenario("caida-etc")


def test_a_name_no_file_can_have_is_no_scenario(house: Path) -> None:
    with pytest.raises(UsageError, match="is no file"):
        find_workspace(house, Path.cwd()).find_scenario("x" * 5000)
