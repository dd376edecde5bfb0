"""Interfaces, addresses, routes, tunnels and proxies are read as the system's own programs read them."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from forensics.codec import canonical
from forensics.collectors.webpage.preflight_names import host_of, proxy, uses_unasked_proxy, without_login
from forensics.collectors.webpage.preflight_network import network, network_commands, tunnel
from forensics.collectors.webpage.preflight_source import Source
from tests.unit.collectors.webpage.laptop import build


def ip(*arguments):
    done = subprocess.run(["ip", "-j", *arguments], capture_output=True, check=True)
    return json.loads(done.stdout or b"[]")


needs_ip = pytest.mark.skipif(shutil.which("ip") is None, reason="the program ip is not installed")


@needs_ip
def test_the_addresses_are_those_that_ip_lists():
    listed = {found["local"] for each in ip("address") if each["ifname"] != "lo" for found in each["addr_info"]}
    assert set(network(Source()).addresses) == listed


@needs_ip
def test_the_interfaces_and_hardware_addresses_are_those_that_ip_lists():
    found = {each.name: (each.mac, each.is_up) for each in network(Source()).interfaces}
    listed = {each["ifname"]: (each.get("address", ""), "UP" in each["flags"]) for each in ip("link")}
    listed["lo"] = ("", listed["lo"][1])
    assert found == listed


@needs_ip
def test_the_gateways_are_those_that_ip_lists():
    routes = [*ip("route", "show", "default"), *ip("-6", "route", "show", "default")]
    assert set(network(Source()).gateways) == {route["gateway"] for route in routes if "gateway" in route}


@needs_ip
def test_the_answers_of_ip_are_sealed():
    found = network_commands(Source())
    assert found.status == "sealed"
    assert [each["ifname"] for each in found.secret["ip -j address"]] == [each["ifname"] for each in ip("address")]
    assert set(found.value) == {"commands"}


def test_a_copy_of_a_machine_is_not_asked_through_programs(tmp_path):
    assert network_commands(Source(tmp_path)).status == "not-available"


def test_the_laptop_is_read(tmp_path):
    found = network(Source(build(tmp_path / "root")))
    assert [(each.name, each.kind, each.is_up) for each in found.interfaces] == [
        ("enp3s0", "ethernet", False),
        ("lo", "loopback", True),
        ("wlp2s0", "wireless", True),
    ]
    assert found.addresses == ("192.168.178.42", "fe80::3ea9:f4ff:fe12:3456")
    assert found.gateways == ("192.168.178.1", "fe80::ca0e:14ff:fe12:3456")
    assert found.host_name == "hua-notebook"


TUNNELS = {
    "OpenVPN": {"sys/class/net/tun0/type": "65534", "sys/class/net/tun0/flags": "0x1091"},
    "WireGuard": {
        "sys/class/net/office/type": "65534",
        "sys/class/net/office/flags": "0x91",
        "sys/class/net/office/uevent": "DEVTYPE=wireguard\nINTERFACE=office\n",
    },
    "PPP": {"sys/class/net/ppp0/type": "512", "sys/class/net/ppp0/flags": "0x10d1"},
    "tap of a VPN": {"sys/class/net/tap0/type": "1", "sys/class/net/tap0/flags": "0x1003"},
}


@pytest.mark.parametrize("name", TUNNELS)
def test_a_tunnel_that_is_up_is_a_warning(tmp_path, name):
    source = Source(build(tmp_path / "root", TUNNELS[name]))
    found = tunnel(source, network(source), programs=frozenset({"bash"}), reason="Company policy.")
    assert (found.status, found.value) == ("warning", {"vpn": "signs", "tor": "no-sign", "reason": "Company policy."})
    assert len(found.secret["interfaces"]) == 1


NO_TUNNELS = {
    "down": {"sys/class/net/tun0/type": "65534", "sys/class/net/tun0/flags": "0x1090"},
    "of a virtual machine": {
        "sys/class/net/vnet0/type": "1",
        "sys/class/net/vnet0/flags": "0x1003",
        "sys/class/net/vnet0/tun_flags": "0x5002",
    },
    "bridge": {"sys/class/net/docker0/type": "1", "sys/class/net/docker0/flags": "0x1003"},
    "not a folder": {"sys/class/net/bonding_masters": "bond0\n"},
}


@pytest.mark.parametrize("name", NO_TUNNELS)
def test_other_interfaces_are_no_tunnel(tmp_path, name):
    source = Source(build(tmp_path / "root", NO_TUNNELS[name]))
    assert tunnel(source, network(source), programs=frozenset({"bash"}), reason="").status == "done"


def test_tor_is_seen_by_its_port_and_by_its_process(tmp_path):
    line = "  sl  local_address\n   0: 0100007F:235A 00000000:0000 {} 00000000:00000000\n"
    source = Source(build(tmp_path / "root", {"proc/net/tcp": line.format("0A")}))
    assert tunnel(source, network(source), programs=frozenset(), reason="").value["tor"] == "signs"
    source = Source(build(tmp_path / "root", {"proc/net/tcp": line.format("06")}))
    assert tunnel(source, network(source), programs=frozenset(), reason="").value["tor"] == "no-sign"
    assert tunnel(source, network(source), programs=frozenset({"tor"}), reason="").value["tor"] == "signs"


def test_no_proxy_is_told_with_its_limits(tmp_path):
    found = proxy(Source(tmp_path), {"HOME": "/root", "http_proxy": ""}, flags=("--headless=new",), policies=())
    assert found.status == "done"
    assert "transparent" in found.detail


@pytest.mark.parametrize("name", ["http_proxy", "HTTPS_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_a_warning_and_its_address_is_sealed(tmp_path, name):
    found = proxy(Source(tmp_path), {name: "http://hua:pa%40ss@10.0.0.7:3128"}, flags=(), policies=())
    assert (found.status, found.value["system"]) == ("warning", 1)
    assert not uses_unasked_proxy(found)
    assert "10.0.0.7" not in canonical(dict(found.value)).decode()
    assert found.secret["system"] == {name: "http://10.0.0.7:3128"}


def test_a_proxy_of_the_system_wide_environment_is_found(tmp_path):
    source = Source(
        build(tmp_path / "root", {"etc/environment": 'PATH="/bin"\nexport https_proxy="http://10.0.0.7:3128"\n'})
    )
    found = proxy(source, {}, flags=(), policies=())
    assert found.secret["system"] == {"/etc/environment: https_proxy": "http://10.0.0.7:3128"}


def test_a_proxy_by_policy_is_one_that_nobody_asked_for(tmp_path):
    found = proxy(Source(tmp_path), {}, flags=(), policies=("ProxyMode", "BookmarkBarEnabled"))
    assert found.status == "warning"
    assert found.value["browser_policies"] == ["ProxyMode"]
    assert uses_unasked_proxy(found)


def test_a_proxy_by_flag_is_a_warning(tmp_path):
    found = proxy(Source(tmp_path), {}, flags=("--proxy-server=socks5://u:p@10.0.0.7:9050",), policies=())
    assert (found.status, found.value["browser_flags"]) == ("warning", 1)
    assert found.secret["browser"] == ["--proxy-server=socks5://10.0.0.7:9050"]
    assert not uses_unasked_proxy(found)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("http://user:word@host:1/", "http://host:1/"),
        ("user:word@host:1", "host:1"),
        ("--proxy-server=user:word@host:1", "--proxy-server=host:1"),
        ("http=u:p@a:1;https=u:p@b:2", "http=a:1;https=b:2"),
        ("http://u:p@ss=w@host", "http://host"),
        ("host:3128", "host:3128"),
    ],
)
def test_logins_are_taken_out_of_addresses(text, bare):
    assert without_login(text) == bare


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Example.ORG:444/a", "example.org"),
        ("http://[2001:db8::1]:80/", "2001:db8::1"),
        ("http://bücher.example/", "xn--bcher-kva.example"),
        ("http://user:word@example.org/", "example.org"),
        ("nonsense", ""),
        ("http://[::1", ""),
        ("http://" + "ä" * 300 + ".example/", ""),
    ],
)
def test_the_host_of_an_address_is_found_as_dns_knows_it(url, host):
    assert host_of(url) == host
