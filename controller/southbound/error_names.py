"""OpenFlow's errors in words, for logs.

The names are those of the standard (OpenFlow 1.3.5, 7.4.4), read from os-ken's table of constants. That is imported
when the first error comes, as it takes 20 MB and most daemons never see one.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from struct import Struct

_ERROR = Struct("!8xHH")
_EXPERIMENTER = Struct("!I")
BAD_REQUEST, EXPERIMENTER = 1, 0xFFFF
ABOUT_BUNDLES = (BAD_REQUEST, EXPERIMENTER)
"""Types of errors that, while a bundle is filled, need not be the fault of what was added."""
BUNDLE_BAD_ID, BUNDLE_TIMEOUT = (EXPERIMENTER, 2302), (EXPERIMENTER, 2314)
_ONF = 0x4F4E4600
_BUNDLE_ERRORS = (
    *("UNKNOWN", "EPERM", "BAD_ID", "BUNDLE_EXIST", "BUNDLE_CLOSED", "OUT_OF_BUNDLES", "BAD_TYPE", "BAD_FLAGS"),
    *("MSG_BAD_LEN", "MSG_BAD_XID", "MSG_UNSUP", "MSG_CONFLICT", "MSG_TOO_MANY", "MSG_FAILED", "TIMEOUT"),
    "BUNDLE_IN_PROGRESS",
)
"""From 2300 on (ONF EXT-230)."""

_CODE_PREFIXES = {
    "HELLO_FAILED": "OFPHFC",
    "BAD_REQUEST": "OFPBRC",
    "BAD_ACTION": "OFPBAC",
    "BAD_INSTRUCTION": "OFPBIC",
    "BAD_MATCH": "OFPBMC",
    "FLOW_MOD_FAILED": "OFPFMFC",
    "GROUP_MOD_FAILED": "OFPGMFC",
    "PORT_MOD_FAILED": "OFPPMFC",
    "TABLE_MOD_FAILED": "OFPTMFC",
    "QUEUE_OP_FAILED": "OFPQOFC",
    "SWITCH_CONFIG_FAILED": "OFPSCFC",
    "ROLE_REQUEST_FAILED": "OFPRRFC",
    "METER_MOD_FAILED": "OFPMMFC",
    "TABLE_FEATURES_FAILED": "OFPTFFC",
}

BAD_OUT_GROUP = (2, 9)
GROUP_MOD_FAILED, METER_MOD_FAILED = 6, 12
GROUP_EXISTS, UNKNOWN_GROUP = (GROUP_MOD_FAILED, 0), (GROUP_MOD_FAILED, 8)
METER_EXISTS, UNKNOWN_METER = (METER_MOD_FAILED, 1), (METER_MOD_FAILED, 3)
EXISTS, UNKNOWN = (GROUP_EXISTS, METER_EXISTS), (UNKNOWN_GROUP, UNKNOWN_METER)


def describe(message: bytes) -> tuple[int, int, str]:
    """(type, code, in words) of an error message."""
    kind, code = _ERROR.unpack_from(message)
    if kind == EXPERIMENTER:
        (experimenter,) = _EXPERIMENTER.unpack_from(message, _ERROR.size)
        if experimenter == _ONF and 0 <= code - 2300 < len(_BUNDLE_ERRORS):
            return kind, code, f"BUNDLE_FAILED: {_BUNDLE_ERRORS[code - 2300]}"
        return kind, code, f"experimenter {experimenter:#x} error {code}"
    name = _names().get((kind, code)) or f"error type {kind} code {code}"
    if kind == 0:
        # Of a failed hello only, the data is text.
        return kind, code, f"{name} {message[_ERROR.size :].decode('ascii', 'replace')}".strip()
    return kind, code, name


@cache
def _names() -> dict[tuple[int, int], str]:
    constants = vars(import_module("os_ken.ofproto.ofproto_v1_3"))
    names = {}
    for kind, prefix in _CODE_PREFIXES.items():
        number = constants[f"OFPET_{kind}"]
        for constant, value in constants.items():
            if constant.startswith(f"{prefix}_"):
                words = f"{kind}: {constant.removeprefix(f'{prefix}_')}"
                names[number, value] = words
    return names
