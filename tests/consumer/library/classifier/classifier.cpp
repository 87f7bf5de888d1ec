// SPDX-License-Identifier: MIT
// [define]
#include "classifier.hpp"

template class staa::Network<staa::Image<3, 8, 8>, staa::Conv2d<8>, staa::BatchNorm, staa::Lif<>, staa::GlobalAvgPool,
                             staa::Linear<10>>;
// [define]
