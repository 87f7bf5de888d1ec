#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds train_cifar and trains a small STAA-SNN on pictures that it draws itself: bash examples/quickstart.sh [options]
# Options go to train_cifar; `--help` lists them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/ensure_packages.sh

ensure_packages "${staa_packages[@]}"
cmake --preset release
cmake --build --preset release --target train_cifar --parallel "$(cores)"
build/release/examples/train_cifar --data synthetic --width 16 --steps 2 --out build/quickstart "$@"
echo "The learning curves are in build/quickstart/learning_curves.png"
