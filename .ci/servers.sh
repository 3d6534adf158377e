#!/usr/bin/env bash
# Installs the servers on which the engines are tried, and what it takes to build their clients, on a Debian-like machine:
#
#     bash .ci/servers.sh
#
# The tests start servers of their own, on free ports of the loopback interface. What the packages would start is not started.
set -euo pipefail

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

wanted=()
command -v redis-server >/dev/null || wanted+=(redis-server)
# Debian calls it etcd-server from release 12 on, and Ubuntu etcd before 24.04.
command -v etcd >/dev/null || wanted+=(etcd-server)
command -v protoc >/dev/null || wanted+=(protobuf-compiler)

if [ ${#wanted[@]} -gt 0 ]; then
    # Asked for a service that is to be started, this policy says no.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod +x "$policy"
        trap 'as_root rm -f "$policy"' EXIT
    fi
    as_root apt-get -o DPkg::Lock::Timeout=300 update -qq
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
fi

redis-server --version
etcd --version | head -n 1
protoc --version
