"""Client of the Mapae registry: resolve DIDs, check accreditation and status, verify credentials; trust no server.

    from registry_client import open_registry

    with open_registry() as registry:
        print(registry.resolve("did:mapae:...").document)

Names are imported when they are first used, so that `import registry_client.core...` costs nothing of the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from registry_client.core.facts import EventFilter
    from registry_client.core.policy import Policy
    from registry_client.core.report import Report
    from registry_client.errors import RegistryError
    from registry_client.following import following
    from registry_client.gate import AsyncGate, Gate, GateMemory
    from registry_client.profile import Profile, load_profile
    from registry_client.registry import AsyncRegistry, Registry, aopen_registry, open_registry
    from registry_client.resolver import Resolution
    from registry_client.verifier import AsyncVerifier, Verifier

__all__ = [
    "AsyncGate",
    "AsyncRegistry",
    "AsyncVerifier",
    "EventFilter",
    "Gate",
    "GateMemory",
    "Policy",
    "Profile",
    "Registry",
    "RegistryError",
    "Report",
    "Resolution",
    "Verifier",
    "aopen_registry",
    "following",
    "load_profile",
    "open_registry",
]

_HOME = {
    "AsyncGate": "gate",
    "AsyncRegistry": "registry",
    "AsyncVerifier": "verifier",
    "EventFilter": "core.facts",
    "Gate": "gate",
    "GateMemory": "gate",
    "Policy": "core.policy",
    "Profile": "profile",
    "Registry": "registry",
    "RegistryError": "errors",
    "Report": "core.report",
    "Resolution": "resolver",
    "Verifier": "verifier",
    "aopen_registry": "registry",
    "following": "following",
    "load_profile": "profile",
    "open_registry": "registry",
}


def __getattr__(name: str) -> object:
    """Import a public name from where it lives."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "errors"]
