"""Reaching a token: its module, its slot, its PIN; and what goes wrong with each, said as our own errors.

- One library and one login a token in a process: two keys of one token ask for the PIN once.
- A wrong PIN is never tried again by itself: tokens lock after a few.
- python-pkcs11 (extra `hsm`) is imported when a token is first needed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from registry_client.adapters.pkcs11_uri import TokenUri
from registry_client.errors import (
    TokenError,
    TokenMissingError,
    TokenModuleError,
    TokenPinError,
    TokenPinLockedError,
    TokenRemovedError,
)

AskPin = Callable[[str], str]
"""Called with the token's label; returns the PIN."""

_GONE: Final = (
    "DeviceRemoved",
    "DeviceError",
    "TokenNotPresent",
    "TokenNotRecognised",
    "SessionClosed",
    "SessionHandleInvalid",
    "ObjectHandleInvalid",
    "KeyHandleInvalid",
    "UserNotLoggedIn",
    "SlotIDInvalid",
)
"""What modules answer when a token that was there is not there any more."""
_sessions: dict[tuple[str, bytes, str], Any] = {}


@contextmanager
def translated(label: str) -> Iterator[None]:
    """Turn what the module says about a token that is in use into our errors."""
    import pkcs11

    try:
        yield
    except pkcs11.PKCS11Error as error:
        name = type(error).__name__
        if name in _GONE:
            forget(label)
            raise TokenRemovedError(
                f"the token {label} is gone ({name}): put it back and run the command again",
                token=label,
            ) from None
        raise TokenError(f"the token {label} refused: {name} {error}".rstrip(), token=label, code=name) from None


def load_module(path: str | None) -> Any:
    """Load a PKCS#11 module. Raises TokenModuleError: not named, not there, not a module, extra not installed."""
    if not path:
        raise TokenModuleError(
            "no PKCS#11 module is named: give --pkcs11-module FILE, set MAPAE_PKCS11_MODULE, or pkcs11_module in the "
            "profile (SoftHSM's is /usr/lib/softhsm/libsofthsm2.so)"
        )
    try:
        import pkcs11
    except ImportError:
        raise TokenModuleError("keys in tokens need an extra of the library: pip install 'mapae[hsm]'") from None
    try:
        return pkcs11.lib(path)
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
        raise TokenModuleError(
            f"the PKCS#11 module {path} cannot be used: {error or type(error).__name__}", module=path
        ) from None


def find_token(library: Any, uri: TokenUri) -> Any:
    """Return the one token that a URI names. Raises TokenMissingError, which lists what is there."""
    import pkcs11

    there, found = [], []
    try:
        for slot in library.get_slots(token_present=True):
            try:
                token = slot.get_token()
            except (pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised):
                continue
            if not token.flags & pkcs11.TokenFlag.TOKEN_INITIALIZED:
                continue
            there.append(token.label)
            if _fits(uri, token, slot.slot_id):
                found.append(token)
    except pkcs11.PKCS11Error as error:
        raise TokenError(f"the module cannot list its slots: {type(error).__name__} {error}".rstrip()) from None
    if len(found) == 1:
        return found[0]
    listed = ", ".join(there) or "none"
    reason = "no slot holds that token" if not found else "more than one token fits: add serial= to the URI"
    raise TokenMissingError(f"{reason}; the module has: {listed}", uri=uri.text(), tokens=there)


def open_session(library: Any, uri: TokenUri, *, module: str, ask_pin: AskPin, rw: bool = False) -> tuple[Any, str]:
    """Return a session that is logged in, and the token's label; shared by every key of the token in this process.

    Raises TokenMissingError, TokenPinError, TokenPinLockedError, TokenError.
    """
    token = find_token(library, uri)
    label = str(token.label)
    place = (module, bytes(token.serial), label)
    known = _sessions.get(place)
    if known is not None and (known.rw or not rw):
        return known, label
    if known is not None:
        _sessions.pop(place).close()
    _sessions[place] = _login(token, label, ask_pin, rw=rw)
    return _sessions[place], label


def close_sessions() -> None:
    """Log out of every token of this process."""
    for place in list(_sessions):
        _close(_sessions.pop(place))


def forget(label: str) -> None:
    """Drop the sessions of a token that is gone."""
    for place in [place for place in _sessions if place[2] == label]:
        _close(_sessions.pop(place))


def _close(session: Any) -> None:
    import pkcs11

    try:
        session.close()
    except pkcs11.PKCS11Error:
        return  # the token is gone, and the session with it


def _login(token: Any, label: str, ask_pin: AskPin, *, rw: bool) -> Any:
    import pkcs11
    from pkcs11.types import PROTECTED_AUTH

    flags = token.flags
    if flags & pkcs11.TokenFlag.USER_PIN_LOCKED:
        raise _locked(label)
    pin: object = None
    if flags & pkcs11.TokenFlag.PROTECTED_AUTHENTICATION_PATH:
        pin = PROTECTED_AUTH
    elif flags & pkcs11.TokenFlag.LOGIN_REQUIRED:
        pin = ask_pin(label)
    try:
        return token.open(rw=rw, user_pin=pin)
    except pkcs11.PinLocked:
        raise _locked(label) from None
    except (pkcs11.PinIncorrect, pkcs11.PinLenRange, pkcs11.PinInvalid, pkcs11.ArgumentsBad):
        raise _wrong_pin(token, label) from None
    except pkcs11.PinExpired:
        raise TokenPinError(f"the PIN of {label} has expired: set a new one with the token's own tool") from None
    except pkcs11.UserPinNotInitialized:
        raise TokenPinError(f"the token {label} has no PIN yet: set one with its own tool") from None
    except pkcs11.PKCS11Error as error:
        raise TokenError(f"the token {label} cannot be opened: {type(error).__name__} {error}".rstrip()) from None


def _wrong_pin(token: Any, label: str) -> TokenPinError:
    import pkcs11

    try:
        flags = token.slot.get_token().flags  # anew: the count has moved
    except pkcs11.PKCS11Error:
        flags = 0
    if flags & pkcs11.TokenFlag.USER_PIN_LOCKED:
        return _locked(label)
    if flags & pkcs11.TokenFlag.USER_PIN_FINAL_TRY:
        return TokenPinError(f"wrong PIN for {label}: one try is left, a wrong one locks it", token=label, tries_left=1)
    if flags & pkcs11.TokenFlag.USER_PIN_COUNT_LOW:
        return TokenPinError(
            f"wrong PIN for {label}; the token says that it counts wrong tries and few may be left", token=label
        )
    return TokenPinError(f"wrong PIN for {label}; a token locks after a few wrong tries", token=label)


def _locked(label: str) -> TokenPinLockedError:
    return TokenPinLockedError(
        f"the PIN of {label} is locked after too many wrong tries: its security officer sets a new one with the SO PIN",
        token=label,
    )


def _fits(uri: TokenUri, token: Any, slot_id: int) -> bool:
    serial = bytes(token.serial).decode("utf-8", "replace").strip()
    wanted = (
        (uri.token, str(token.label).strip()),
        (uri.serial, serial),
        (uri.manufacturer, str(token.manufacturer_id).strip()),
        (uri.model, str(token.model).strip()),
        (uri.slot_id, slot_id),
    )
    return all(value is None or value == actual for value, actual in wanted)
