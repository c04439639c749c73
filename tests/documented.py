"""The commands that README and the pages in `docs/` show: every one is run by a test, or listed here with a reason.

The tutorial has a test of its own, which runs its blocks in order (`tests/end_to_end/test_tutorial.py`). A *synopsis*
says what may be written, with brackets and dots; its options have to exist.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name != "tutorial.md")]
OTHERS = "curl|systemctl|git|openssl|ethtool|kill|pip|cp|ln|mkdir|mv|tar"
PROGRAMS = rf"tenantry|ovs-\w+|\./run|\.venv/\S+|/opt/\S+|python3?|{OTHERS}"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(rf"^(?:    )?(?:\$ )?((?:{PROGRAMS}) .*|(?:{PROGRAMS}))$", re.MULTILINE)

INSTALLS = "installs software, or serves a whole machine"
OWN_RUN = "is what runs these tests, or takes longer than all of them"
CHANGES = "changes what the daemon keeps: tests/unit/test_drain_command.py"
WHY = "asks about ports of a fabric: tests/unit/test_why_command.py"
KEYS = "needs keys of an authority: tests/switch/test_southbound_tls.py makes some and connects by TLS"
HOSTS = "is about a host of the configuration: tests/unit/test_host_plans.py"
LIBVIRT = "is about a host and a port with an id: tests/unit/test_export.py"
NOT_RUN = {
    "git clone <this repository> tenantry && cd tenantry": INSTALLS,
    "python3 -m venv /opt/tenantry && /opt/tenantry/bin/pip install .": INSTALLS,
    "/opt/tenantry/bin/pip install .": INSTALLS,
    "cp packaging/tenantry.service /etc/systemd/system/": INSTALLS,
    "ln -s /opt/tenantry/bin/tenantry /usr/local/bin/tenantry": INSTALLS,
    "mkdir -p /etc/tenantry": INSTALLS,
    "mv /etc/tenantry.new/*.yaml /etc/tenantry/": INSTALLS,
    "tenantry check /etc/tenantry && systemctl enable --now tenantry": INSTALLS,
    "systemctl enable --now tenantry": INSTALLS,
    "systemctl reload tenantry": INSTALLS,
    "systemctl stop tenantry": INSTALLS,
    "systemctl start tenantry": INSTALLS,
    "./run demo": OWN_RUN,
    "./run test": OWN_RUN,
    "./run test tests/unit": OWN_RUN,
    "./run test --vm": OWN_RUN,
    "./run bench": OWN_RUN,
    "./run soak 10000": OWN_RUN,
    ".venv/bin/python -m controller.northbound.references": "tests/unit/test_references.py runs it elsewhere",
    "ovs-pki init": KEYS,
    "ovs-pki req+sign controller controller": KEYS,
    "ovs-pki req+sign hv1 switch": KEYS,
    "tenantry run /etc/tenantry --listen 'ssl:[::]:6653' --tls-cert controller-cert.pem "
    "--tls-key controller-privkey.pem --tls-ca /var/lib/openvswitch/pki/switchca/cacert.pem": KEYS,
    "tenantry run /etc/tenantry --listen 'ssl:[::]:6653' --ovsdb 'ssl:[::]:6640' --tls-cert ... --tls-key ... "
    "--tls-ca ...": KEYS,
    "tenantry join-command hv1 /etc/tenantry --ovsdb ssl:192.0.2.10:6640": HOSTS,
    "tenantry join-command hv2 /etc/tenantry": HOSTS,
    "tenantry export libvirt /etc/tenantry > net.xml": LIBVIRT,
    "tenantry export libvirt /etc/tenantry > net.xml && virsh net-define net.xml && virsh net-start tenantry": LIBVIRT,
    "tenantry export libvirt /etc/tenantry --port blue/web1": LIBVIRT,
    'curl --cacert ca.pem -H "Authorization: Bearer $(cat token)" https://controller:8443/api/v1/status': KEYS,
    "curl --unix-socket /var/lib/tenantry/api.sock http://localhost/api/v1/networks?tenant=blue": (
        "curl need not be there: tests/unit/test_api_server.py asks by socket"
    ),
    "tenantry run /etc/tenantry --state /var/lib/tenantry": "runs for ever: tests/end_to_end run daemons",
    "tenantry run /etc/tenantry --listen tcp:127.0.0.1:6653 --state /var/lib/tenantry": "the same",
    "tenantry run /etc/tenantry --api tcp:127.0.0.1:8080": "the same, and tests/end_to_end/test_page.py opens its page",
    "tenantry watch --tenant blue": "runs for ever: tests/unit/test_show_command.py",
    "tenantry watch": "the same",
    "tenantry drain spine1": CHANGES,
    "tenantry drain leaf1": CHANGES,
    "tenantry drain leaf1:leaf1-eth2": CHANGES,
    "tenantry undrain spine1": CHANGES,
    "tenantry why blue/web1 blue/web2 tcp/443": WHY,
    "tenantry why blue/web1 red/web1": WHY,
    "tenantry why 10.0.0.1 10.0.0.2 arp --tenant blue --live": WHY,
    "tenantry drift --repair": "needs a daemon's process: tests/end_to_end/test_daemon_drift.py",
    "tenantry verify /etc/tenantry --switch unix:/run/openvswitch/br-int.mgmt": (
        "needs a switch with a daemon's flows: tests/switch/test_verify_real_ovs.py"
    ),
}


def documented() -> list[str]:
    """All commands, in the order of pages, without comments; lines that go on are one."""
    found = [line for page in PAGES for line in commands_in(page.read_text())]
    return list(dict.fromkeys(found))


def commands_in(text: str) -> list[str]:
    """The commands in blocks of shell, which are indented or fenced as `sh`."""
    fenced = "".join(body for kind, body in _FENCE.findall(text) if kind in ("sh", "bash", "shell", "console"))
    indented = "\n".join(line for line in _FENCE.sub("", text).splitlines() if line.startswith("    "))
    joined = re.sub(r"\\\n\s*", "", f"{indented}\n{fenced}")
    return [re.sub(r"\s{2,}#.*|\s+# .*", "", line).rstrip() for line in _COMMAND.findall(joined)]


def is_synopsis(command: str) -> bool:
    """Whether it says what may be written."""
    return bool(re.search(r"FILE\.\.\.|\[[-\w]+[ |\]]|\w\|\w|\[the same\]", command))
