// SPDX-License-Identifier: MIT
// Reads any bytes as a file of CIFAR-10 and of CIFAR-100.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "staa/data/cifar.hpp"

namespace {

template <class Cifar>
void check(std::span<const std::uint8_t> bytes, std::size_t record_size) {
    try {
        const Cifar images = Cifar::parse(bytes, "input");
        const bool is_fine = static_cast<std::size_t>(images.size()) * record_size == bytes.size();
        for (staa::Index i = 0; i < images.size(); ++i) {
            const staa::Sample sample = images.sample(i);
            const std::uint8_t* record = bytes.data() + static_cast<std::size_t>(i) * record_size;
            if (!is_fine || sample.pixels.size() != 3072 || sample.label != record[record_size - 3073] ||
                sample.pixels[3071] != record[record_size - 1]) {
                std::abort();
            }
        }
    } catch (const staa::Error&) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    check<staa::Cifar10>({data, size}, 3073);
    check<staa::Cifar100>({data, size}, 3074);
    return 0;
}
