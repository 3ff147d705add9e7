"""JSON-LD to canonical N-Quads (RDFC-1.0), where nothing of the document may be lost on the way: extra `ld` (pyld).

- JSON-LD silently drops what no context maps: then a signature does not cover what a JSON reader sees. Here every
  member must be mapped, every id and type absolute; null, empty and repeated values are refused, because RDF keeps
  none of them; and names are terms, never IRIs or keywords, so that one meaning has one spelling.
- Contexts come from the caller, already checked; the loader refuses every other URL, and nothing is fetched.
- Blank nodes are bounded, because canonicalisation may try every order of those that look alike.
- Specs: JSON-LD 1.1 API; RDF Dataset Canonicalization 1.0.
"""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha384
from typing import Any, ClassVar, Final, NoReturn

from registry_client.core.canonical import canonicalize
from registry_client.core.strict_json import parse_object
from registry_client.errors import ConfigurationError, MalformedValueError, RegistryError

BLANK_NODES_MAX: Final = 16
"""Objects without an id in one document, presentation and credential together."""
VALUES_MAX: Final = 1_024
"""Objects, arrays and plain values in one document; so many cost some 40 ms."""
SIBLINGS_MAX: Final = 4
"""Objects without an id in one array; their orders may all be tried: 4! is nothing, 16! is for ever."""
SCOPED_MAX: Final = 256
"""Contexts inside contexts that are kept processed; the pinned ones have some thirty."""
_BASE: Final = "https://relative.invalid/"
"""What relative references are resolved against, so that they can be told and refused."""
_VALUE_OBJECT: Final = frozenset({"@value", "@language", "@direction"})

Contexts = Mapping[str, Mapping[str, Any]]
"""URL -> the JSON of a context that may be used."""


class RdfCanonicalizer:
    """Canonicalises documents over a fixed set of contexts; keep it, because processed contexts are kept in it."""

    def __init__(self, contexts: Contexts) -> None:
        """Know these contexts and no others. Raises ConfigurationError where pyld is not installed."""
        try:
            from cachetools import LRUCache
            from pyld import jsonld
            from pyld.canon import URDNA2015
            from pyld.context_resolver import ContextResolver
        except ImportError:
            raise ConfigurationError("RDF cryptosuites need pyld: pip install 'mapae[ld]'") from None
        known = {
            url: {"contextUrl": None, "documentUrl": url, "document": dict(json)} for url, json in contexts.items()
        }

        def load(url: str, _: Any = None) -> dict[str, Any]:
            if url not in known:
                raise MalformedValueError("this context is not pinned, and none is fetched", url=url[:256])
            return known[url]

        class Sha384(URDNA2015):  # type: ignore[misc]
            def create_hash(self) -> Any:
                return sha384()

        class Strict(jsonld.JsonLdProcessor):  # type: ignore[misc]
            """Looks at what was expanded, and processes a context that a term or type brings once, not at each use.

            The second makes a credential of ours 2.4 times as fast as pyld alone, which copies them for each object.
            """

            scoped: ClassVar[dict[tuple[Any, ...], tuple[Any, Any]]] = {}

            def expand(self, input_: Any, options: Any) -> Any:
                expanded = super().expand(input_, options)
                _check_expanded(expanded)
                return expanded

            def _process_context(self, active_ctx: Any, local_ctx: Any, options: Any, **how: Any) -> Any:
                if not isinstance(local_ctx, Mapping) or "_uuid" not in active_ctx or "cycles" in how:
                    return super()._process_context(active_ctx, local_ctx, options, **how)
                key = (active_ctx["_uuid"], id(local_ctx), *sorted(how.items()))
                found = self.scoped.get(key)
                if found is None:  # what an identity stands for is kept with it, so that it stays the same
                    found = super()._process_context(active_ctx, local_ctx, options, **how), local_ctx
                    if len(self.scoped) >= SCOPED_MAX:
                        self.scoped.clear()
                    self.scoped[key] = found
                return found[0]

        self._jsonld = jsonld
        self._algorithms = {"sha256": URDNA2015, "sha384": Sha384}
        self._processor = Strict(on_property_dropped=_refuse_dropped)
        self._options = {
            "base": _BASE,
            "documentLoader": load,
            "contextResolver": ContextResolver(LRUCache(maxsize=256), load),
            "processingMode": "json-ld-1.1",
        }

    def canonicalize(self, document: Mapping[str, Any], *, hash_name: str = "sha256") -> bytes:
        """Return the sorted N-Quads of a document, as UTF-8. Raises MalformedValueError for what RDF would lose.

        `hash_name`: what blank nodes are told apart by: sha256, with P-384 keys sha384.
        """
        _check_source(document)
        try:
            dataset = self._processor.to_rdf(dict(document), dict(self._options))
            text: str = self._algorithms[hash_name]().main(dataset, {"format": "application/n-quads"})
        except RegistryError:
            raise
        except (self._jsonld.JsonLdError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            refused = _own_error(error)
            if refused is not None:
                raise refused from None
            raise MalformedValueError(f"not JSON-LD that can be canonicalised: {type(error).__name__}") from None
        if not text:
            raise MalformedValueError("nothing of the document is left in RDF")
        return text.encode("utf-8")


def canonicalizer_for(contexts: Contexts) -> RdfCanonicalizer:
    """Return the canonicaliser of exactly these contexts; the last few are kept."""
    return _known(tuple((url, _Same(json)) for url, json in contexts.items()))


class _Same:
    """A context's JSON as a key by identity: writing out the pinned ones to compare them takes 0.4 ms."""

    __slots__ = ("json",)

    def __init__(self, json: Mapping[str, Any]) -> None:
        self.json = json  # held, so that no other object gets its identity

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.json is other.json

    def __hash__(self) -> int:
        return id(self.json)


@lru_cache(maxsize=64)
def _known(contexts: tuple[tuple[str, _Same], ...]) -> RdfCanonicalizer:
    return _canonicalizer(tuple(sorted((url, canonicalize(dict(same.json))) for url, same in contexts)))


@lru_cache(maxsize=64)
def _canonicalizer(contexts: tuple[tuple[str, bytes], ...]) -> RdfCanonicalizer:
    return RdfCanonicalizer({url: parse_object(data) for url, data in contexts})


def _refuse_dropped(name: object) -> NoReturn:
    raise MalformedValueError("a member that no context maps", member=str(name)[:128])


def _own_error(error: BaseException | None) -> RegistryError | None:
    """Find the refusal of ours that a JSON-LD error was made of."""
    for _ in range(8):
        if error is None or isinstance(error, RegistryError):
            return error
        error = error.__cause__ or error.__context__
    return None


def _check_source(document: Mapping[str, Any]) -> None:
    blanks = seen = 0
    stack: list[Any] = [document]
    while stack:
        value = stack.pop()
        seen += 1
        if seen > VALUES_MAX:
            raise MalformedValueError(f"more than {VALUES_MAX} values in a document under an RDF suite")
        if isinstance(value, dict):
            if not value:
                raise MalformedValueError("an empty object has no meaning in RDF")
            if "@value" not in value and "id" not in value:
                blanks += 1
            for name, member in value.items():
                if name == "@context":
                    continue
                if (name.startswith("@") and name not in _VALUE_OBJECT) or ":" in name:
                    raise MalformedValueError("members are named by terms, not by IRIs or keywords", member=name[:128])
                if member is None or member == []:
                    raise MalformedValueError("null and empty lists vanish in RDF", member=name[:128])
                stack.append(member)
        elif isinstance(value, list):
            _check_list(value)
            stack.extend(value)
        elif isinstance(value, str) and value.startswith("_:"):
            raise MalformedValueError("blank nodes have no names here", value=value[:64])
    if blanks > BLANK_NODES_MAX:
        raise MalformedValueError(f"more than {BLANK_NODES_MAX} objects without an id", count=blanks)


def _check_list(values: list[Any]) -> None:
    texts = [canonicalize(value) for value in values]
    if len(set(texts)) != len(texts) or any(value is None or value == [] for value in values):
        raise MalformedValueError("an RDF set keeps no value twice, and no null")
    if sum(type(value) is dict and "id" not in value and "@value" not in value for value in values) > SIBLINGS_MAX:
        raise MalformedValueError(f"more than {SIBLINGS_MAX} objects without an id in one list")


def _check_expanded(value: Any) -> None:
    """Refuse ids and types that stayed relative: RDF would drop what they say."""
    if isinstance(value, list):
        for item in value:
            _check_expanded(item)
    elif isinstance(value, dict):
        types = value.get("@type", ())
        for iri in (value.get("@id", "a:"), *([types] if isinstance(types, str) else types)):
            if iri != "@json" and (":" not in iri or iri.startswith(_BASE)):
                raise MalformedValueError("an id or a type that no context makes absolute", iri=iri[:128])
        for name, member in value.items():
            if name not in {"@id", "@type", "@value"}:
                _check_expanded(member)
