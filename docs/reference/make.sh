#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the API reference in build/reference: bash docs/reference/make.sh [--update]
# Fails on a warning of Doxygen, and on a public name without a comment that without_comment.txt does not list. A name of
# the list that has a comment now fails, too: --update writes the list anew.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=build/reference
log=$out/doxygen.log
list=docs/reference/without_comment.txt

if ! command -v doxygen >/dev/null; then
    echo "doxygen is not installed: apt-get install doxygen"
    exit 1
fi
rm -rf "$out"
mkdir -p "$out"
doxygen docs/reference/Doxyfile 2>"$log"

if grep -v ' is not documented\.$' "$log"; then
    echo "Doxygen warns: see above"
    exit 1
fi
# Members that the compiler makes, data that is not public, and copies of a class for one of its instances do not count.
# "/path/include/staa/core/simd.hpp:35: warning: Member OneLane(Real v) (function) of struct staa::OneLane is not .."
sed -nE 's|^.*/include/(staa/[^:]+):[0-9]+: warning: (.*) is not documented\.$|\1: \2|p' "$log" |
    grep -v -e '=default' -e '=delete' -e '_ (variable)' -e ' of class [^s]' | LC_ALL=C sort -u >"$out/without_comment.txt"
if [[ ${1:-} == --update ]]; then
    cp "$out/without_comment.txt" "$list"
fi
if ! diff -u "$list" "$out/without_comment.txt"; then
    echo "A public name has no comment (+), or is on the list $list without need (-; bash docs/reference/make.sh --update)"
    exit 1
fi
echo "$out/index.html is the API reference; $(wc -l <"$list") names have no comment yet"
