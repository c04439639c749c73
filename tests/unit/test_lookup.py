"""Numbers that the lookup hands out."""

from controller.network_plan import ANNOUNCEMENTS, PROBES, UNDERLAY, meter_number


def test_no_interface_shares_the_meter_of_announcements_or_probes() -> None:
    # OVS numbers interfaces up to 65,279, and long-lived bridges get there, since it takes the next number each time.
    numbers = {meter_number(interface) for interface in range(1, 65280)}
    assert not numbers & {ANNOUNCEMENTS, PROBES, UNDERLAY}
    assert max(numbers) <= 0xFFFF
