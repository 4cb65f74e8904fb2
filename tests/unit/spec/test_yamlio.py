"""The reader says what is wrong with file and line, whatever the bytes are."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tfbench.errors import ConfigError
from tfbench.yamlio import Node, read_document, read_documents

# (why, the bytes, the line, part of the message)
UNREADABLE = [
    ("an empty file", b"", 1, "nothing in it"),
    ("only a comment", b"# todo\n", 1, "nothing in it"),
    ("only empty documents", b"---\n---\n", 1, "nothing in it"),
    ("a tab that indents", b"a:\n\tb: 1\n", 2, "spaces, not tabs"),
    ("a key said twice", b"a: 1\nb: 2\na: 3\n", 3, "said twice, first on line 1"),
    ("a list where keys belong", b"- a\n- b\n", 1, "expected a mapping (key: value), saw a list"),
    ("a word where keys belong", b"word\n", 1, 'saw "word"'),
    ("Latin-1", b"a: 1\nb: caf\xe9\n", 2, "byte 0xe9 is not UTF-8"),
    ("UTF-16", b"\xff\xfea\x00", 1, "not UTF-8"),
    ("a control character", b"a: 1\nb: \x07\n", 2, "U+0007"),
    ("a bracket that never closes", b"a: 1\nb: [1, 2\n", 3, "not YAML"),
    ("a quote that never closes", b'a: 1\nb: "x\n', 3, "not YAML"),
    ("an anchor inside itself", b"a: 1\nb: &x\n  c: *x\n", 3, "inside its own anchor"),
    ("an anchor taken twice", b"a: &x 1\nb: &x 2\n", 2, "already taken"),
    ("an alias of nothing", b"a: 1\nb: *x\n", 2, "undefined alias"),
    ("a tag", b"a: 1\nb: !!python/object x\n", 2, "tag"),
    ("a directive", b"%YAML 1.1\n---\na: 1\n", 1, "directive"),
    ("nesting without end", b"a: 1\nb: " + b"[" * 5000, 2, "nested deeper"),
    ("a key that is a number", b"a: 1\n2: b\n", 2, 'expected text, saw "2"; quote it'),
    ("a key that is a list", b"a: 1\n? [b]\n: c\n", 2, "expected text, saw a list"),
]


def write(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "x.yaml"
    file.write_bytes(content)
    return file


@pytest.mark.parametrize(
    ("content", "line", "part"), [row[1:] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE]
)
def test_a_file_that_cannot_be_read_is_told_with_its_line(tmp_path: Path, content: bytes, line: int, part: str) -> None:
    file = write(tmp_path, content)
    with pytest.raises(ConfigError) as caught:
        read_documents(file)
    assert (caught.value.file, caught.value.line) == (file, line)
    assert part in str(caught.value)


def test_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_documents(tmp_path / "none.yaml")


def test_documents_come_in_order_and_empty_ones_are_left_out(tmp_path: Path) -> None:
    file = write(tmp_path, b"\xef\xbb\xbfa: 1\n---\n---\na: 2\n---\n")
    numbers = [root.require_int("a", min=0, max=9) for root in read_documents(file)]
    assert numbers == [1, 2]


def test_a_second_document_is_refused_where_one_belongs(tmp_path: Path) -> None:
    file = write(tmp_path, b"a: 1\n---\nb: 1\n")
    with pytest.raises(ConfigError, match=r"x\.yaml:3: a second document"):
        read_document(file)


def test_an_alias_reads_as_what_it_stands_for(tmp_path: Path) -> None:
    root = read_document(write(tmp_path, b"a: &x [one, two]\nb: *x\n"))
    assert root.require("b").as_choices(("one", "two"), "number") == ("one", "two")


# (why, the value of `k:` as written, how it is read, part of the message)
WRONG_VALUES = [
    ("nothing where text belongs", "", "as_str", "expected text, saw nothing"),
    ("half a character", '"\\ud800"', "as_str", "U+D800"),
    ("a number where text belongs", "12", "as_str", 'expected text, saw "12"; quote it'),
    ("a truth value where text belongs", "true", "as_str", "quote it"),
    ("blank text", '"  "', "as_str", "expected text, saw nothing"),
    ("text where a number belongs", "fast", "as_number", 'expected a number, saw "fast"'),
    ("a quoted number", '"12"', "as_number", "expected a number"),
    ("no number", ".nan", "as_number", "expected a number"),
    ("no end of a number", ".inf", "as_number", "expected a number"),
    ("more than a float holds", "1e999", "as_number", "expected a number"),
    ("an octal number", "0o17", "as_number", "expected a number"),
    ("a number with underscores", "1_000", "as_number", "expected a number"),
    ("a list where a number belongs", "[1]", "as_number", "expected a number, saw a list"),
    ("yes, which YAML 1.2 reads as text", "yes", "as_bool", "expected true or false"),
    ("a mapping where a list belongs", "{a: 1}", "as_list", "expected a list, saw a mapping"),
    ("a name with capitals", "Kill", "as_name", "is no name"),
    ("a name with a dash at its end", "kill-", "as_name", "is no name"),
]


@pytest.mark.parametrize(
    ("value", "reader", "part"), [row[1:] for row in WRONG_VALUES], ids=[row[0] for row in WRONG_VALUES]
)
def test_a_wrong_value_is_told_with_key_line_and_what_was_seen(
    tmp_path: Path, value: str, reader: str, part: str
) -> None:
    root = read_document(write(tmp_path, f"a: 1\nb:\n  k: {value}\n".encode()))
    node = root.mapping("b").require("k")
    with pytest.raises(ConfigError) as caught:
        getattr(node, reader)()
    assert caught.value.line == 3
    assert str(caught.value.message).startswith("b.k: ")
    assert part in caught.value.message


@pytest.mark.parametrize(("written", "number"), [("1", 1), ("-2.5", -2.5), ("+.5", 0.5), ("1e3", 1000), ("010", 10)])
def test_plain_decimal_numbers_are_read(tmp_path: Path, written: str, number: float) -> None:
    assert read_document(write(tmp_path, f"k: {written}\n".encode())).require_number("k") == number


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("1.5", "a whole number from 1 to 9, saw"),
        ("0", "a number from 1 to 9, saw"),
        ("10", "a number from 1 to 9, saw"),
    ],
)
def test_a_whole_number_keeps_its_bounds(tmp_path: Path, value: str, part: str) -> None:
    root = read_document(write(tmp_path, f"k: {value}\n".encode()))
    with pytest.raises(ConfigError, match=part):
        root.require_int("k", min=1, max=9)


def test_a_misspelt_required_key_is_blamed_where_it_stands(tmp_path: Path) -> None:
    root = read_document(write(tmp_path, b"a: 1\nrate_pers: 50\n"))
    with pytest.raises(ConfigError, match=r'x\.yaml:2: rate_pers: unknown key; did you mean "rate_per_s"'):
        root.require("rate_per_s")


def test_a_missing_key_is_blamed_at_its_mapping(tmp_path: Path) -> None:
    root = read_document(write(tmp_path, b"a: 1\nload:\n  x: 1\n"))
    with pytest.raises(ConfigError, match=r'x\.yaml:2: load: "seed" is missing'):
        root.mapping("load").require("seed")


def test_finish_refuses_what_nobody_asked_for(tmp_path: Path) -> None:
    root = read_document(write(tmp_path, b"a: 1\ndescripton: 2\n"))
    root.require("a")
    root.optional("description")
    with pytest.raises(ConfigError, match=r'x.yaml:2: descripton: unknown key \(did you mean "description"\?\)'):
        root.finish()


def test_finish_accepts_what_was_read(tmp_path: Path) -> None:
    root = read_document(write(tmp_path, b"a: 1\nb: {c: 2}\n"))
    root.require("a")
    assert [key for _, key, _ in root.mapping("b").items()] == ["c"]
    root.finish()


def test_an_unknown_name_is_told_with_the_close_one(tmp_path: Path) -> None:
    root = read_document(write(tmp_path, b"names:\n  - kill\n  - kil\n"))
    with pytest.raises(ConfigError, match=r'x.yaml:3: names\[1\]: unknown fault "kil" \(did you mean "kill"\?\)'):
        root.require("names").as_choices(("kill", "freeze"), "fault")


def test_a_name_listed_twice_is_refused(tmp_path: Path) -> None:
    root = read_document(write(tmp_path, b"names:\n  - kill\n  - kill\n"))
    with pytest.raises(ConfigError, match=r"x.yaml:3: .*listed twice"):
        root.require("names").as_choices(("kill",), "fault")


BASE = (
    b"apiVersion: tfbench/v1\nspec:\n  a: &q [1, 2.5, {b: c}]\n  t: |\n    text\n"
    b"  'q': \"d\\u00e9\"\n  e: >-\n    fold\n  ? x\n  : *q\n---\nb: ~\n"
)
FRAGMENTS = st.sampled_from(
    [
        *(b"%YAML 1.1\n", b"%YAML 9.x\n", b"%TAG ! foo\n", b"!e!x ", b"!<x", b"!!binary ", b"!"),
        *(b"&q ", b"*q", b"<<: *q", b"? ", b": ", b"- ", b"|9", b">+", b"#", b"@", b"`", b"%"),
        *(b"{", b"}", b"[", b"]", b",", b"'", b'"', b"\\x", b'"\\uD800"', b"---", b"...", b"\t"),
        *(b"\n", b"\r", b"\x00", b"\xc2\x85", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\xff"),
    ]
)
EDITS = st.lists(st.tuples(st.integers(0, len(BASE)), st.integers(0, 9), FRAGMENTS | st.binary(max_size=3)), max_size=6)


def read_everything(node: Node) -> None:
    """Read a value in every way there is."""
    for reader in (node.as_str, node.as_bool, node.as_number, node.as_name):
        with contextlib.suppress(ConfigError):
            reader()
    with contextlib.suppress(ConfigError):
        for item in node.as_list():
            read_everything(item)
    with contextlib.suppress(ConfigError):
        for _, _, value in node.as_mapping().items():
            read_everything(value)


def read_or_refused_line(file: Path) -> int | None:
    """0 when all of it was read, else the line that the refusal names."""
    try:
        for root in read_documents(file):
            read_everything(root.node)
    except ConfigError as error:
        return error.line
    return 0


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([(0, 0, b"%YAML 1.52\n---\n")])
@given(EDITS)
def test_a_mutated_file_is_read_or_refused_with_its_line(tmp_path: Path, edits: list[tuple[int, int, bytes]]) -> None:
    content = bytearray(BASE)
    for at, length, fragment in edits:
        content[at : at + length] = fragment
    file = write(tmp_path, bytes(content))
    line = read_or_refused_line(file)
    assert line is not None
    assert 0 <= line <= len(content.splitlines()) + 1
