"""Which Docker engine: the one that the `docker` command would use."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.base import SandboxStartError
from sandbox.engine_tls import TlsFiles

if TYPE_CHECKING:
    from docker.context import Context

DEFAULT_ADDRESS = "unix:///var/run/docker.sock"
TLS_NAMES = ("ca.pem", "cert.pem", "key.pem")
"""How DOCKER_CERT_PATH and the folder of a context name their files."""


@dataclass(frozen=True)
class EngineAddress:
    """Where an engine is."""

    url: str
    """`unix://PATH`, `tcp://HOST:PORT` or `ssh://[USER@]HOST[:PORT][/PATH]`."""
    tls: TlsFiles | None = None
    """With what a `tcp://` engine and its user prove who they are."""


def find_address() -> EngineAddress:
    """The engine of DOCKER_HOST, else of DOCKER_CONTEXT, else of the current `docker context`.

    Raises:
        SandboxStartError: the named context does not exist.
    """
    if url := os.environ.get("DOCKER_HOST"):
        return EngineAddress(url, _tls_of_variables())
    from docker.context import ContextAPI  # noqa: PLC0415 - loaded with the SDK

    named = os.environ.get("DOCKER_CONTEXT")
    context = ContextAPI.get_context(named)
    if context is None:
        name = f"DOCKER_CONTEXT={named}" if named else "the current one"
        raise SandboxStartError(
            f"there is no such Docker context ({name}): see `docker context ls`, then "
            "`docker context use NAME`"
        )
    return EngineAddress(context.Host or DEFAULT_ADDRESS, _tls_of_context(context))


def _tls_of_variables() -> TlsFiles | None:
    """What DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH ask for; any text is a yes."""
    is_verified = bool(os.environ.get("DOCKER_TLS_VERIFY"))
    if not is_verified and not os.environ.get("DOCKER_TLS"):
        return None
    given = os.environ.get("DOCKER_CERT_PATH") or os.environ.get("DOCKER_CONFIG")
    folder = Path(given) if given else Path.home() / ".docker"
    ca, cert, key = (folder / name for name in TLS_NAMES)
    return TlsFiles(ca=ca, cert=cert, key=key, is_verified=is_verified)


def _tls_of_context(context: "Context") -> TlsFiles | None:
    """The files that `docker context create --docker ca=...,cert=...,key=...` has kept."""
    folder = Path(context.tls_path, "docker")
    ca, cert, key = (path if path.exists() else None for path in map(folder.joinpath, TLS_NAMES))
    if not (ca or cert or key):
        return None
    is_verified = not context.endpoints["docker"]["SkipTLSVerify"]
    return TlsFiles(ca=ca, cert=cert, key=key, is_verified=is_verified)
