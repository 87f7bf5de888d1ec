// SPDX-License-Identifier: MIT
// Random numbers and spikes. Zeros would be a silent network, and denormal numbers a slow one.
#pragma once

#include <initializer_list>

#include "staa/core/random.hpp"
#include "staa/core/tensor.hpp"

namespace staa_bench {

using staa::Index;

/// The firing rates of the benchmarks, in thousandths.
inline constexpr std::initializer_list<std::int64_t> rates{20, 50, 125, 250, 500};

/// `size` numbers, uniform in [-1, 1).
inline staa::Scratch<float> random_values(staa::Arena& arena, Index size) {
    staa::Scratch<float> values(arena, size);
    staa::Random random(static_cast<std::uint64_t>(size));
    for (Index i = 0; i < size; ++i)
        values.data()[i] = static_cast<float>(random.uniform(-1.0, 1.0));
    return values;
}

/// Spikes; each is set with the probability `share`.
inline staa::Spikes random_spikes(staa::Arena& arena, const staa::Extents& extents, double share) {
    staa::Spikes spikes;
    spikes.resize(arena, extents);
    staa::Random random(1);
    for (Index pixel = 0; pixel < extents.pixels(); ++pixel) {
        for (Index c = 0; c < extents.channels; ++c) {
            if (random.uniform() < share)
                spikes.set(pixel, c);
        }
    }
    return spikes;
}

}  // namespace staa_bench
