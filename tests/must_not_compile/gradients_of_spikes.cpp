// expect: staa::check_gradients: a layer gives spikes, which have no derivative; give the neurons the surrogate Ramp
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"
#include "staa/testing/check_gradients.hpp"

using namespace staa;

using Net = Network<Image<3, 4, 4, double>, Conv2d<16>, BatchNorm, Lif<>, GlobalAvgPool, Linear<10>>;
const bool is_right = check_gradients(Net(NetworkOptions{})).ok();
