"""`slo validate` takes and refuses what OpenSLO's validator does, and says on which line."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML
from tfbench.cli_slo import slo
from tfbench.slo.validate import validate_file

ROOT = Path(__file__).parents[3]
TABLE: dict[str, Any] = YAML(typ="safe").load((Path(__file__).parent / "openslo_documents.yaml").read_text("utf-8"))
CASES = TABLE["cases"]
OWN = (
    "apiVersion: tfbench/v1\nkind: Invariant\nmetadata:\n  name: kept\n  displayName: Kept\n"
    "  annotations: {tfbench/title-es: Se guarda}\nspec: {service: shop, invariant: order-event-durable}\n"
)


def document(base: str, old: str, new: str) -> str:
    text: str = TABLE["bases"][base]
    assert old in text, f"{base} no longer holds {old!r}: mend the table"
    return text.replace(old, new, 1)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_a_document_is_taken_or_refused_as_by_openslos_validator(case: list[Any], tmp_path: Path) -> None:
    _, base, old, new, legal, _, *place = case
    text = document(base, old, new)
    count, mistakes = validate_file(written(tmp_path, text))
    assert count == 1
    assert not mistakes if legal else len(mistakes) == 1, mistakes
    if not legal:
        at = place[0] if place else new.split("\n")[0]
        line = mistakes[0].line
        assert line is not None
        assert at.strip() in text.split("\n")[line - 1], f"line {line}: {mistakes[0]}"


def test_the_table_is_a_real_comparison() -> None:
    assert len(CASES) >= 60
    assert {case[4] for case in CASES} == {True, False}
    assert len({case[0] for case in CASES}) == len(CASES)


def test_the_shipped_tables_are_legal_openslo() -> None:
    count, mistakes = validate_file(ROOT / "slo" / "ticketflow.yaml")
    assert (count > 10, mistakes) == (True, [])


def test_each_object_tells_its_first_mistake(tmp_path: Path) -> None:
    bad = document("service", "name: shop", "name: Shop")
    count, mistakes = validate_file(written(tmp_path, f"{bad}---\n{TABLE['bases']['sli']}---\n{bad}"))
    assert (count, [mistake.line for mistake in mistakes]) == (3, [4, 20])


def test_a_list_of_objects_is_read_too(tmp_path: Path) -> None:
    text = "".join(f"- {line}" if n == 0 else f"  {line}" for n, line in enumerate(OWN.splitlines(keepends=True)))
    assert validate_file(written(tmp_path, text)) == (1, [])


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "nothing in it"),
        ("just text\n", "a mapping"),
        ("a: [\n", "x.yaml:2"),
        (OWN.replace("order-event-durable", "order-event"), "unknown invariant"),
        (OWN.replace("kind: Invariant", "kind: SLO"), "unknown kind of tfbench/v1"),
    ],
)
def test_what_cannot_be_read_is_a_mistake_with_its_place(text: str, part: str, tmp_path: Path) -> None:
    _, mistakes = validate_file(written(tmp_path, text))
    assert len(mistakes) == 1
    assert part in str(mistakes[0])


def test_the_command_names_every_mistake_and_exits_254(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(OWN, encoding="utf-8")
    bad.write_text(document("slo", "target: 0.995", "target: 1"), encoding="utf-8")
    result = CliRunner().invoke(slo, ["validate", str(good), str(bad), str(tmp_path / "none.yaml")])
    assert result.exit_code == 254
    assert "good.yaml: 1 object, all legal" in result.stdout
    assert "spec.objectives[0].target: expected a number from 0 to below 1, saw 1" in result.stderr
    assert "none.yaml: cannot be read" in result.stderr


def test_the_command_says_what_is_legal_but_of_no_use_here(tmp_path: Path) -> None:
    result = CliRunner().invoke(slo, ["validate", str(written(tmp_path, TABLE["bases"]["policy"]))])
    assert result.exit_code == 0
    assert "all legal" in result.stdout
    assert "no scenario can use it" in result.stderr
