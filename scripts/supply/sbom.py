"""Write the bill of materials: CycloneDX 1.6, JSON, the same bytes for the same locks.

Usage: PYTHONPATH=scripts .venv-audit/bin/python -m supply.sbom [FILE]     default build/sbom.cdx.json
"""

import hashlib
import json
import sys
import uuid
from pathlib import Path
from typing import Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component as Entry
from cyclonedx.model.component import ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from supply.components import ROOT, Component, product

ALGORITHMS: Final = {"sha256": HashAlgorithm.SHA_256, "sha512": HashAlgorithm.SHA_512}
NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "mapae:sbom")
DEFAULT: Final = ROOT / "build" / "sbom.cdx.json"


def entry_of(component: Component) -> Entry:
    """Return the CycloneDX entry of a component.

    A Python package has an archive for each platform, and the lock a hash for each: they are folded into one value,
    the SHA-256 over the sorted hashes, so that a changed lock is a changed bill.
    """
    licences = [LicenseFactory().make_from_string(component.licence)] if component.licence else []
    is_single = len(component.hashes) == 1
    folded = hashlib.sha256("".join(sorted(value for _, value in component.hashes)).encode()).hexdigest()
    return Entry(
        name=component.name,
        version=component.version,
        type=ComponentType.LIBRARY,
        purl=PackageURL.from_string(component.purl),
        bom_ref=component.purl,
        scope=ComponentScope.OPTIONAL if component.is_optional else ComponentScope.REQUIRED,
        licenses=licences,
        hashes=[
            HashType(alg=ALGORITHMS[algorithm], content=value) for algorithm, value in component.hashes if is_single
        ],
        properties=[] if is_single else [Property(name="mapae:archives", value=folded)],
    )


def bill() -> str:
    """Return the whole document. Its serial number follows from its content; it bears no time of writing."""
    entries = [entry_of(component) for component in product()]
    serial = uuid.uuid5(
        NAMESPACE,
        "\n".join(f"{entry.purl} {[str(found) for found in entry.hashes or entry.properties]}" for entry in entries),
    )
    subject = Entry(name="mapae", version="0.1.0", type=ComponentType.APPLICATION, bom_ref="mapae")
    bom = Bom(components=entries, serial_number=serial, metadata=BomMetaData(component=subject))
    bom.register_dependency(subject, entries)
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["metadata"]["timestamp"]
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def main() -> int:
    """Write and check against the schema; return the exit code."""
    target = Path(sys.argv[1]) if len(sys.argv) == 2 else DEFAULT
    text = bill()
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong is not None:
        print(f"sbom: not a CycloneDX 1.6 document: {wrong}", file=sys.stderr)
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    print(f"{target}: {len(json.loads(text)['components'])} components, CycloneDX 1.6")
    return 0


if __name__ == "__main__":
    sys.exit(main())
