#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each program here shows something that a compiler of Debian 12 cannot do, and that our code does
# without. When one starts to work, its ban can go: delete the program and the rule.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly skipped=77
if ! command -v clang++-14 >/dev/null || [[ "$(g++ -dumpversion)" != 12 ]]; then
    echo "skipped: the bans are about GCC 12 and Clang 14"
    exit "$skipped"
fi

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

failures=0
for program in *.cpp; do
    ban="$(sed -n 's,^// banned[^:]*: ,,p' "$program")"
    compiler="${ban##*(}"
    compiler="${compiler%)}"
    if grep -q '^// banned at run time' "$program"; then
        "$compiler" -std=c++20 -O0 -fsanitize=address "$program" -o "$work/program"
        if ASAN_OPTIONS=detect_leaks=0 "$work/program" >"$work/log" 2>&1; then works=yes; else works=""; fi
        grep -q AddressSanitizer "$work/log" || works=yes
    elif "$compiler" -std=c++20 -fsyntax-only "$program" >"$work/log" 2>&1; then
        works=yes
    else
        works=""
    fi
    if [[ -n "$works" ]]; then
        echo "works now: $ban"
        failures=$((failures + 1))
    else
        echo "still banned: $ban"
    fi
done
exit "$((failures > 0))"
