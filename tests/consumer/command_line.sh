#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compiles and runs main.cpp with a compiler alone: command_line.sh OUTPUT COMPILER OPTION..
# With STAA_PC_DIR, the folder of an installed staa.pc, pkg-config gives the other options.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
output=$1
shift
compiler=()
for option in "$@"; do
    # Named once more, /usr/include comes before the folders of the C++ library, which then does not find its own headers.
    [[ $option == -isystem/usr/include ]] || compiler+=("$option")
done
options=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if [[ -n ${STAA_PC_DIR:-} ]]; then
    found=$(PKG_CONFIG_PATH=$STAA_PC_DIR${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH} pkg-config --cflags --libs staa)
    read -ra more <<<"$found"
    # The warnings are for our own headers, not for Eigen's.
    for option in "${more[@]}"; do
        [[ $option == *eigen3* ]] && options+=("-isystem${option#-I}") || options+=("$option")
    done
fi
mkdir -p "$(dirname "$output")"
"${compiler[@]}" "${options[@]}" "$here/main.cpp" -o "$output"
"$output"
