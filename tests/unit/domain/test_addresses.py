"""Which addresses are public; the odd ones are where private networks have been reached through other bots."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.addresses import is_public_address, reads_as_address
from bot.domain.requests import is_public_https

PUBLIC = ["93.184.216.34", "8.8.8.8", "1.1.1.1", "2606:4700::6810:84e5", "2a00:1450:4001:800::200e", "2400:cb00::1"]
REFUSED = [
    *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "198.51.100.1"),
    *("192.0.0.8", "192.88.99.1", "168.63.129.16"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "3fff::1"),
    *("64:ff9b::a00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "2002:a00:1::", "2001::1", "2001:0:a00:1::"),
    *("::ffff:10.0.0.1", "::ffff:8.8.8.8", "::10.0.0.1", "::ffff:0:10.0.0.1", "2606:4700::5efe:10.0.0.1"),
    *("2606:4700::200:5efe:10.0.0.1",),
    *("", "example.com", "8.8.8", "8.8.8.8:443", "[2606:4700::1]", "0x8080808", "8.8.8.8 "),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public_address(address)


@pytest.mark.parametrize("address", REFUSED)
def test_refused(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize(
    ("host", "is_public"),
    [
        ("images.test", True),
        ("93.184.216.34", True),
        ("[2606:4700::6810:84e5]", True),
        ("[2002:a00:1::]", False),
        ("[::ffff:10.0.0.1]", False),
        ("224.0.0.1", False),
        ("127.1", False),
        ("0x7f.1", False),
        ("2130706433", False),
        ("localhost", False),
        ("printer.local", False),
    ],
)
def test_links_to_hosts(host: str, *, is_public: bool) -> None:
    assert is_public_https(f"https://{host}/a.png") is is_public


@given(st.ip_addresses())
def test_never_laxer_than_the_library(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if is_public_address(str(address)):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:{}", "64:ff9b::{}", "::{}", "2606:4700::5efe:{}"]))
def test_no_form_that_carries_an_ipv4_address(inner: ipaddress.IPv4Address, form: str) -> None:
    assert not is_public_address(form.format(inner))


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "0x7f000001", "10.0.0.1", "a.1", "1.", "0177.0.0.1"])
def test_odd_spellings_of_addresses(host: str) -> None:
    assert reads_as_address(host)


@pytest.mark.parametrize("host", ["example.com", "1.example", "a1", "0x7f.com", "x.co", "1x"])
def test_names(host: str) -> None:
    assert not reads_as_address(host)
