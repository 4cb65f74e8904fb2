"""Says whether YAML documents are legal OpenSLO, by the rules of OpenSLO's own validator (github.com/OpenSLO/go-sdk).

    file -> objects (documents, or lists of them) -> dialect, kind -> its rules -> the first mistake of each object

Legal is not the same as judged: `openslo.py` refuses what tfbench cannot judge. References to objects of other files
are not followed, as the validator doesn't. Stricter than it: YAML 1.2 (`yes` is text), no key said twice, keys in
their exact case, an empty file is an error, and openslo/v1alpha is not read.
"""

from collections.abc import Callable
from pathlib import Path

from tfbench.errors import ConfigError
from tfbench.slo import own
from tfbench.slo.dialect import DIALECTS, OWN, V1, Dialect
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
    version = root.require_choice("apiVersion", (*DIALECTS, OWN), "apiVersion")
    known = own.KINDS if version == OWN else ("Service", *_RULES)
    kind = root.require_choice("kind", known, f"kind of {version}")
    metadata = read_metadata(root.mapping("metadata"), DIALECTS.get(version, V1))
    if version == OWN:
        _READERS[kind](metadata, root.mapping("spec"), None)
    elif kind == "Service":
        _check_service(root)
    else:
        _RULES[kind](required(root, "spec").as_mapping(), DIALECTS[version])
    root.finish()


def _check_service(root: Mapping) -> None:
    """The only kind that may have no spec at all."""
    if node := given(root, "spec"):
        spec = node.as_mapping()
        check_description(spec)
        spec.finish()
