// SPDX-License-Identifier: MIT
// [define]
#include "classifier.hpp"

template struct staa::NetworkCode<Classifier>;
// [/define]
