"""Says whether YAML documents are legal OpenSLO, by the rules of OpenSLO's own validator (github.com/OpenSLO/go-sdk).

    file -> objects (documents, or lists of them) -> dialect, kind -> its rules -> the first mistake of each object

Legal is not the same as judged: `openslo.py` refuses what tfbench cannot judge. References to objects of other files
are not followed, as the validator doesn't. tests/integration/slo asks the validator itself; docs/slo.md lists the few
differences that are meant.
"""

from collections.abc import Callable
from pathlib import Path

from tfbench.errors import ConfigError
from tfbench.slo import own
from tfbench.slo import validate_v1alpha as v1alpha
from tfbench.slo.dialect import DIALECTS, OWN, V2ALPHA, Dialect
from tfbench.slo.fields import check_description, given, required
from tfbench.slo.metadata import Metadata, read_metadata
from tfbench.slo.validate_alerts import check_alert_condition, check_alert_policy, check_alert_target
from tfbench.slo.validate_sli import check_data_source, check_sli
from tfbench.slo.validate_slo import check_slo
from tfbench.yamlio import Mapping, Node
from tfbench.yamlparse import compose

_RULES: dict[str, Callable[[Mapping, Dialect], object]] = {
    "SLO": check_slo,
    "SLI": check_sli,
    "DataSource": check_data_source,
    "AlertPolicy": check_alert_policy,
    "AlertCondition": check_alert_condition,
    "AlertNotificationTarget": check_alert_target,
}
_READERS: dict[str, Callable[[Metadata, Mapping, None], object]] = {
    "RecoveryObjective": own.read_recovery,
    "Invariant": own.read_invariant,
}
_KINDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(DIALECTS, ("Service", *_RULES)),
    v1alpha.VERSION: v1alpha.KINDS,
    OWN: own.KINDS,
}


def validate_file(file: Path) -> tuple[int, list[ConfigError]]:
    """How many objects a file holds, and the first mistake of each one that has any."""
    try:
        objects = _read_objects(file)
    except ConfigError as error:
        return 0, [error]
    mistakes = []
    for node in objects:
        try:
            _validate(node)
        except ConfigError as error:
            mistakes.append(error)
    return len(objects), mistakes


def _read_objects(file: Path) -> list[Node]:
    objects: list[Node] = []
    for raw in compose(file):
        node = Node(file, "", raw.start_mark.line + 1, raw)
        objects += node.as_list() if node.is_list else [node]
    if not objects:
        raise ConfigError(file, 1, "nothing in it; expected OpenSLO documents")
    return objects


def _validate(node: Node) -> None:
    root = node.as_mapping()
    version = _read_version(root)
    kind = root.require_choice("kind", _KINDS[version], f"kind of {version}")
    if version == OWN:
        _READERS[kind](read_metadata(root.mapping("metadata")), root.mapping("spec"), None)
    elif version == v1alpha.VERSION:
        v1alpha.check_metadata(root.mapping("metadata"))
        _check_spec(root, kind, v1alpha.check_slo)
    else:
        dialect = DIALECTS[version]
        read_metadata(root.mapping("metadata"), dialect)
        _check_spec(root, kind, lambda spec: _RULES[kind](spec, dialect))
    root.finish()


def _read_version(root: Mapping) -> str:
    node = root.require("apiVersion")
    if node.text == "openslo/v2alpha":  # the likeliest slip, and v1alpha looks the most like it
        raise node.error(f'unknown apiVersion "{node.text}" (did you mean "{V2ALPHA.version}"?)')
    return node.as_choice(_KINDS, "apiVersion")


def _check_spec(root: Mapping, kind: str, check: Callable[[Mapping], object]) -> None:
    """A Service is the only kind that may have no spec at all."""
    if kind != "Service":
        check(required(root, "spec").as_mapping())
    elif node := given(root, "spec"):
        spec = node.as_mapping()
        check_description(spec)
        spec.finish()
