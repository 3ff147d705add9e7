"""Where published lists are fetched: a node or any server of the same paths, or a folder that somebody brings.

- A list in bitstring form is two credentials, revocation and suspension; in token form it is one JWT.
- Whoever serves them is believed in nothing: reader.py verifies what came.
"""

from pathlib import Path
from typing import Final, Protocol

from registry_client.core.encoding import encode_hex
from registry_client.core.status import ListForm
from registry_client.core.status_lists.snapshot import PURPOSES
from registry_client.errors import LedgerUnavailableError, StatusUnavailableError
from registry_client.flows import Flow, HttpRequest, done, http

DOCUMENT_MAX_BYTES: Final = 131_072
"""One list; one that does not compress has 44 KB."""
HTTP_OK: Final = 200


class ListPlace(Protocol):
    """Where published lists are fetched."""

    def fetch(self, list_id: bytes, form: ListForm) -> Flow[tuple[bytes, ...]]:
        """Fetch the revocation and the suspension credential, or the one token list.

        Raises StatusUnavailableError.
        """
        ...


class NodePlace:
    """The node, or another server of the same paths, that the flow's transport reaches."""

    def fetch(self, list_id: bytes, form: ListForm) -> Flow[tuple[bytes, ...]]:
        """Fetch every part in one go. Raises StatusUnavailableError."""
        place = f"/status/{encode_hex(list_id)}"
        if form == "token":
            wanted = [HttpRequest(place, headers=(("Accept", "application/statuslist+jwt"),))]
        else:
            accept = (("Accept", "application/vc"),)
            wanted = [HttpRequest(f"{place}/{purpose}", headers=accept) for purpose in PURPOSES]
        try:
            answers = yield from http(*wanted)
        except LedgerUnavailableError as error:
            raise StatusUnavailableError(f"the published list cannot be fetched: {error.detail}") from None
        for answer in answers:
            if answer.status != HTTP_OK:
                raise StatusUnavailableError(
                    f"the list is not published there (HTTP {answer.status})",
                    list=encode_hex(list_id),
                    status=answer.status,
                )
        return tuple(answer.body for answer in answers)


class FolderPlace:
    """A folder of files that somebody brings.

    `<list id>-revocation.json` and `<list id>-suspension.json`, and `<list id>.jwt` for the token list.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fetch(self, list_id: bytes, form: ListForm) -> Flow[tuple[bytes, ...]]:
        """Read the files. Raises StatusUnavailableError."""
        name = encode_hex(list_id)
        names = [f"{name}.jwt"] if form == "token" else [f"{name}-{purpose}.json" for purpose in PURPOSES]
        return (yield from done(tuple(self._read(self._folder / name) for name in names)))

    @staticmethod
    def _read(path: Path) -> bytes:
        try:
            with path.open("rb") as stream:
                return stream.read(DOCUMENT_MAX_BYTES + 1)
        except OSError as error:
            raise StatusUnavailableError(
                f"the published list {path} cannot be read: {error.strerror}", path=str(path)
            ) from None
