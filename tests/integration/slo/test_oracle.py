"""`slo validate` against OpenSLO's own validator: the same documents, the same answers.

    tables, shipped and the SDK's own documents, spoiled ones -> both -> each object taken or refused by both alike

TFBENCH_SWEEP=N spoils N times as drawn, and in every place with every value: that takes minutes.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import mutations
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from sdk import Oracle
from tfbench.slo.validate import validate_file

ROOT = Path(__file__).parents[3]
SWEEP = int(os.environ.get("TFBENCH_SWEEP", "0"))
TABLE: dict[str, Any] = YAML(typ="safe").load((ROOT / "tests/unit/slo/openslo_documents.yaml").read_text("utf-8"))
BASES: dict[str, Any] = {name: YAML(typ="safe").load(text) for name, text in TABLE["bases"].items()}
DIFFERENCES = YAML(typ="safe").load(Path(__file__).with_name("differences.yaml").read_text("utf-8"))["differences"]


def disagreements(oracle: Oracle, files: Iterable[tuple[str, Path]]) -> list[str]:
    """Where the two answer differently: as to the file, and when it can be decoded as to how many of its objects."""
    named = list(files)
    assert named, "nothing to compare"
    found = []
    for (what, file), theirs in zip(named, oracle.ask([file for _, file in named]), strict=True):
        count, ours = validate_file(file)
        agree = bool(ours) == bool(theirs.mistakes)
        if theirs.objects:
            agree = agree and (count, len(ours)) == (theirs.objects, theirs.refused)
        if not agree:
            found.append(f"{what}\n  OpenSLO: {theirs}\n  tfbench: {[str(mistake) for mistake in ours] or 'legal'}")
    return found


def written(folder: Path, documents: Iterable[tuple[str, str]]) -> list[tuple[str, Path]]:
    files = []
    for number, (what, text) in enumerate(documents):
        file = folder / f"{number}.yaml"
        file.write_text(text, encoding="utf-8")
        files.append((what, file))
    return files


def as_yaml(document: Any) -> str:
    """JSON is YAML, and leaves nothing to guess: not even to those who read YAML 1.1. Dates are text there."""
    return json.dumps(document, ensure_ascii=False, indent=1, default=str)


def sdk_files(oracle: Oracle) -> list[Path]:
    return sorted(file for file in (oracle.sdk / "pkg").rglob("*.yaml"))


def test_the_table_of_the_unit_tests_is_what_the_validator_answers(oracle: Oracle, tmp_path: Path) -> None:
    texts = [(case[0], TABLE["bases"][case[1]].replace(case[2], case[3], 1)) for case in TABLE["cases"]]
    answers = oracle.ask([file for _, file in written(tmp_path, texts)])
    wrong = [
        f"{case[0]}: {answer}"
        for case, answer in zip(TABLE["cases"], answers, strict=True)
        if case[4] == bool(answer.mistakes)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_shipped_tables_are_legal_to_both(oracle: Oracle, tmp_path: Path) -> None:
    texts = [
        (f"{file.name} {number}", text)
        for file in sorted((ROOT / "slo").glob("*.yaml"))
        for number, text in enumerate(file.read_text("utf-8").split("\n---\n"))
        if "apiVersion: openslo" in text
    ]
    files = written(tmp_path, texts)
    assert not disagreements(oracle, files)
    assert not [answer for answer in oracle.ask([file for _, file in files]) if answer.mistakes]


def test_the_sdks_own_documents_are_answered_alike(oracle: Oracle) -> None:
    files = sdk_files(oracle)
    assert len(files) > 20
    assert not disagreements(oracle, [(str(file.relative_to(oracle.sdk)), file) for file in files])


@pytest.mark.parametrize("base", BASES)
def test_a_document_spoiled_in_one_place_is_answered_alike(base: str, oracle: Oracle, tmp_path: Path) -> None:
    values = mutations.WRONG if SWEEP else mutations.ONE_OF_EACH
    texts = ((what, as_yaml(document)) for what, document in mutations.spoiled(BASES[base], values))
    found = disagreements(oracle, written(tmp_path, texts))
    assert not found, "\n".join(found)


@settings(
    max_examples=SWEEP or 300,
    deadline=None,
    derandomize=not SWEEP,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_a_document_spoiled_in_many_places_is_answered_alike(
    data: st.DataObject, oracle: Oracle, tmp_path_factory: pytest.TempPathFactory
) -> None:
    document: Any = BASES[data.draw(st.sampled_from(sorted(BASES)), "base")]
    done = []
    for _ in range(data.draw(st.integers(2, 4), "changes")):
        path, value = data.draw(st.sampled_from(list(mutations.places(document))))
        what, change = data.draw(st.sampled_from(list(mutations.changes(value))))
        document = mutations.changed(document, path, change)
        done.append(f"{path}: {what}")
    folder = tmp_path_factory.getbasetemp()
    assert not disagreements(oracle, written(folder, [(", ".join(done), as_yaml(document))]))


@pytest.mark.parametrize("row", DIFFERENCES, ids=[row["because"] for row in DIFFERENCES])
def test_the_two_differ_only_where_the_documentation_says_so(
    row: dict[str, str], oracle: Oracle, tmp_path: Path
) -> None:
    [(_, file)] = written(tmp_path, [(row["because"], row["text"])])
    [theirs], (_, ours) = oracle.ask([file]), validate_file(file)
    assert {"OpenSLO": not theirs.mistakes, "tfbench": not ours} == {
        name: name == row["taken_by"] for name in ("OpenSLO", "tfbench")
    }
    assert f"| {row['because']}" in (ROOT / "docs/slo.md").read_text("utf-8")


def test_a_refusal_says_where_and_why(oracle: Oracle, tmp_path: Path) -> None:
    """Else a validator that refuses all, or takes all, would agree with one like it."""
    files = written(tmp_path, [("good", TABLE["bases"]["slo"]), ("bad", TABLE["bases"]["slo"].replace("0.995", "1"))])
    good, bad = oracle.ask([file for _, file in files])
    assert (good.objects, good.mistakes) == (1, ())
    assert [(number, path) for number, path, _ in bad.mistakes] == [(0, "spec.objectives[0].target")]
    assert bad.mistakes[0][2]
