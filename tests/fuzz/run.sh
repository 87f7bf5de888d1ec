#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds every fuzz target and runs it on its corpus, then on new inputs:
#     bash tests/fuzz/run.sh [seconds per target] [target ..]
# Fails if it finds a bug; the input is then in build/fuzz/findings.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source cmake/ensure_packages.sh

seconds=${1:-30}
targets=("${@:2}")
if ((${#targets[@]} == 0)); then
    targets=(tests/fuzz/*_fuzz.cpp)
fi

ensure_packages "${staa_packages[@]}" clang libclang-rt-dev
cmake --preset fuzz
cmake --build --preset fuzz --parallel "$(cores)"

mkdir -p build/fuzz/findings
# fuzz TARGET SECONDS: runs a target on its corpus, then on new inputs. Prints its output at the end, because other targets
# run at the same time.
fuzz() {
    local name committed grown
    name=$(basename "$1" .cpp)
    committed=tests/fuzz/corpus/${name%_fuzz}
    grown=build/fuzz/corpus/${name%_fuzz}
    mkdir -p "$grown"
    # Inputs are at most max_len bytes, so no reader may need more memory than these limits.
    local options=(-rss_limit_mb=512 -malloc_limit_mb=64 -timeout=10 -max_len=16384 -verbosity=0 -print_funcs=0
        -artifact_prefix=build/fuzz/findings/)
    local log="build/fuzz/$name.log" result=0
    {
        echo "$name: its corpus" &&
            "build/fuzz/tests/fuzz/$name" "${options[@]}" -runs=0 "$committed" &&
            echo "$name: new inputs for $2 seconds" &&
            "build/fuzz/tests/fuzz/$name" "${options[@]}" "-max_total_time=$2" -print_final_stats=1 "$grown" "$committed"
    } >"$log" 2>&1 || result=1
    cat "$log"
    return "$result"
}
export -f fuzz
printf '%s\0' "${targets[@]}" | xargs -0 -n 1 -P "$(cores)" bash -c 'fuzz "$1" "$0"' "$seconds"
