"""The same plug on OVN: an interface with the id of a logical port, until its row says `ovn-installed`.

One logical switch of as many ports as ours has, and two chassis, one of which has the other member.
"""

from __future__ import annotations

from bench_join_plugs import PEER, PORTS, mac, plug_times
from ovn_site import ovn_site
from plug_client import PlugClient

INSTALLED = "ovn-installed"


def measure() -> list[float]:
    """Milliseconds that each plug took. Raises CommandError when OVN cannot be started, or does not bind a port."""
    with ovn_site() as site:
        words = ["--", "ls-add", "net"]
        for number, name in enumerate((PEER, *PORTS)):
            words += ["--", "lsp-add", "net", name, "--", "lsp-set-addresses", name, mac(number)]
        site.do(words, "--wait=hv")
        with PlugClient(site.ovs["hv2"].directory) as other, PlugClient(site.ovs["hv1"].directory) as client:
            other.plug("peer", PEER, mac(0))
            other.await_mark("peer", INSTALLED)
            return plug_times(client, INSTALLED)
