#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds every fuzz target and runs it over its corpus, then on new inputs: bash tests/fuzz/run.sh [seconds a target] [target ..]
# Fails on a finding, whose input is then in build/fuzz/findings.
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

findings=build/fuzz/findings/
mkdir -p "$findings"
for target in "${targets[@]}"; do
    name=$(basename "$target" .cpp)
    committed=tests/fuzz/corpus/${name%_fuzz}
    grown=build/fuzz/corpus/${name%_fuzz}
    mkdir -p "$grown"
    # A file is read as a whole, so nothing larger than these justifies more memory than this.
    options=(-rss_limit_mb=512 -malloc_limit_mb=64 -timeout=10 -max_len=16384 -verbosity=0 -print_funcs=0 "-artifact_prefix=$findings")
    echo "$name: its corpus"
    "build/fuzz/tests/fuzz/$name" "${options[@]}" -runs=0 "$committed"
    echo "$name: new inputs for $seconds seconds"
    "build/fuzz/tests/fuzz/$name" "${options[@]}" "-max_total_time=$seconds" -print_final_stats=1 "$grown" "$committed"
done
