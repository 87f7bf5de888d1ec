#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds and runs every test of a preset: bash tests/run.sh [preset] [options of ctest]
# STAA_GOLDEN_DIR, if set, is a folder with more golden cases.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/ensure_packages.sh

preset=release
if (($# > 0)) && [[ $1 != -* ]]; then
    preset=$1
    shift
fi

ensure_packages "${staa_packages[@]}"
cmake --preset "$preset"
cmake --build --preset "$preset" --target staa_tests --parallel "$(cores)"
ctest --preset "$preset" --parallel "$(cores)" --no-tests=error "$@"
