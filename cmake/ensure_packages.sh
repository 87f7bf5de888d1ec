# shellcheck shell=bash
# Scripts read this file with `source`: tests/run.sh, tests/thorough.sh, examples/quickstart.sh, .ci/run and others.

# What tests, examples and benchmarks need on Debian and its relatives.
# shellcheck disable=SC2034  # the scripts that read this file use it
staa_packages=(g++ make cmake libeigen3-dev libxsimd-dev catch2 nlohmann-json3-dev libcli11-dev libstb-dev
    libbenchmark-dev libjpeg62-turbo-dev libpng-dev
    libopenmpi-dev openmpi-bin)

# ensure_packages PACKAGE...: installs missing packages with apt-get and prints their names. Where that is impossible it
# prints so and returns: CMake fetches missing libraries by itself.
ensure_packages() {
    if ! command -v apt-get >/dev/null; then
        echo "There is no apt-get here: CMake will fetch the libraries that it does not find."
        echo "A C++20 compiler, CMake 3.22 or later and make must be there."
        return 0
    fi
    local package missing=()
    for package in "$@"; do
        # A compiler or a CMake that was not installed as a package is enough.
        command -v "$package" >/dev/null ||
            dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
    if ((${#missing[@]} == 0)); then
        return 0
    fi
    local as_root=()
    if ((EUID != 0)); then
        as_root=(sudo)
        if ! command -v sudo >/dev/null; then
            echo "Not installed: ${missing[*]}. As root: apt-get install ${missing[*]}"
            echo "Going on: CMake will fetch the libraries that it does not find."
            return 0
        fi
    fi
    echo "Building staa needs packages that are not installed. Installing with apt-get: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install --yes --no-install-recommends -qq "${missing[@]}" >/dev/null ||
        echo "apt-get failed. Going on: CMake will fetch the libraries that it does not find."
}

# How many jobs to run at a time.
cores() { getconf _NPROCESSORS_ONLN; }
