#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds train_cifar and trains a small STAA-SNN on images that the program draws itself:
#     bash examples/quickstart.sh [options]
# The options are those of train_cifar; `--help` lists them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/ensure_packages.sh

ensure_packages "${staa_packages[@]}"
# Builds one network only, in a separate folder, because build/release is for all networks.
cmake --preset release -B build/quickstart -D STAA_BUILD_TESTS=OFF -D STAA_BUILD_BENCHMARKS=OFF \
    -D STAA_EXAMPLE_NETWORKS=16-10-staa
cmake --build build/quickstart --target train_cifar --parallel "$(cores)"
build/quickstart/examples/train_cifar --data synthetic --width 16 --steps 2 --overwrite --out build/quickstart/results "$@"
