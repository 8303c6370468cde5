"""A view of the machine of a run's own: mounts and network that nobody else sees, and paths it cannot write to.

Standard library only and found by path, as it runs in whatever interpreter starts the run. Linux only. Everything
here either takes effect or raises ConfinementError: a run that is not confined as asked must not begin.

The spec that both functions take is JSON, all of it optional; an empty one changes nothing:

    namespaces  "root" (CAP_SYS_ADMIN is there, ids are kept) or "user" (a user namespace that maps the user to itself)
    network     true: a network of its own, with nothing but loopback
    mounts      done in this order; all sources are looked up before the first one
        {"kind": "overlay", "at": PATH, "lower": [PATH, ...], "upper": PATH, "work": PATH, "options": [TEXT, ...]}
        {"kind": "bind", "at": PATH, "source": PATH, "readonly": BOOL, "optional": BOOL: nothing if it is gone}
        {"kind": "tmpfs", "at": PATH, "options": [TEXT, ...], "folders": [PATH, ...], "readonly": BOOL}
    protect     paths that cannot be written to, by Landlock
    writable    the only paths that can be written to, by Landlock; with it, ``protect`` is not needed
"""

# Loaded for every run: typing, contextlib and socket take longer to import than all that is done here.
# ruff: noqa: PTH103, PTH120, PTH123

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWNET = 0x20000, 0x10000000, 0x40000000
_MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x1, 0x20, 0x1000, 0x4000, 0x40000
_PR_SET_NO_NEW_PRIVS = 38
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_WRITE_FILE, _REFER, _TRUNCATE = 1 << 1, 1 << 13, 1 << 14
_CHANGE_ENTRIES = sum(1 << bit for bit in range(4, 13))
"""Removing and making entries of every kind."""
MIN_LANDLOCK = 2
"""Before version 2 every rename from one folder to another is forbidden, which sound programs need."""
_LANDLOCK_TRUNCATE = 3
"""The version that restricts truncating by path."""


class ConfinementError(Exception):
    """Something that a run was to be kept from could not be kept from it; the text says what and why."""


def enter(spec: Mapping[str, Any]) -> None:
    """Move this process, which must have one thread, into namespaces of its own and mount what the spec lists."""
    kind = spec.get("namespaces", "")
    if not kind:
        if spec.get("mounts") or spec.get("network"):
            raise ConfinementError("mounts and a network of its own need namespaces")
        return
    uid, gid = os.geteuid(), os.getegid()
    flags = _CLONE_NEWNS | (_CLONE_NEWUSER if kind == "user" else 0) | (_CLONE_NEWNET if spec.get("network") else 0)
    _check(_libc().unshare(flags), "cannot make namespaces")
    if kind == "user":
        _map_ids(uid, gid)
    # Otherwise mounts would spread to where they came from.
    _check(_mount(None, "/", None, _MS_REC | _MS_PRIVATE, None), "cannot make mounts private")
    if spec.get("network"):
        _raise_loopback()
    mounts = spec.get("mounts", [])
    descriptors: dict[str, int] = {}
    try:
        names = _opened(_sources(mounts), descriptors)
        for mount in mounts:
            _MOUNTS[mount["kind"]](mount, names)
    finally:
        for number in descriptors.values():
            os.close(number)


def confine(spec: Mapping[str, Any]) -> None:
    """Forbid this process and all that it starts to write to protected paths, or beside writable ones, for good."""
    protected = [os.path.realpath(path) for path in spec.get("protect", ())]
    writable = spec.get("writable")
    if not protected and writable is None:
        return
    version = landlock_version()
    if version < MIN_LANDLOCK:
        what = f"protect {protected[0]}" if protected else "keep the run from writing elsewhere"
        raise ConfinementError(f"cannot {what}: the kernel has no Landlock of version {MIN_LANDLOCK}")
    rights = _WRITE_FILE | _CHANGE_ENTRIES | _REFER | (_TRUNCATE if version >= _LANDLOCK_TRUNCATE else 0)
    ruleset = _check(
        _libc().syscall(_CREATE_RULESET, struct.pack("=Q", rights), ctypes.c_size_t(8), 0), "cannot use Landlock"
    )
    try:
        for path in _beside(protected) if writable is None else map(os.path.realpath, writable):
            _allow(ruleset, path, rights)
        _check(_libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "cannot give up privileges")
        _check(_libc().syscall(_RESTRICT_SELF, ruleset, 0), "cannot use Landlock")
    finally:
        os.close(ruleset)


def landlock_version() -> int:
    """Version of the kernel's Landlock; 0 where there is none or it is switched off."""
    return max(0, int(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, problem: str) -> int:
    if result < 0:
        raise ConfinementError(f"{problem}: {os.strerror(ctypes.get_errno())}")
    return result


def _mount(source: str | None, at: str, kind: str | None, flags: int, options: str | None) -> int:
    texts = [None if text is None else os.fsencode(text) for text in (source, at, kind, options)]
    return int(_libc().mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]))


def _map_ids(uid: int, gid: int) -> None:
    """Let the user be itself in its user namespace; nobody else exists there."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        try:
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
        except OSError as error:
            raise ConfinementError(f"cannot write /proc/self/{name}: {error.strerror}") from error


def _raise_loopback() -> None:
    import fcntl
    import socket

    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            request = struct.pack("16sh14x", b"lo", 0)
            flags = struct.unpack("16sh14x", fcntl.ioctl(control, _SIOCGIFFLAGS, request))[1]
            fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))
    except OSError as error:
        raise ConfinementError(f"cannot raise the loopback interface: {error.strerror}") from error


def _sources(mounts: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, bool]]:
    """(path, whether it may be missing) for everything that a mount takes its content from."""
    for mount in mounts:
        if mount["kind"] == "overlay":
            yield from ((path, False) for path in (*mount["lower"], mount["upper"], mount["work"]))
        elif mount["kind"] == "bind":
            yield mount["source"], bool(mount.get("optional"))


def _opened(paths: Iterable[tuple[str, bool]], descriptors: dict[str, int]) -> dict[str, str]:
    """Each path under a name that leads there whatever is mounted over it later, and that holds no special character.

    Commas and colons separate the options of an overlay. What is opened is added to ``descriptors``.
    """
    for path, optional in paths:
        if path in descriptors:
            continue
        try:
            descriptors[path] = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError as error:
            if not optional:
                raise ConfinementError(f"cannot mount {path}: {error.strerror}") from error
    return {path: f"/proc/self/fd/{number}" for path, number in descriptors.items()}


def _mount_overlay(mount: Mapping[str, Any], names: Mapping[str, str]) -> None:
    layers = [
        f"lowerdir={':'.join(names[path] for path in mount['lower'])}",
        f"upperdir={names[mount['upper']]}",
        f"workdir={names[mount['work']]}",
    ]
    options = [*layers, *mount.get("options", ())]
    # Nothing of a run need survive a crash, so nothing is synced; kernels before 5.10 know no such overlay.
    for attempt in ([*options, "volatile"], options):
        result = _mount("overlay", mount["at"], "overlay", 0, ",".join(attempt))
        if result == 0 or ctypes.get_errno() != errno.EINVAL:
            break
    _check(result, f"cannot mount an overlay over {mount['at']}")


def _mount_bind(mount: Mapping[str, Any], names: Mapping[str, str]) -> None:
    source, at, optional = mount["source"], mount["at"], mount.get("optional")
    if optional and source not in names:
        return
    result = _mount(names[source], at, None, _MS_BIND | _MS_REC, None)
    if result < 0 and optional and ctypes.get_errno() == errno.ENOENT:
        return
    _check(result, f"cannot mount {source} at {at}")
    if mount.get("readonly"):
        # A user namespace may not take away restrictions that the file system was mounted with.
        kept = os.statvfs(at).f_flag & (os.ST_NOSUID | os.ST_NODEV | os.ST_NOEXEC)
        flags = _MS_REMOUNT | _MS_BIND | _MS_RDONLY | kept
        _check(_mount(None, at, None, flags, None), f"cannot make {at} read-only")


def _mount_tmpfs(mount: Mapping[str, Any], _names: Mapping[str, str]) -> None:
    at, options = mount["at"], ",".join(mount.get("options", ()))
    _check(_mount("tmpfs", at, "tmpfs", 0, options), f"cannot mount an empty folder over {at}")
    for folder in mount.get("folders", ()):
        os.makedirs(folder, exist_ok=True)
    if mount.get("readonly"):
        _check(_mount(None, at, None, _MS_REMOUNT | _MS_RDONLY, options), f"cannot make {at} read-only")


_MOUNTS = {"overlay": _mount_overlay, "bind": _mount_bind, "tmpfs": _mount_tmpfs}


def _beside(protected: Sequence[str]) -> Iterator[str]:
    """All paths that lie beside the way to a protected one, at every level: Landlock can allow, and not forbid."""
    on_the_way = {parent for path in protected for parent in _parents(path)}
    for folder in sorted(on_the_way):
        if any(folder == path or folder.startswith(path.rstrip("/") + "/") for path in protected):
            continue
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue  # what cannot be listed is not allowed
        for entry in entries:
            if not entry.is_symlink() and entry.path not in on_the_way and entry.path not in protected:
                yield entry.path


def _parents(path: str) -> Iterator[str]:
    while path != "/":
        path = os.path.dirname(path)
        yield path


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return  # gone meanwhile, or not ours to reach
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _WRITE_FILE | _TRUNCATE
        rule = struct.pack("=Qi", rights, descriptor)
        _check(_libc().syscall(_ADD_RULE, ruleset, 1, rule, 0), f"cannot allow writing to {path}")
    finally:
        os.close(descriptor)
