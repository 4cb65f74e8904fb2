"""Reads the kinds of our own, for what OpenSLO cannot say: RecoveryObjective (seconds) and Invariant (100%)."""

from collections.abc import Collection

from tfbench.catalog import INVARIANTS
from tfbench.model import InvariantObjective, RecoveryObjective
from tfbench.slo.fields import check_description, read_operations
from tfbench.slo.metadata import Metadata
from tfbench.yamlio import Mapping

KINDS = ("RecoveryObjective", "Invariant")
_DAY_S = 86_400


def read_recovery(
    metadata: Metadata, spec: Mapping, services: Collection[str] | None, operations: Collection[str] | None = None
) -> RecoveryObjective:
    """A recovery objective; `services` and `operations` are those it may name, None: any."""
    objective = RecoveryObjective(
        id=metadata.name,
        title=metadata.title(),
        service=read_service(spec, ("service",), services),
        limit_s=spec.require_number("limit_s", min=1, max=30 * _DAY_S),
        operations=read_operations(spec.require("operations"), operations),
        latency_ms_below=spec.require_number("latency_ms_below", min=1, max=3_600_000),
        hold_s=spec.require_number("hold_s", min=1, max=600),
        slice_target=spec.require_number("slice_target", min=0.01, max=1),
    )
    check_description(spec)
    spec.finish()
    return objective


def read_invariant(metadata: Metadata, spec: Mapping, services: Collection[str] | None) -> InvariantObjective:
    """A promise of 100%; `services` are those it may name, None: any."""
    objective = InvariantObjective(
        id=metadata.name,
        title=metadata.title(),
        service=read_service(spec, ("service",), services),
        invariant=spec.require_choice("invariant", INVARIANTS, "invariant"),
    )
    check_description(spec)
    spec.finish()
    return objective


def read_service(spec: Mapping, keys: tuple[str, ...], services: Collection[str] | None) -> str:
    """The service that promises, under the first of `keys` that is there."""
    key = next((key for key in keys if spec.optional(key)), keys[-1])
    if services is None:
        return spec.require(key).as_str()
    return spec.require_choice(key, sorted(services), "service of this file")
