"""What an exception says is missing: a host, credentials, a GPU, a display, a variable, a package, a download.

By the words of the libraries that raise them; the tests have the real texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["package", "file", "program", "host", "credentials", "variable", "gpu", "display", "model"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """Something that the subject needs and that is not here."""

    kind: Kind
    reason: str
    hint: str


Rule = Callable[[str, str, str], Need | None]
"""From an exception's bare name, its text and its traceback."""

_DISTRIBUTIONS = {
    "Crypto": "pycryptodome",
    "MySQLdb": "mysqlclient",
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "fitz": "pymupdf",
    "git": "GitPython",
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.storage": "google-cloud-storage",
    "osgeo": "gdal",
    "psycopg2": "psycopg2-binary",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "umap": "umap-learn",
    "yaml": "PyYAML",
}
"""Module -> the package that it comes in, where that has another name."""

_INSTALL = re.compile(
    r"""(?:[Uu]se pip or conda to install (?:the )?|pip install (?:-U |--upgrade )?)['"`]?([\w.\-\[\],]+)"""
)
_GPU = re.compile(
    r"No CUDA GPUs are available|Torch not compiled with CUDA enabled|Found no NVIDIA driver|"
    r"no CUDA-capable device|CUDA driver version is insufficient|torch\.cuda\.is_available\(\) is False|"
    r"cudaErrorNoDevice|cudaErrorInsufficientDriver|cuInit|CUDA_ERROR_NO_DEVICE|"
    r"Unknown backend:? '?(?:gpu|cuda|tpu)'?|no platforms that are instances of (?:gpu|cuda|tpu)|"
    r"Could not satisfy device specification|(?:GPU|CUDA) (?:is|was) not (?:available|found)|"
    r"No supported gpu backend|No visible GPU|No OpenCL device|not compiled with (?:CUDA|GPU) support|"
    r"PyTorch is not linked with support for (?:mps|cuda|xpu) devices|libcuda\.so|nvidia-smi|"
    r"Error at driver init",
    re.IGNORECASE,
)
_DISPLAY = re.compile(
    r"no display name and no \$DISPLAY|couldn't connect to display|[Cc]annot (?:open|connect to) (?:the )?display|"
    r"NoSuchDisplay|No available video device|requires a display",
)
_DENIED = re.compile(
    r"\b(?:401|403)\b.{0,40}(?:Unauthorized|Forbidden|Client Error)|HTTP Error (?:401|403)|Error code: (?:401|403)|"
    r"Client error '(?:401|403)|gated repo|"
    r"\((?:AccessDenied\w*|ExpiredToken\w*|InvalidAccessKeyId|SignatureDoesNotMatch|UnrecognizedClientException|"
    r"InvalidClientTokenId|AuthFailure|Forbidden|403|401)\)|"
    r"[Pp]assword authentication failed|Access denied for user|no password supplied|ORA-01017",
)
_CREDENTIALS = re.compile(
    r"Unable to locate credentials|Partial credentials|default credentials were not found|"
    r"Could not automatically determine credentials|[Mm]issing credentials|No credentials|"
    r"resolve authentication method|authentication unavailable|failed to retrieve a token|config profile \(|"
    r"must specify a region|[Nn]o API[ _-]?key|api_key client option must be set|"
    r"API[ _-]?key (?:is |was )?(?:not (?:provided|found|set|configured)|missing|required)|"
    r"[Pp]lease (?:log ?in|authenticate)|wandb login|huggingface-cli login|hf auth login",
)
_CREDENTIAL_KINDS = frozenset(
    {
        "NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "DefaultCredentialsError",
        "CredentialUnavailableError", "ClientAuthenticationError", "AuthenticationError", "PermissionDeniedError",
        "GatedRepoError", "LocalTokenNotFoundError",
    }
)  # fmt: skip
_HOST_KINDS = frozenset(
    {
        "gaierror", "ConnectionRefusedError", "ConnectError", "ConnectTimeout", "ConnectTimeoutError",
        "ConnectionTimeout", "NewConnectionError", "NameResolutionError", "EndpointConnectionError",
        "ClientConnectorError", "ClientConnectorDNSError", "ServerSelectionTimeoutError", "APIConnectionError",
    }
)  # fmt: skip
_UNREACHABLE = re.compile(
    r"\[Errno (?:101|110|111|113|-2|-3|-5)\]|Connection refused|[Nn]ame resolution|[Nn]ame or service not known|"
    r"NameResolutionError|NewConnectionError|ConnectTimeoutError|Network is unreachable|No route to host|"
    r"could not translate host name|failed to resolve host|nodename nor servname|"
    r"[Cc]an'?(?:not|t) (?:connect to|create a connection to)|[Cc]ould not connect to|"
    r"couldn't connect to|check your (?:internet )?connection",
)
_HOSTS = (
    re.compile(r"host='([^']+)', port=(\d+)"),
    re.compile(r"server at \"([^\"]+)\"(?: \([^)]*\))?, port (\d+)"),
    re.compile(r"Cannot connect to host ([^\s:]+|\[[^\]]+\]):(\d+)"),
    re.compile(r"host ([\w.\-]+) and port (\d+)"),
    re.compile(r"server on '([^':]+):?(\d+)?'"),
    re.compile(r"host(?: name)? ['\"]([^'\"]+)['\"]()"),
    re.compile(r"https?://([\w.\-]+):?(\d+)?"),
)
_VARIABLE = re.compile(r"\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z][A-Z0-9]{3,})\b")
_IS_VARIABLE = re.compile(
    r"environment[ -]?variable|env(?:ironment)?[ _.-]?var|envvar|os\.environ|\.env\b", re.IGNORECASE
)
_IS_MISSING = re.compile(
    r"\b(?:missing|not set|unset|not found|not defined|undefined|required|must|please|set|export|provide|define)\b",
    re.IGNORECASE,
)
_SECRET = re.compile(r"_(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS|URI|URL|DSN)$")
_FROM_ENVIRON = re.compile(r"""File "?<?[^"\n]*\bos(?:\.py|>)"?(?:, line |:)\d+, in (?:_Environ\.)?__getitem__""")


def distribution(module: str) -> str:
    """The name under which a module is installed."""
    return _DISTRIBUTIONS.get(module) or _DISTRIBUTIONS.get(module.partition(".")[0]) or module.replace(".", "-")


def _package(kind: str, text: str, _detail: str) -> Need | None:
    found = _INSTALL.search(text)
    if found is None or kind not in ("ImportError", "ModuleNotFoundError", "RuntimeError", "OSError"):
        return None
    name = found[1].rstrip(".,")
    return Need(kind="package", reason=f"needs the package {name!r}", hint=f"Run `pip install {name}`")


def _model(_kind: str, text: str, _detail: str) -> Need | None:
    """Data and models that libraries ask the user to download."""
    for pattern, hint in (
        (r"Resource (\w+) not found\.", "Run `python -m nltk.downloader {}`"),
        (r"\[E050\] Can't find model '([^']+)'", "Run `python -m spacy download {}`"),
    ):
        if found := re.search(pattern, text):
            return Need(kind="model", reason=f"needs the download {found[1]!r}", hint=hint.format(found[1]))
    return None


def _gpu(_kind: str, text: str, _detail: str) -> Need | None:
    if not _GPU.search(text):
        return None
    return Need(kind="gpu", reason="needs a GPU", hint="Run it where there is one, or let it choose the CPU")


def _display(_kind: str, text: str, _detail: str) -> Need | None:
    if not _DISPLAY.search(text):
        return None
    return Need(kind="display", reason="needs a display", hint="Run it under `xvfb-run`, or without windows")


def _variable(kind: str, text: str, detail: str) -> Need | None:
    """A variable of the environment: read without being there, or asked for in the message."""
    name = ""
    if kind == "KeyError":
        name = text.strip("'\"") if _FROM_ENVIRON.search(detail) else ""
    elif _IS_MISSING.search(text):
        named = sorted(_VARIABLE.findall(text), key=lambda each: "_" not in each)
        name = next((each for each in named if _IS_VARIABLE.search(text) or _SECRET.search(each)), "")
    if not name:
        return None
    return Need(kind="variable", reason=f"needs the environment variable {name}", hint=f"Set {name}")


def _credentials(kind: str, text: str, _detail: str) -> Need | None:
    if kind in _CREDENTIAL_KINDS or _CREDENTIALS.search(text):
        return Need(kind="credentials", reason=f"needs credentials: {_line(text)}", hint="Set them for this machine")
    if not _DENIED.search(text):
        return None
    return Need(
        kind="credentials",
        reason=f"needs credentials: {_line(text)}",
        hint="Set credentials that are allowed to do this",
    )


def _host(kind: str, text: str, _detail: str) -> Need | None:
    if kind not in _HOST_KINDS and not _UNREACHABLE.search(text):
        return None
    if kind in ("", "FileNotFoundError", "PermissionError"):
        return None
    matches = (pattern.search(text) for pattern in _HOSTS)
    found = next((match for match in matches if match is not None), None)
    name = "another machine" if found is None else ":".join(filter(None, found.groups()))
    return Need(
        kind="host",
        reason=f"needs {name}, which cannot be reached: {_line(text)}",
        hint="Start it, or run the audit where it can be reached",
    )


def _line(text: str) -> str:
    first = text.strip().partition("\n")[0]
    return first if len(first) <= 100 else first[:96].rstrip() + " ..."


RULES: tuple[Rule, ...] = (_package, _model, _gpu, _display, _variable, _credentials, _host)
"""The first one that knows the words decides."""
