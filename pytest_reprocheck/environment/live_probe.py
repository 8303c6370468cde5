"""Run by the subject's own interpreter, whatever its version: says what is installed and what it runs on, as JSON.

Standard library alone; numpy is imported where it is installed, to learn which BLAS it has. Everything that cannot be
learnt is left out.
"""

from __future__ import annotations

import hashlib
import json
import locale
import os
import platform
import re
import subprocess
import sys
import sysconfig
import time
from importlib import metadata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
GENERATED = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json")


def main() -> None:
    """Print all that is known."""
    if sys.path and os.path.abspath(sys.path[0] or ".") == os.path.dirname(os.path.abspath(__file__)):
        del sys.path[0]
    told = {
        "python": platform.python_version(),
        "prefix": sys.prefix,
        "markers": markers(),
        "distributions": distributions(),
        "conda": conda_packages(),
        "host": {name: text for name, text in sorted(host().items()) if text},
    }
    print(json.dumps(told))


def markers() -> dict[str, str]:
    """The values of PEP 508's environment markers."""
    info = sys.implementation.version
    kind = "" if info.releaselevel == "final" else info.releaselevel[0] + str(info.serial)
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": "{0.major}.{0.minor}.{0.micro}".format(info) + kind,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def distributions() -> list[dict[str, Any]]:
    """What is installed, of those with one name the one that is imported, which comes first on the path."""
    found = {}
    for each in metadata.distributions():
        name = each.metadata["Name"]
        if not name:
            continue
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key not in found:
            direct = each.read_text("direct_url.json")
            found[key] = {
                "name": key,
                "version": each.version or "",
                "installer": (each.read_text("INSTALLER") or "").strip(),
                "direct_url": loaded(direct),
                "contents": contents(each.read_text("RECORD")),
            }
    return [found[key] for key in sorted(found)]


def loaded(text: str | None) -> dict[str, Any] | None:
    """A JSON object, None for anything else."""
    try:
        data = json.loads(text) if text else None
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def contents(record: str | None) -> str:
    """A digest over the digests of a package's own files; empty without them.

    Scripts hold the interpreter's path, and what installers write about themselves differs between them.
    """
    lines = []
    for line in (record or "").splitlines():
        path, _, rest = line.partition(",sha256=")
        name = path.strip('"')
        if rest and not name.startswith(("..", "/")) and name.rpartition("/")[2] not in GENERATED:
            lines.append(name + " " + rest.partition(",")[0])
    return "sha256:" + hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest() if lines else ""


def conda_packages() -> list[dict[str, str]] | None:
    """What conda's own records of this environment say; None where it is not conda's."""
    folder = os.path.join(sys.prefix, "conda-meta")
    if not os.path.isdir(folder):
        return None
    found = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".json"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                data = loaded(file.read())
            if data is None or "name" not in data:
                raise SystemExit(os.path.join(folder, name) + ": is no record of a package")
            keys = ("name", "version", "build", "channel", "sha256", "md5")
            found.append({key: str(data.get(key) or "") for key in keys})
    return found


def host() -> dict[str, str]:
    """What results may depend on and no lock holds."""
    build = platform.python_build()
    told = {
        "python": platform.python_version(),
        "python build": " ".join((platform.python_implementation(), *build)).strip(),
        "python compiler": platform.python_compiler(),
        "python threads": "free" if sysconfig.get_config_var("Py_GIL_DISABLED") else "GIL",
        "system": platform.system(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "distribution": distribution(),
        "cpus": str(cpus()),
        "locale": locale_name(),
        "encoding": locale.getpreferredencoding(False),
        "time zone": os.environ.get("TZ") or zone(),
        "tz data": tz_data(),
        "hash seed": os.environ.get("PYTHONHASHSEED", ""),
        "threads asked for": " ".join(name + "=" + os.environ[name] for name in THREADS if name in os.environ),
    }
    told.update(processor())
    told.update(gpus())
    told.update(blas())
    return told


def cpus() -> int | None:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def distribution() -> str:
    """The system's name and version."""
    text = read("/etc/os-release")
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)', text, re.MULTILINE)
    return found.group(1) if found else ""


def locale_name() -> str:
    """What the variables ask for, and what the system makes of it."""
    asked = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
    try:
        return locale.setlocale(locale.LC_ALL, "") if asked else "C"
    except locale.Error:
        return asked + " (not installed)"


def zone() -> str:
    """The local zone's name in the system's settings, or its abbreviations."""
    target = os.path.realpath("/etc/localtime")
    return target.partition("zoneinfo/")[2] or "/".join(time.tzname)


def tz_data() -> str:
    """The release of the time zones' rules that Python finds first."""
    folders = os.environ.get("PYTHONTZPATH", "").split(os.pathsep) + ["/usr/share/zoneinfo"]
    for folder in filter(None, folders):
        text = read(os.path.join(folder, "tzdata.zi"))[:80] or read(os.path.join(folder, "+VERSION"))[:20]
        if text.strip():
            return text.splitlines()[0].replace("# version", "").strip()
        if os.path.isdir(folder):
            return ""
    return ""


def processor() -> dict[str, str]:
    """Model and features, the latter as a digest beside those that libraries choose their code by."""
    text = read("/proc/cpuinfo")
    model = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", text, re.MULTILINE)
    names = sorted(set(flags.group(1).split())) if flags else []
    known = [name for name in names if re.match(r"(avx|fma|sse4|amx|asimd|sve|neon|f16c|bf16)", name)]
    return {"cpu": model.group(1).strip() if model else platform.processor(), "cpu features": " ".join(known)}


def gpus() -> dict[str, str]:
    """Devices and driver as NVIDIA's own tool tells them."""
    if not os.path.exists("/proc/driver/nvidia/version") and not os.path.exists("/dev/nvidia0"):
        return {}
    command = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return {"gpu": "present", "gpu driver": read("/proc/driver/nvidia/version").partition("\n")[0]}
    lines = [line.rpartition(", ") for line in done.stdout.decode().splitlines() if line.strip()]
    return {
        "gpu": ", ".join(line[0] for line in lines),
        "gpu driver": ", ".join(sorted({line[2] for line in lines})),
    }


def blas() -> dict[str, str]:
    """The BLAS of numpy, and the thread pools of what it loaded."""
    try:
        import numpy
    except Exception:  # whatever a broken numpy raises, the rest can be learnt
        return {}
    told = {"numpy features": ""}
    try:
        config = numpy.show_config(mode="dicts")
        found = config["Build Dependencies"]["blas"]
        told["blas"] = " ".join(str(found.get(key, "")) for key in ("name", "version")).strip()
        told["numpy features"] = " ".join(config["SIMD Extensions"].get("found", []))
    except (TypeError, KeyError, AttributeError):
        pass
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return told
    pools = {
        " ".join(str(pool.get(key) or "") for key in ("internal_api", "version", "architecture", "num_threads"))
        for pool in threadpool_info()
    }
    told["thread pools"] = ", ".join(" ".join(pool.split()) for pool in sorted(pools))
    return told


def read(path: str) -> str:
    """A small file's text, empty where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(65536)
    except OSError:
        return ""


if __name__ == "__main__":
    main()
