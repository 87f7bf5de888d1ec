// SPDX-License-Identifier: MIT
// What train_cifar and its networks have in common.
#pragma once

#include <string>

#include "staa/data/image_data_set.hpp"
#include "support/cifar_options.hpp"
#include "support/networks.hpp"

namespace example {

/// Images to learn from and images to measure with.
struct CifarData {
    staa::StoredImages train, test;
};

/// The data set in words.
inline std::string data_name(const CifarOptions& options) {
    return options.is_synthetic() ? "synthetic images" : "CIFAR-" + std::to_string(options.classes) + " images";
}

}  // namespace example
