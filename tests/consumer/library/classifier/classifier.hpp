// SPDX-License-Identifier: MIT
// A network that is compiled in one .cpp, whatever number of files uses it.
#pragma once

#include <staa/staa.hpp>

// [declare]
using Classifier = staa::Network<staa::Image<3, 8, 8>, staa::Conv2d<8>, staa::BatchNorm, staa::Lif<>,
                                 staa::GlobalAvgPool, staa::Linear<10>>;
extern template struct staa::NetworkCode<Classifier>;  // compiled in classifier.cpp
// [/declare]
