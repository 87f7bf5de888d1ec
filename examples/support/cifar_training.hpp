// SPDX-License-Identifier: MIT
// The types that train_cifar.cpp and its networks (train_network.cpp) share.
#pragma once

#include <string>

#include "staa/data/image_data_set.hpp"
#include "support/cifar_options.hpp"
#include "support/networks.hpp"

namespace example {

/// Images for training and images for testing.
struct CifarData {
    staa::StoredImages train, test;
};

/// The data of a run that tests on `held_out` training images, the last ones, after every epoch.
inline CifarData hold_out(const CifarData& data, Index held_out) {
    const Index left = data.train.size() - held_out;
    if (left < 1) {
        staa::fail("--hold-out ", held_out, ": there are only ", data.train.size(), " training images");
    }
    return {data.train.part(0, left), data.train.part(left, held_out)};
}

/// The name of the data set for printing.
inline std::string data_name(const CifarOptions& options) {
    return options.is_synthetic() ? "synthetic images" : "CIFAR-" + std::to_string(options.classes) + " images";
}

}  // namespace example
