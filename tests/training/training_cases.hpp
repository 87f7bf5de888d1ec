// SPDX-License-Identifier: MIT
// The cases of training.safetensors, which make_training_cases.py writes, and the network that they belong to.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/io/safetensors.hpp"
#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "support/catch.hpp"

namespace staa_tests {

using namespace staa;

using TrainingNet = Network<Image<2, 4, 4, double>, Conv2d<3>, BatchNorm, Lif<>, GlobalAvgPool, Linear<4>>;

inline Safetensors& cases() {
    static Safetensors file =
        Safetensors::open(std::filesystem::path(STAA_TEST_DATA_DIR) / "training" / "training.safetensors");
    return file;
}

/// Copies a tensor of the file to a tensor of the network.
template <class AnyTensor>
void read(const std::string& group, const ParameterName& name, AnyTensor& tensor) {
    const std::vector<double> values = cases().values<double>(group + "." + name.text);
    staa::detail::for_each_position(staa::detail::axis_order(name, tensor.size()), [&](Index there, Index here) {
        tensor.data()[here] = values[static_cast<std::size_t>(there)];
    });
}

/// A tensor of the file, in the order that it has there.
template <int Rank>
Tensor<double, Rank> tensor_of(const std::string& name) {
    Tensor<double, Rank> tensor;
    typename Tensor<double, Rank>::Dimensions extents;
    const std::vector<Index>& shape = cases().at(name).shape;
    std::copy(shape.begin(), shape.end(), extents.begin());
    tensor.resize(extents);
    const std::vector<double> values = cases().values<double>(name);
    std::copy(values.begin(), values.end(), tensor.data());
    return tensor;
}

inline Labels labels_of(const std::string& name) {
    const std::vector<double> values = cases().values<double>(name);
    Labels labels(static_cast<Index>(values.size()));
    for (std::size_t n = 0; n < values.size(); ++n) {
        labels(static_cast<Index>(n)) = static_cast<int>(values[n]);
    }
    return labels;
}

}  // namespace staa_tests
