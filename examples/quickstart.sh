#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds train_cifar and trains a small STAA-SNN on pictures that it draws itself: bash examples/quickstart.sh [options]
# Options go to train_cifar; `--help` lists them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/ensure_packages.sh

ensure_packages "${staa_packages[@]}"
# One network, in a folder of its own: build/release is for all of them.
cmake --preset release -B build/quickstart -D STAA_BUILD_TESTS=OFF -D STAA_BUILD_BENCHMARKS=OFF \
    -D STAA_EXAMPLE_NETWORKS=16-10-staa
cmake --build build/quickstart --target train_cifar --parallel "$(cores)"
build/quickstart/examples/train_cifar --data synthetic --width 16 --steps 2 --out build/quickstart/results "$@"
