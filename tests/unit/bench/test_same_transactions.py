"""pgbench must run what App 1 runs: its statements, in its batches, under its settings."""

import re
from pathlib import Path

from tfbench.bench import sides
from tfbench.bench.seats import Seats

APP1 = Path(__file__).parents[3] / "system_under_test" / "app1_reservas" / "postgres"
CONSTANT = re.compile(r"\b(sql\w+)\s*=\s*`([^`]*)`")
SETTING = re.compile(r'^\s+"(\w+)":\s+"([^"]*)",$', re.MULTILINE)
# A parameter: $1 in Go; in pgbench a variable, as it is or made into an id or an array.
PARAMETER = re.compile(r"\$\d+|lpad\(:i::text, 32, '0'\)::uuid|ARRAY\[:\w+(?:::bigint)?\]|(?<!:):\w+")
SCRIPT = sides.SCRIPT.read_text(encoding="utf-8")
KEY = ("begin", "sqlTomarClave", "sqlRepetir")
TAKE = ("sqlBloquearAsientos", "sqlRetener")
SELL = ("sqlTomarRetencion", "sqlBloquearSusAsientos", "sqlVenderAsientos")
RECORD = ("sqlGuardarOrden", "sqlGuardarVentas", "sqlConfirmarRetencion", "sqlEncolarMensaje")
HOLD = ((*KEY, *TAKE), ("sqlGuardarRetencion", "sqlGuardarClave"), ("commit",))
CONFIRMATION = ((*KEY, *SELL), (*RECORD, "sqlGuardarClave"), ("commit",))


def _plain(statement: str) -> str:
    return " ".join(PARAMETER.sub("?", statement).split())


def _app1() -> dict[str, str]:
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted(APP1.glob("*.go")))
    return {name: _plain(text) for name, text in CONSTANT.findall(source)}


def _batches() -> list[list[str]]:
    """The script's statements by round trip: those of a pipeline go together, each of the others by itself."""
    lines = [line for line in SCRIPT.splitlines() if not line.startswith(("--", "\\set"))]
    parts = re.split(r"\\startpipeline|\\endpipeline", "\n".join(lines))
    return [[_plain(one) for one in part.split(";") if one.strip()] for part in parts if part.strip()]


def test_the_script_s_statements_are_app1_s_in_its_batches() -> None:
    known = _app1() | {"begin": "begin", "commit": "commit"}
    assert _batches() == [[known[name] for name in batch] for batch in (*HOLD, *CONFIRMATION)]


def test_app1_queues_these_statements_in_this_order() -> None:
    source = (APP1 / "retenciones.go").read_text(encoding="utf-8") + (APP1 / "ordenes.go").read_text(encoding="utf-8")
    queued = re.findall(r"\.Queue\((sql\w+)", source)
    for batch in (TAKE, SELL, RECORD):
        start = queued.index(batch[0])
        assert queued[start : start + len(batch)] == list(batch)


def test_sessions_are_set_as_app1_sets_its_own() -> None:
    source = (APP1 / "conexion.go").read_text(encoding="utf-8")
    settings = dict(SETTING.findall(source))
    del settings["application_name"]
    assert settings
    assert {name: value.replace("\\ ", " ") for name, value in sides.SESSION_SETTINGS.items()} == settings


def test_every_variable_of_the_script_is_given_or_set_by_it() -> None:
    example = ("seats_held", "fee", "total", "expires_at", "hold_body", "buyer", "created_at", "order_body", "price",
               "message", "fingerprint")  # fmt: skip
    tool = sides.pgbench("image", ["a", "b"], dict.fromkeys(example, ""), Seats(400001, 20000), 8, 20)
    given = {option.split("=")[1] for option in tool.command if option.startswith("--define=")}
    own = {"client_id", *re.findall(r"^\\set (\w+)", SCRIPT, re.MULTILINE)}
    code = "\n".join(line for line in SCRIPT.splitlines() if not line.startswith("--"))
    assert set(re.findall(r"(?<!:):([a-z]\w*)", code)) <= given | own
    assert set(example) <= given
