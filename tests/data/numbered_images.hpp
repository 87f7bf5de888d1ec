// SPDX-License-Identifier: MIT
// Small images, and the batches that a loader gives, for tests of loaders.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "staa/data/loader.hpp"

namespace staa_tests {

/// Images of one pixel; the label of each is its position.
inline staa::StoredImages numbered_images(int count) {
    std::vector<int> labels(static_cast<std::size_t>(count));
    std::iota(labels.begin(), labels.end(), 0);
    return {{.height = 1, .width = 1, .classes = count}, std::vector<std::uint8_t>(labels.size() * 3), labels};
}

/// The sizes of the batches, the labels and the values that a loader gives in an epoch.
struct Seen {
    std::vector<staa::Index> batches;
    std::vector<int> labels;
    std::vector<float> values;
    bool operator==(const Seen&) const = default;
};

template <class AnyLoader>
Seen see(AnyLoader& loader, staa::Index epoch) {
    Seen seen;
    for (auto&& [images, labels] : loader.epoch(epoch)) {
        seen.batches.push_back(images.dimension(0));
        seen.labels.insert(seen.labels.end(), labels.data(), labels.data() + labels.size());
        seen.values.insert(seen.values.end(), images.data(), images.data() + images.size());
    }
    return seen;
}

}  // namespace staa_tests
