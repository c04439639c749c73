"""Which frame `tenantry why` asks about: by its kind, by its bytes, or the first one of a capture that fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer

from controller.dataplane.fields import mac_text
from controller.northbound.pcap import BadCapture, frames_of
from controller.why.frames import GROUP, LARGEST, packet_in, wanted_of


def frame_to_ask(text: str, ask: Callable[[], Mapping[str, Any]]) -> str:
    """The parameter `packet` of the question. `ask` gives the answer to the same question about any frame.

    Raises typer.BadParameter.
    """
    try:
        wanted_of(text)
    except ValueError as error:
        is_no_frame = str(error)
    else:
        return text
    try:
        frame = _first_that_fits(Path(text), ask)
    except FileNotFoundError:
        raise typer.BadParameter(f"{text!r} is no file, and no frame: {is_no_frame}", param_hint="PACKET") from None
    except (OSError, BadCapture) as error:
        raise typer.BadParameter(f"{text}: {getattr(error, 'strerror', None) or error}", param_hint="PACKET") from None
    return frame[:LARGEST].hex()


def _first_that_fits(file: Path, ask: Callable[[], Mapping[str, Any]]) -> bytes:
    """The first frame of the sender's to the receiver, or to a group."""
    frames, answer = frames_of(file), ask()
    senders, receivers = (set(answer[side]["macs"]) or {answer[side]["mac"]} for side in ("from", "to"))
    for frame in frames:
        try:
            packet = packet_in(frame)
        except ValueError:
            continue
        is_for_it = packet.eth_dst & GROUP or mac_text(packet.eth_dst) in receivers
        if mac_text(packet.eth_src) in senders and is_for_it:
            return frame
    raise BadCapture(f"has no frame from {_either(senders)} to {_either(receivers)} or to a group")


def _either(macs: set[str]) -> str:
    return " or ".join(sorted(macs))
