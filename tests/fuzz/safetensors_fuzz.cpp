// SPDX-License-Identifier: MIT
// Reads any bytes as a safetensors file: opens it, reads every tensor as every type, loads it into weights of every
// layout. Only staa::Error may be thrown. Weights that were loaded must be the same after saving and loading.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include "io/some_weights.hpp"
#include "staa/io/safetensors.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t capacity);

namespace {

using Weights = staa_tests::SomeWeights<float>;

staa::Safetensors open(std::string bytes) {
    return staa::Safetensors(std::make_unique<std::istringstream>(std::move(bytes)), "input");
}

template <class Scalar>
void read(staa::Safetensors& file, const std::string& name, const staa::StoredTensor& tensor) {
    try {
        const auto values = file.values<Scalar>(name);
        staa::Index size = 1;
        for (const staa::Index extent : tensor.shape) {
            size *= extent;
        }
        if (static_cast<staa::Index>(values.size()) != size) {
            std::abort();
        }
    } catch (const staa::Error&) {
    }
}

void load_and_save(const std::string& bytes) {
    Weights weights = Weights::zeros();
    try {
        staa::Safetensors file = open(bytes);
        staa::load(weights, file);
    } catch (const staa::Error&) {
        if (!(weights == Weights::zeros())) {
            std::abort();
        }
        return;
    }
    std::ostringstream saved;
    staa::save(weights, saved);
    Weights again = Weights::zeros();
    staa::Safetensors file = open(saved.str());
    staa::load(again, file);
    if (!(again == weights)) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    try {
        staa::Safetensors file = open(bytes);
        for (const auto& [name, tensor] : file.tensors()) {
            read<float>(file, name, tensor);
            read<double>(file, name, tensor);
            read<std::int64_t>(file, name, tensor);
        }
    } catch (const staa::Error&) {
        return 0;
    }
    load_and_save(bytes);
    return 0;
}

/// Changes the bytes with libFuzzer's function. Three times out of four it then sets the first eight bytes to the
/// length of a header that ends at the last brace: otherwise few inputs would pass the check of the header's length.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t capacity,
                                               unsigned seed) {
    size = LLVMFuzzerMutate(data, size, capacity);
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::size_t brace = bytes.rfind('}');
    if (seed % 4 != 0 && brace != bytes.npos && brace >= 8) {
        const std::uint64_t length = brace - 7;
        staa::detail::store_little_endian(length, reinterpret_cast<char*>(data));
    }
    return size;
}
