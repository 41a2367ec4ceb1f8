#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The unit and its settings, with the program that is built.
#
#   tests/scripts/systemd_unit_test.sh PROGRAM
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly program="$1"
readonly unit=deploy/systemd/darkroom.service
readonly settings=deploy/systemd/darkroom.toml

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# value_of KEY FILE: what stands behind "KEY =" or "KEY=".
value_of() {
    sed -nE "s/^$1 ?= ?([^#]*)$/\1/p" "$2" | tail -n 1
}

"$program" config check "$settings" || fail "$settings is refused"

stop="$(value_of TimeoutStopSec "$unit")"
drain="$(value_of drain_seconds "$settings")"
((stop >= drain + 15)) || fail "TimeoutStopSec=$stop leaves no time after a drain of $drain s"

data="$(value_of data "$settings")"
[[ "$data" == '"/var/lib/darkroom'* ]] || fail "the data folder $data is not the StateDirectory"

for line in Type=notify KillMode=mixed OOMPolicy=continue NoNewPrivileges=yes \
    ProtectSystem=strict StateDirectory=darkroom; do
    grep -qxF "$line" "$unit" || fail "$line is missing"
done

if ! command -v systemd-analyze >/dev/null; then
    echo "systemd-analyze is not here; the unit was not verified"
    exit 0
fi

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# verify wants the program of ExecStart= to be there.
sed "s|/usr/local/bin/darkroom|$program|" "$unit" >"$work/darkroom.service"
output="$(systemd-analyze verify --man=no "$work/darkroom.service" 2>&1)" ||
    fail "systemd-analyze verify: $output"
[[ -z "$(grep -F darkroom.service <<<"$output")" ]] || fail "systemd-analyze verify: $output"
output="$(systemd-analyze security --offline=true --threshold=20 "$work/darkroom.service" 2>&1)" ||
    fail "systemd-analyze security: $output"
