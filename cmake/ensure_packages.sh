# Sourced by tests/run.sh, examples/quickstart.sh and .ci/run.

# What tests, examples and benchmarks need on Debian and its relatives.
staa_packages=(g++ make cmake libeigen3-dev libxsimd-dev catch2 nlohmann-json3-dev libcli11-dev libstb-dev
    libbenchmark-dev libjpeg62-turbo-dev)

# ensure_packages PACKAGE...: installs what is missing with apt-get and says so. Where that is impossible it says so too
# and goes on: CMake fetches the libraries by itself.
ensure_packages() {
    if ! command -v apt-get >/dev/null; then
        echo "There is no apt-get here: CMake will fetch the libraries that it does not find."
        echo "A C++20 compiler, CMake 3.22 or later and make must be there."
        return 0
    fi
    local package missing=()
    for package in "$@"; do
        # A compiler or a CMake from elsewhere will do.
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
