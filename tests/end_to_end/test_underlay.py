"""The underlay is watched: who is out of reach is told, and flooded to no more; who is between two is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from apps.underlay import ASKED, HEARD
from controller.dataplane.fields import ETH_OUI_EXTENDED, mac_text
from controller.intent.model import OVERLAYS, Segment
from controller.northbound.api_endpoints import SOCKET
from controller.northbound.client import Server, ask_all
from controller.southbound.listen import Listen
from namespaces import ip_batch
from packet_train import Journey, PacketTrain
from tests.end_to_end.eventually import eventually
from tests.end_to_end.overlay_site import endpoint, guest, guests_of, mac, topology
from tests.end_to_end.overlay_watch import watching
from tests.end_to_end.running import Installation, running
from tests.end_to_end.test_overlay_intruders import Host, physical_mac

pytestmark = pytest.mark.ovs

SENDER, NEIGHBOUR, FAR = guests_of("red", Segment.GENEVE)
"""On hv2, hv3 and hv4."""
FLOOD = "ff:ff:ff:ff:ff:ff"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp("site")
    file = directory / "site.yaml"
    # The underlay carries more, so the search for what passes takes less long than it might.
    file.write_text(topology(underlay_mtu=1500))
    with running(file, directory) as installation:
        installation.widen()
        yield installation


def ports(site: Installation, *lines: str) -> None:
    """Change ports of the underlay's bridge."""
    ip_batch([f"link set {line}" for line in lines], pid=site.lab.net["underlay"].namespace)


def shown(site: Installation) -> list[tuple[Any, ...]]:
    """What `tenantry show underlay` says, asked without its start that takes a second."""
    found = ask_all(Server(Listen(path=site.daemon.state / SOCKET)), "/api/v1/underlay", {})
    return [(one["switch"], one["to"], one["encapsulation"], one["state"]) for one in found]


def floods_to(site: Installation, switch: str, target: str) -> int:
    """How many networks flood from one switch to another."""
    flows = (flow for flow in site.flows(switch) if "table=5," in flow)
    return sum(f"set_field:{endpoint(target)}->tun_dst" in flow for flow in flows)


def messages(site: Installation, since: int) -> list[str]:
    """What the watch said, without times."""
    lines = (line for line in site.log()[since:].splitlines() if "from=underlay" in line)
    return [re.sub(r"^.*?(switch=)", r"\1", line) for line in lines]


def test_a_host_that_is_cut_off_is_told_and_left_out_and_comes_back(site: Installation) -> None:
    began = len(site.log())
    out = [("hv4", None, segment.value, "out of reach") for segment in sorted(OVERLAYS)]
    assert (floods_to(site, "hv2", "hv4"), floods_to(site, "hv3", "hv4")) == (3, 3)
    journeys = {
        "known": Journey(SENDER, mac(2), {NEIGHBOUR}),
        "flood": Journey(SENDER, FLOOD, {NEIGHBOUR}),
        "other": Journey(guest("blue", Segment.GENEVE, 1), FLOOD, set(guests_of("blue", Segment.GENEVE)[1:])),
    }
    with site.prober() as prober, PacketTrain(prober, journeys) as train:
        ports(site, "to-hv4 nomaster")
        eventually(lambda: shown(site) == out, "a host out of reach")
        eventually(lambda: not floods_to(site, "hv2", "hv4") + floods_to(site, "hv3", "hv4"), "nobody floods to it")
        assert (floods_to(site, "hv2", "hv3"), floods_to(site, "hv4", "hv2")) == (6, 3)
        train.pass_frames(500)
        ports(site, "to-hv4 master underlay")
        eventually(lambda: not shown(site), "the host in reach again")
        eventually(lambda: floods_to(site, "hv2", "hv4") == 3, "floods to it again")
        back = train.sent
        train.pass_frames(500)
    faults = train.faults()
    assert faults.pop("flood").endswith(f"went astray to {FAR}"), "while it is in reach"
    assert faults == {}
    arrived = train.arrived("flood", FAR)
    assert len(arrived) == len(set(arrived)), "none twice"
    assert set(range(back + 100, back + 400)) <= set(arrived)
    said = " ".join(messages(site, began))
    assert re.fullmatch(r"(switch=hv4 message=\"(out of|in) reach (again )?over [a-z, ]+\" ?)+", said), said
    assert said.count("again") <= 3


def test_a_host_without_session_is_not_out_of_reach_unless_it_is_cut_off(site: Installation) -> None:
    began = len(site.log())
    far = site.lab.switches["hv4"]
    far.vsctl("set-controller", "br-int", f"unix:{far.ovs.directory}/nobody.sock")
    eventually(lambda: 'switch=hv4 message="lost: ' in site.log()[began:], "a session that is lost")
    # As long as it takes until somebody else is told.
    ports(site, "to-hv1 nomaster")
    eventually(lambda: len(shown(site)) == 3, "a host out of reach")
    ports(site, "to-hv1 master underlay")
    eventually(lambda: not shown(site), "the host in reach again")
    assert not [line for line in messages(site, began) if "hv4" in line]
    ports(site, "to-hv4 nomaster")
    eventually(lambda: {one[0] for one in shown(site)} == {"hv4"}, "the one without session out of reach")
    ports(site, "to-hv4 master underlay")
    eventually(lambda: not shown(site), "it is in reach again")
    far.vsctl("set-controller", "br-int", f"unix:{far.ovs.directory}/openflow.sock")
    eventually(lambda: 'switch=hv4 message="in sync' in site.log()[began:], "its session")


def test_a_pair_that_does_not_reach_each_other_is_named(site: Installation) -> None:
    began = len(site.log())
    ports(site, "to-hv2 type bridge_slave isolated on", "to-hv3 type bridge_slave isolated on")
    pair = [(*ends, one.value, "broken") for ends in (("hv2", "hv3"), ("hv3", "hv2")) for one in sorted(OVERLAYS)]
    eventually(lambda: shown(site) == pair, "a pair that is broken")
    ports(site, "to-hv2 type bridge_slave isolated off", "to-hv3 type bridge_slave isolated off")
    eventually(lambda: not shown(site), "the pair mended")
    texts = messages(site, began)
    named = 'switch=hv2 message="the endpoints of hv2 and hv3 do not reach each other over geneve, gre, vxlan"'
    assert texts.count(named) == 1
    assert not [text for text in texts if "out of reach" in text]


def test_one_direction_and_one_encapsulation_are_named(site: Installation) -> None:
    began = len(site.log())
    firewall = site.lab.switches["hv3"]
    gre = f"in_port=eth0,ip,nw_proto=47,nw_src={endpoint('hv2')}"
    firewall.ofctl("add-flow", "br-phys", f"priority=9,{gre},actions=drop")
    eventually(lambda: shown(site) == [("hv2", "hv3", "gre", "broken")], "one direction that is broken")
    firewall.ofctl("add-flow", "br-phys", "priority=9,udp,tp_dst=4789,actions=drop")
    out = ("hv3", None, "vxlan", "out of reach")
    eventually(lambda: shown(site) == [("hv2", "hv3", "gre", "broken"), out], "VXLAN that is dropped")
    firewall.ofctl("--strict", "del-flows", "br-phys", "priority=9,udp,tp_dst=4789")
    firewall.ofctl("del-flows", "br-phys", "ip")
    eventually(lambda: not shown(site), "all is mended")
    texts = messages(site, began)
    way = "the endpoint of hv2 does not reach that of hv3 over gre; the other way works; over geneve, vxlan it works"
    assert f'switch=hv2 message="{way}"' in texts
    assert 'switch=hv3 message="out of reach over vxlan; over geneve, gre it is in reach"' in texts


def test_what_guests_and_the_underlay_forge_is_counted_and_changes_nothing(site: Installation) -> None:
    """Who forges an endpoint's address forges its MAC, too, and the underlay does not learn where that is.

    Otherwise it is the way to that endpoint that changes, and to say so is right: in userspace Open vSwitch (from 2.17
    on) sends to where the last packet of a tunnel that it had to look at came from.
    """
    began = len(site.log())
    with watching(site.lab) as watch:
        for address in map(mac_text, (ASKED, HEARD)):
            for segment in OVERLAYS:
                token = f"{segment}{address[-1]}"
                watch.prober.send(guest("red", segment, 1), token, dst=address, ethertype=ETH_OUI_EXTENDED)
        delivered, envelopes = watch.collect()
    outside = {segment: {"outred": 1} if segment is Segment.VXLAN else {} for segment in OVERLAYS}
    for token, seen in delivered.items():
        members = guests_of("red", Segment(token[:-1]))[1:]
        assert seen == {**dict.fromkeys(members, 1), **outside[Segment(token[:-1])]}, "a frame like any other"
    assert len(delivered) == 6
    assert all(one.key for sent in envelopes.values() for one in sent), "it has its network's tunnel ID"
    assert messages(site, began) == []
    with watching(site.lab) as watch:
        host = Host(site.lab, watch)

        def are_counted() -> bool:
            for source, own in (("hv3", physical_mac(site.lab, "hv3")), ("outblue", None)):
                for address in (ASKED, HEARD):
                    inner = address.to_bytes(6, "big") + bytes.fromhex("027e74000000 88b7") + bytes(60)
                    host.send(inner, key=0, source=endpoint(source), mac=own)
            return len(set(messages(site, began))) == 2

        ports(site, "to-outblue type bridge_slave learning off")
        eventually(are_counted, "some that are not believed, sent back or not")
        watch.collect()
        ports(site, "to-outblue type bridge_slave learning on")
    text = 'message="probe of the underlay not believed, malformed: it is of another protocol or version"'
    assert set(messages(site, began)) == {f"switch=hv2 {text}", f"switch=hv3 {text}"}
    assert shown(site) == []


def test_a_packet_that_is_too_large_is_named(site: Installation) -> None:
    began = len(site.log())
    ports(site, "to-hv1 mtu 1400 nomaster")
    eventually(lambda: len(shown(site)) == len(OVERLAYS), "a host out of reach")
    ports(site, "to-hv1 master underlay")
    ends = [("hv1", "hv2"), ("hv1", "hv3"), ("hv2", "hv1"), ("hv3", "hv1")]
    narrow = [(*pair, one.value, "narrow") for pair in ends for one in sorted(OVERLAYS)]
    eventually(lambda: shown(site) == narrow, "ways that do not carry the largest packets")
    text = "packets of more than 1400 bytes do not pass to the endpoint of hv1 over geneve, gre, vxlan, and "
    text += "underlay_mtu is 1500; too large for guests on blue/geneve (mtu 1450, 1350 passes), "
    text += "blue/gre (mtu 1458, 1358 passes), blue/vxlan (mtu 1450, 1350 passes)"
    eventually(lambda: messages(site, began).count(f'switch=hv2 message="{text}"') == 1, "the networks by name")
