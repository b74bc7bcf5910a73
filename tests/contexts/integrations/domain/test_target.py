"""Addresses of endpoints: what could lead anywhere but to the open Internet is refused."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gymhopper.contexts.integrations.domain.addresses import is_public
from gymhopper.contexts.integrations.domain.errors import TargetRefused
from gymhopper.contexts.integrations.domain.target import read_target


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://example.com", "example.com", 443, "/"),
        ("https://example.com:8443/a/b?c=d", "example.com", 8443, "/a/b?c=d"),
        ("HTTPS://Hooks.Example.COM:443/In", "hooks.example.com", 443, "/In"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, "/"),
        ("https://93.184.216.34/hook", "93.184.216.34", 443, "/hook"),
        ("https://[2606:2800:220:1::1]/hook", "2606:2800:220:1::1", 443, "/hook"),
        ("https://a.b.1example.com/", "a.b.1example.com", 443, "/"),
    ],
)
def test_a_public_address_is_taken(url: str, host: str, port: int, path: str) -> None:
    target = read_target(url, allow_private=False)
    assert (target.secure, target.host, target.port, target.path) == (True, host, port, path)
    assert read_target(target.url, allow_private=False) == target


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com/",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com:443/_x",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://example.com@127.0.0.1/",
        "https://127.0.0.1\\@example.com/",
        "https://example.com\\.evil.example/",
        "https://example.com/#fragment",
        "https://example.com#@127.0.0.1/",
        "https://exa mple.com/",
        "https://example.com/a\r\nHost: 127.0.0.1",
        "https://example.com\t/",
        "https://example.com\x00.evil.example/",
        "https://example.com:/",
        "https://example.com:0/",
        "https://example.com:22/",
        "https://example.com:80/",
        "https://example.com:6379/",
        "https://example.com:99999/",
        "https://example.com:٤٤٣/",
        "https://example.com./",
        "https://.example.com/",
        "https://example..com/",
        "https://-a.example.com/",
        "https://a_b.example.com/",
        "https://bücher.example/",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://example。com/",
        "https://ⓔxample.com/",
        "https://%31%32%37.0.0.1/",
        "https://localhost/",
        "https://LOCALHOST/",
        "https://a.localhost/",
        "https://printer.local/",
        "https://metadata.google.internal/computeMetadata/v1/",
        "https://router.lan/",
        "https://nas.home.arpa/",
        "https://intranet/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://0/",
        "https://2130706433/",
        "https://017700000001/",
        "https://0177.0.0.1/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0x7f.1/",
        "https://example.0x/",
        "https://127.0.0.01/",
        "https://127.0.0.1./",
        "https://1.2.3.4.5/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::ffff:93.184.216.34]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fd00:ec2::254]/",
        "https://[::1/",
        "https://[v1.fe]/",
        "https://example.com/" + "a" * 1000,
    ],
)
def test_an_address_that_is_not_plainly_public_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused) as refused:
        read_target(url, allow_private=False)
    assert (refused.value.code, refused.value.field) == ("webhook_target_refused", "url")


@pytest.mark.parametrize(
    "url",
    ["http://localhost:9000/", "http://127.0.0.1:9000/", "http://[::1]/", "https://10.0.0.7:9/"],
)
def test_development_may_send_to_this_machine(url: str) -> None:
    assert read_target(url, allow_private=True).url == url
    with pytest.raises(TargetRefused):
        read_target(url, allow_private=False)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.7/", "http://example.com/", "https://a@localhost/", "https://127.1/"]
)
def test_development_stays_strict_in_all_else(url: str) -> None:
    with pytest.raises(TargetRefused):
        read_target(url, allow_private=True)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - refused as a target
        "0.1.2.3",
        "10.255.255.255",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:a00:1::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "93.184.216.34", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"],
)
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_no_ipv4_address_is_public_that_the_library_calls_private(address: IPv4Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_no_ipv6_address_is_public_that_wraps_another_or_is_private(address: IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast
        assert address.ipv4_mapped is None
        assert address.sixtofour is None
        assert address.teredo is None


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_no_ipv4_address_gets_in_wrapped_in_ipv6(address: IPv4Address) -> None:
    for wrapped in (
        int(address),
        int(IPv6Address("::ffff:0:0")) | int(address),
        int(IPv6Address("64:ff9b::")) | int(address),
        int(IPv6Address("2002::")) | int(address) << 80,
    ):
        assert not is_public(IPv6Address(wrapped))


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}.example.com/"):
        try:
            target = read_target(url, allow_private=False)
        except TargetRefused:
            continue
        assert read_target(target.url, allow_private=False) == target
