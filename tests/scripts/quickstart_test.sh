#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./quickstart from end to end, with the program that is built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly not_built=77
[[ -x build/release/darkroom ]] || exit "$not_built"

work="$(mktemp -d)"
server=""
foreign=""

clean_up() {
    local pid
    for pid in $server $foreign; do
        kill "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT

fail() {
    echo "FAILED: $*" >&2
    if [[ -f "$work/data/server.log" ]]; then
        tail -n 20 "$work/data/server.log" >&2
    fi
    exit 1
}

free_port() {
    python3 -c '
import socket
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    print(s.getsockname()[1])'
}

run_quickstart() {
    ./quickstart --port "$port" --data "$work/data" --out "$work/out" "$@" </dev/null
}

answers() {
    curl --silent --output /dev/null --noproxy '*' "http://127.0.0.1:$port/healthz"
}

# Signature and the size in IHDR.
check_picture() {
    local picture
    picture="$(sed -n 's/^Picture: //p' "$1")"
    [[ -f "$picture" ]] || fail "no picture: '$picture'"
    [[ "$(basename "$picture")" =~ ^[a-z0-9-]+\.png$ ]] || fail "picture's name: $picture"
    [[ "$(head -c 24 "$picture" | od -An -tx1 | tr -d ' \n')" == \
        89504e470d0a1a0a0000000d494844520000008000000080 ]] || fail "not a PNG of 128x128: $picture"
}

port="$(free_port)"

echo "-- draws, then stops its server"
run_quickstart --once 'A red apple; $(touch '"$work"'/evil) "quoted", 苹果' >"$work/first" ||
    fail "first picture"
check_picture "$work/first"
[[ ! -e "$work/evil" ]] || fail "the prompt was run as a command"
grep -qF "http://127.0.0.1:$port" "$work/first" || fail "the URL is not printed"
! answers || fail "the server is still there"

echo "-- without a terminal too"
run_quickstart "a fox" >"$work/second" || fail "second picture"
check_picture "$work/second"
! answers || fail "the server is still there"

echo "-- --keep leaves the server"
run_quickstart --keep "a fox" >"$work/third" || fail "picture with --keep"
check_picture "$work/third"
server="$(sed -n 's/.*stop it with: kill //p' "$work/third")"
[[ -n "$server" ]] || fail "the server's process is not named"
answers || fail "the server is gone"

echo "-- a running server is used and left alone"
run_quickstart --once "a boat" >"$work/fourth" || fail "picture from a running server"
check_picture "$work/fourth"
grep -q "already runs" "$work/fourth" || fail "the running server was not used"
kill -0 "$server" || fail "the running server was stopped"
kill "$server"
for _ in {1..300}; do
    answers || break
    sleep 0.1
done
! answers || fail "the server does not stop"
server=""

echo "-- a foreign program on the port"
port="$(free_port)"
python3 -m http.server "$port" --bind 127.0.0.1 --directory "$work" >/dev/null 2>&1 &
foreign=$!
for _ in {1..100}; do
    if answers; then break; fi
    sleep 0.1
done
answers || fail "the foreign program does not answer"
if run_quickstart --once "a fox" >"$work/fifth" 2>&1; then
    fail "drew with a foreign program on the port"
fi
grep -q "port $port is taken by another program" "$work/fifth" || fail "no clear message"
kill -0 "$foreign" || fail "the foreign program was stopped"

echo "-- misuse"
for arguments in "" "--port=1 x" "--port 0 x" "--no-such x" "one two"; do
    status=0
    # shellcheck disable=SC2086
    ./quickstart $arguments >"$work/misuse" 2>&1 </dev/null || status=$?
    ((status == 2)) || fail "exit code $status for: $arguments"
    grep -q "usage:" "$work/misuse" || fail "no usage for: $arguments"
done
echo "passed"
