"""What a fault is aimed at, read from its name. Pure; `platforms/resolve.py` finds the containers.

app2   app3:one   postgres:primary  ->  Role(name, selector)
middleware -> rabbitmq              ->  Link(source, target)
"""

from dataclasses import dataclass

from tfbench import catalog


@dataclass(frozen=True, slots=True)
class Role:
    """Containers of one role: all of them, or those that `selector` picks when the fault strikes."""

    name: str
    selector: str = "all"


@dataclass(frozen=True, slots=True)
class Link:
    """The connections that `source` opens to `target`; both are roles."""

    source: str
    target: str

    @property
    def name(self) -> str:
        return f"{self.source} -> {self.target}"


Target = Role | Link


def parse_target(text: str) -> Target:
    """Read a target. Raises ValueError with what is wrong and what there is."""
    if "->" in text:
        source, _, target = (part.strip() for part in text.partition("->"))
        link = Link(source, target)
        if link.name not in catalog.LINKS:
            raise ValueError(f'no link "{link.name}"; there are: {", ".join(catalog.LINKS)}')
        return link
    name, colon, selector = text.partition(":")
    if name not in catalog.ROLES:
        raise ValueError(f'no role "{name}"; there are: {", ".join(catalog.ROLES)}')
    known = ("one", "all", *catalog.DATABASE_SELECTORS.get(name, ()))
    if colon and selector not in known:
        raise ValueError(f'{name} has no selector "{selector}"; it has: {", ".join(known)}')
    return Role(name, selector or "all")


def allowed_for(kind: catalog.FaultType, target: Target) -> str | None:
    """Why a type of fault cannot be aimed at this target; None when it can."""
    if kind.takes == "link" and isinstance(target, Role):
        return f'needs a link, such as "{(kind.targets or catalog.LINKS)[0]}"'
    if kind.takes == "role" and isinstance(target, Link):
        return f'needs a role, such as "{(kind.targets or tuple(catalog.ROLES))[0]}"'
    name = target.name
    if kind.targets and name not in kind.targets:
        return f"works on {', '.join(kind.targets)} only"
    return None
