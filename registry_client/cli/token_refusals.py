"""What to do when a key in a token cannot be used: one sentence a kind of error, in English and Korean."""

from typing import Final

from registry_client.cli.i18n import tr
from registry_client.errors import TokenError

STEPS: Final[dict[str, tuple[str, str]]] = {
    "TokenUriError": (
        "write pkcs11:token=LABEL;object=NAME; `mapae key list --pkcs11 pkcs11:token=LABEL` shows the names",
        "pkcs11:token=이름;object=키이름처럼 씁니다; 키 이름은 `mapae key list --pkcs11 pkcs11:token=이름`",
    ),
    "TokenModuleError": (
        "install the maker's PKCS#11 module, and name its file",
        "제조사의 PKCS#11 모듈을 설치하고 그 파일을 지정하세요",
    ),
    "TokenMissingError": (
        "put the token in, switch the HSM on, or correct token= in the URI",
        "토큰을 꽂거나 HSM을 켜고, URI의 token=을 확인하세요",
    ),
    "TokenKeyMissingError": (
        "`mapae key create --pkcs11 ...` makes a key inside the token",
        "토큰 안에 키를 만들려면 `mapae key create --pkcs11 ...`",
    ),
    "TokenPinError": (
        "nothing was tried again; make sure of the PIN before the next try",
        "다시 시도하지 않았습니다; 다음 시도 전에 PIN을 확인하세요",
    ),
    "TokenPinUnreadError": (
        "the token was not asked and no try is used up; correct where the PIN comes from",
        "토큰에 묻지 않았고 시도 횟수도 줄지 않았습니다; PIN을 읽는 곳을 고치세요",
    ),
    "TokenPinLockedError": (
        "let the security officer set a new PIN with the token's own tool",
        "토큰 관리 도구로 보안 담당자(SO)가 새 PIN을 정해야 합니다",
    ),
    "TokenRemovedError": (
        "put the token back and run the same line again: what is done is not done twice",
        "토큰을 다시 꽂고 같은 명령을 실행하세요: 이미 된 것은 다시 하지 않습니다",
    ),
    "TokenError": (
        "look at the token with its own tool",
        "토큰 관리 도구로 상태를 확인하세요",
    ),
}
"""Class name -> (English, Korean)."""


def token_step(error: TokenError) -> str:
    """The sentence of the error's own kind."""
    return tr(*STEPS[type(error).__name__])
