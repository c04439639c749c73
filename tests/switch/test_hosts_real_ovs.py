"""Hosts that join, are changed by hand, and leave: with a real ovsdb-server and ovs-vswitchd."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller.intent.model import HostSettings, Segment
from controller.ovsdb.hosts import Hosts
from controller.southbound.listen import Listen, Tls
from controller.southbound.statistics import Statistics
from namespaces import entered, run
from private_ovs import PrivateOvs
from tests.switch.certificates import certificates
from tests.switch.host_lab import BRIDGE, CONTROLLER, PLAN, Recorder, has, join, no_departures, taking_on
from tests.switch.southbound_lab import private_ovs, until
from tests.unit.host_script import answer, rows

pytestmark = pytest.mark.ovs


@pytest.fixture
def ovs(tmp_path: Path) -> Iterator[PrivateOvs]:
    with private_ovs(tmp_path / "ovs") as (running, _):
        yield running


def database(ovs: PrivateOvs) -> str:
    """All that is configured, without what counts or differs from run to run."""
    columns = {
        "Bridge": "name,ports,controller,fail_mode,protocols,other_config,external_ids,datapath_type",
        "Port": "name,external_ids",
        "Interface": "name,type,options,external_ids",
        "Controller": "target,connection_mode,external_ids",
    }
    return "".join(ovs.vsctl(f"--columns={names}", "list", table) for table, names in columns.items())


def test_a_host_joins_by_one_line_and_is_left_as_it_was(ovs: PrivateOvs, tmp_path: Path) -> None:
    before = database(ovs)

    async def scenario() -> None:
        meeting = tmp_path / "ovsdb.sock"
        async with taking_on(Listen(path=meeting)) as hosts:
            join(ovs, f"unix:{meeting}")
            await until(lambda: hosts.joined and hosts.joined["hv1"].has_joined)
            # The kernel's datapath was tried, and is not there.
            assert has(ovs, "bridge", BRIDGE, "datapath_type") == "netdev"
            assert has(ovs, "bridge", BRIDGE, "datapath_id") == '"0000000000000011"'
            assert has(ovs, "bridge", BRIDGE, "fail_mode") == "secure"
            assert has(ovs, "bridge", BRIDGE, "protocols") == "[OpenFlow13]"
            assert has(ovs, "bridge", BRIDGE, "external_ids") == "{tenantry-owner=hv1}"
            assert ovs.vsctl("get-controller", BRIDGE).strip() == CONTROLLER
            for interface in ("vxlan0", "gre0"):
                kind = interface.rstrip("0")
                assert has(ovs, "interface", interface, "type") == kind
                csum = 'csum="true", ' if kind == "vxlan" else ""
                options = f'{{{csum}key=flow, local_ip="198.51.100.1", remote_ip=flow}}'
                assert has(ovs, "interface", interface, "options") == options
                assert has(ovs, "port", interface, "external_ids") == "{tenantry-owner=hv1}"
            assert ovs.vsctl("list-ports", BRIDGE).split() == ["gre0", "vxlan0"]
            hosts.expect({})
            await until(lambda: not hosts.joined)
            assert hosts.statistics.hosts_closed["left"] == 1
        assert database(ovs) == before

    asyncio.run(scenario())


def test_what_others_made_is_left_alone(ovs: PrivateOvs, tmp_path: Path) -> None:
    """A bridge that was there is taken over, with their tunnel, their controller and their settings beside ours."""
    ovs.vsctl("add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev", "other_config:x=y")
    tunnel = ["set", "interface", "vxlan0", "type=vxlan", "options:remote_ip=flow", "options:dst_port=4790"]
    ovs.vsctl("add-port", BRIDGE, "vxlan0", "--", *tunnel)
    ovs.vsctl("set-controller", BRIDGE, "tcp:192.0.2.77:6653")
    theirs = has(ovs, "interface", "vxlan0", "options")

    async def scenario() -> None:
        meeting = tmp_path / "ovsdb.sock"
        async with taking_on(Listen(path=meeting)) as hosts:
            join(ovs, f"unix:{meeting}", "external_ids:theirs=1")
            await until(lambda: hosts.joined and hosts.joined["hv1"].has_joined)
            assert ovs.vsctl("get-controller", BRIDGE).split() == [CONTROLLER, "tcp:192.0.2.77:6653"]
            settings = '{datapath-id="0000000000000011", x=y}'
            assert has(ovs, "bridge", BRIDGE, "other_config") == settings
            assert has(ovs, "bridge", BRIDGE, "fail_mode") == "secure"
            assert has(ovs, "interface", "vxlan0", "options") == theirs
            hosts.expect({})
            await until(lambda: not hosts.joined)
        assert ovs.vsctl("get-controller", BRIDGE).split() == ["tcp:192.0.2.77:6653"]
        assert ovs.vsctl("list-ports", BRIDGE).split() == ["vxlan0"]
        assert has(ovs, "bridge", BRIDGE, "other_config") == settings
        assert "theirs=" in has(ovs, "Open_vSwitch", ".", "external_ids")

    asyncio.run(scenario())


def test_what_is_changed_by_hand_is_mended_and_a_changed_plan_follows(ovs: PrivateOvs, tmp_path: Path) -> None:
    async def scenario() -> None:
        meeting = tmp_path / "ovsdb.sock"
        async with taking_on(Listen(path=meeting)) as hosts:
            join(ovs, f"unix:{meeting}")
            await until(lambda: hosts.joined and hosts.joined["hv1"].has_joined)
            ovs.vsctl(
                *("set-fail-mode", BRIDGE, "standalone", "--", "del-port", "gre0", "--", "del-controller", BRIDGE),
                *("--", "set", "interface", "vxlan0", "options:remote_ip=192.0.2.66"),
            )
            await until(lambda: has(ovs, "bridge", BRIDGE, "fail_mode") == "secure")
            await until(lambda: ovs.vsctl("list-ports", BRIDGE).split() == ["gre0", "vxlan0"])
            await until(lambda: ovs.vsctl("get-controller", BRIDGE).strip() == CONTROLLER)
            await until(lambda: "remote_ip=flow" in has(ovs, "interface", "vxlan0", "options"))
            hosts.expect({"hv1": replace(PLAN, tunnels={Segment.GENEVE: "geneve0"}, dpid=0x12)})
            await until(lambda: ovs.vsctl("list-ports", BRIDGE).split() == ["geneve0"])
            await until(lambda: has(ovs, "bridge", BRIDGE, "datapath_id") == '"0000000000000012"')
            # Another bridge: the one before was ours, and goes.
            hosts.expect({"hv1": replace(PLAN, bridge="br-new")})
            await until(lambda: ovs.vsctl("list-br").split() == ["br-new"])
            await until(lambda: ovs.vsctl("list-ports", "br-new").split() == ["gre0", "vxlan0"])
            await until(lambda: has(ovs, "bridge", "br-new", "external_ids") == "{tenantry-owner=hv1}")
            quiet = hosts.statistics.host_changes
            await asyncio.sleep(0.3)
            assert hosts.statistics.host_changes == quiet

    asyncio.run(scenario())


def test_checksums_and_marks_of_installed_ports_follow_the_settings(ovs: PrivateOvs, tmp_path: Path) -> None:
    ids = "external_ids"

    def said(interface: str) -> dict[str, str]:
        words = has(ovs, "interface", interface, ids).strip("{}").replace('"', "").split(", ")
        return dict(word.split("=") for word in words if word)

    async def scenario() -> None:
        meeting = tmp_path / "ovsdb.sock"
        async with taking_on(Listen(path=meeting)) as hosts:
            join(ovs, f"unix:{meeting}")
            await until(lambda: hosts.joined and hosts.joined["hv1"].has_joined)
            for name in ("tap1", "tap2"):
                interface = ["set", "interface", name, "type=internal", f"{ids}:iface-id={name}"]
                ovs.vsctl("add-port", BRIDGE, name, "--", *interface)
            # What somebody else wrote.
            ovs.vsctl("set", "interface", "tap2", f"{ids}:ovn-installed=true")
            hosts.install("hv1", frozenset({"tap1"}))
            await until(lambda: "tenantry-installed" in said("tap1"))
            assert said("tap1") == {"iface-id": "tap1", "tenantry-installed": "true"}

            began = int(time.time() * 1000)
            as_ovn = replace(PLAN, settings=HostSettings(checksums=False, ovn_installed=True))
            hosts.expect({"hv1": as_ovn})
            await until(lambda: "ovn-installed" in said("tap1") and "ovn-installed" not in said("tap2"))
            now = said("tap1")
            assert began <= int(now.pop("ovn-installed-ts")) <= int(time.time() * 1000)
            marks = dict.fromkeys(("tenantry-installed", "ovn-installed", "tenantry-ovn-installed"), "true")
            assert now == {"iface-id": "tap1", **marks}
            assert has(ovs, "interface", "vxlan0", "options") == '{key=flow, local_ip="198.51.100.1", remote_ip=flow}'

            hosts.uninstall("hv1", "tap1")
            await until(lambda: said("tap1") == {"iface-id": "tap1"})
            hosts.install("hv1", frozenset({"tap1", "tap2"}))
            await until(lambda: "ovn-installed" in said("tap1") and "ovn-installed" in said("tap2"))
            hosts.expect({"hv1": PLAN})
            await until(lambda: said("tap1") == {"iface-id": "tap1", "tenantry-installed": "true"})
            ovs.vsctl("set", "interface", "tap2", f"{ids}:ovn-installed=true")
            quiet = hosts.statistics.host_changes
            await asyncio.sleep(0.3)
            assert hosts.statistics.host_changes == quiet
            hosts.expect({})
            await until(lambda: not hosts.joined)
            assert said("tap1") == {"iface-id": "tap1"}
            assert said("tap2") == {"iface-id": "tap2", "ovn-installed": "true"}

    asyncio.run(scenario())


def test_a_bridge_with_guests_stays_and_so_does_a_host_to_be_kept(ovs: PrivateOvs, tmp_path: Path) -> None:
    async def scenario() -> None:
        meeting = tmp_path / "ovsdb.sock"
        async with taking_on(Listen(path=meeting)) as hosts:
            join(ovs, f"unix:{meeting}")
            await until(lambda: hosts.joined and hosts.joined["hv1"].has_joined)
            ovs.vsctl("add-port", BRIDGE, "tap1", "--", "set", "interface", "tap1", "type=internal")
            hosts.expect({"hv1": replace(PLAN, keep=True)})
            hosts.expect({})
            await until(lambda: not hosts.joined)
            assert ovs.vsctl("list-ports", BRIDGE).split() == ["gre0", "tap1", "vxlan0"]
            hosts.expect({"hv1": PLAN})
            await until(lambda: hosts.joined and hosts.joined["hv1"].has_joined)
            hosts.expect({})
            await until(lambda: not hosts.joined)
            assert ovs.vsctl("list-ports", BRIDGE).split() == ["tap1"]
            assert has(ovs, "bridge", BRIDGE, "fail_mode") == "secure"
            assert has(ovs, "bridge", BRIDGE, "external_ids") == "{}"

    asyncio.run(scenario())


@pytest.mark.parametrize("keep", [False, True])
def test_a_host_that_was_away_when_it_was_taken_out_is_left_when_it_comes(
    ovs: PrivateOvs, tmp_path: Path, keep: bool
) -> None:
    """By the next daemon, too; once, and then it is a stranger. One that keeps what it has is a stranger at once."""
    before = database(ovs)

    async def scenario() -> None:
        meeting = tmp_path / "ovsdb.sock"
        first, then = no_departures(), no_departures()
        async with taking_on(Listen(path=meeting), departures=first) as hosts:
            hosts.expect({"hv1": replace(PLAN, keep=keep)})
            join(ovs, f"unix:{meeting}")
            await until(lambda: hosts.joined and hosts.joined["hv1"].has_joined)
            ovs.kill_database()
            await until(lambda: not hosts.joined)
        then.restore(first.given)
        async with taking_on(Listen(path=meeting), departures=then) as hosts:
            hosts.expect({"hv1": replace(PLAN, keep=keep)})
            hosts.expect({})
            ovs.start_database()
            if keep:
                await until(lambda: hosts.statistics.hosts_closed["unknown host"])
                assert ovs.vsctl("list-br").split() == [BRIDGE]
            else:
                await until(lambda: hosts.statistics.hosts_closed["left"])
                assert database(ovs) == before
                await until(lambda: hosts.statistics.hosts_closed["unknown host"])
                assert hosts.statistics.host_changes == 1
            assert not then.given

    asyncio.run(scenario())


def test_strangers_are_refused_and_counted_and_nothing_is_written(
    ovs: PrivateOvs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = database(ovs)

    async def scenario() -> None:
        meeting = tmp_path / "ovsdb.sock"
        async with taking_on(Listen(path=meeting)) as hosts:
            ovs.vsctl("set-manager", f"unix:{meeting}")
            await until(lambda: hosts.statistics.hosts_closed["unknown host"] == 1)
            join(ovs, f"unix:{meeting}", "external_ids:tenantry-host=hv9")
            await until(lambda: hosts.statistics.hosts_closed["unknown host"] == 2)
            reader, writer = await asyncio.open_unix_connection(meeting)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            await reader.read()
            assert await reader.read() == b""
            writer.close()
            assert hosts.statistics.hosts_closed["malformed"] == 1
            assert not hosts.joined
            assert hosts.statistics.host_changes == 0

    asyncio.run(scenario())
    assert database(ovs) == before
    assert "it does not say in external_ids:tenantry-host which host it is" in caplog.text
    assert "no host 'hv9' is in the configuration" in caplog.text


def test_a_host_comes_back_after_its_database_was_restarted(ovs: PrivateOvs, tmp_path: Path) -> None:
    async def scenario() -> None:
        meeting = tmp_path / "ovsdb.sock"
        async with taking_on(Listen(path=meeting)) as hosts:
            join(ovs, f"unix:{meeting}")
            await until(lambda: hosts.joined and hosts.joined["hv1"].has_joined)
            written = hosts.statistics.host_changes
            ovs.kill_database()
            await until(lambda: not hosts.joined)
            ovs.start_database()
            await until(lambda: hosts.joined and hosts.joined["hv1"].has_joined)
            # All is there, so nothing is written.
            assert hosts.statistics.host_changes == written

    asyncio.run(scenario())


def test_with_tls_a_certificate_says_who_a_host_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    certificates(tmp_path, "controller", "hv1 id:0f", "hv2")
    tls = Tls(tmp_path / "controller.pem", tmp_path / "controller.key", tmp_path / "ca.pem")

    async def scenario(ovs: PrivateOvs, pid: int) -> None:
        hosts = Hosts(Recorder(), (Listen("127.0.0.1", 6653, tls=tls),), Statistics(), no_departures())
        hosts.expect({"hv1": PLAN})
        with entered(pid):
            await hosts.open([Listen("127.0.0.1", 6640, tls=tls)])
            plain = socket.create_connection(("127.0.0.1", 6640))
        plain.close()
        await until(lambda: hosts.statistics.hosts_closed["tls"] == 1)

        # Nobody is believed for being quick: it answers, as hv1, before it is asked and before its name is known.
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        context.check_hostname = False
        context.load_cert_chain(tmp_path / "hv2.pem", tmp_path / "hv2.key")
        with entered(pid):
            eager = socket.create_connection(("127.0.0.1", 6640))
        eager.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=eager, ssl=context, server_hostname="x")
        writer.write(answer(1, rows()))
        await reader.read()
        writer.close()
        assert not hosts.joined
        assert hosts.statistics.hosts_closed["unknown host"] == 1

        def identify(name: str) -> None:
            ovs.vsctl(
                "set-ssl", *(str(tmp_path / f"{name}.{kind}") for kind in ("key", "pem")), str(tmp_path / "ca.pem")
            )

        # It says that it is another, and has a certificate of the authority, but not that one's.
        identify("hv2")
        join(ovs, "ssl:127.0.0.1:6640")
        await until(lambda: hosts.statistics.hosts_closed["unknown host"] == 2)
        assert not hosts.joined
        ovs.vsctl("remove", "Open_vSwitch", ".", "external_ids", "tenantry-host", "tenantry-controller")
        # It may join without being known, and does once it is expected.
        asked: list[str] = []

        def admits(name: str) -> bool:
            asked.append(name)
            return True

        hosts.admits = admits
        await until(lambda: asked == ["hv2"])
        await asyncio.sleep(1.0)
        assert not hosts.joined
        hosts.expect({"hv1": PLAN, "hv2": replace(PLAN, name="hv2")})
        await until(lambda: hosts.joined and hosts.joined["hv2"].has_joined)
        hosts.expect({"hv1": PLAN})
        await until(lambda: not hosts.joined)
        hosts.admits = lambda name: False
        identify("hv1 id:0f")
        await until(lambda: hosts.joined and hosts.joined["hv1"].has_joined)
        assert ovs.vsctl("get-controller", BRIDGE).strip() == "ssl:127.0.0.1:6653"
        await hosts.close()

    with private_ovs(tmp_path / "ovs") as (ovs, pid):
        run(["ip", "link", "set", "lo", "up"], pid=pid)
        asyncio.run(scenario(ovs, pid))
    assert "no host 'hv2' is in the configuration" in caplog.text
