// SPDX-License-Identifier: MIT
// The optimisers. Each has `options`, which may change between steps, `step(net)`, and `visit_state(net, visitor)`, by
// which a checkpoint saves it.
#pragma once

#include "staa/training/adamw.hpp"
#include "staa/training/lamb.hpp"
#include "staa/training/sgd.hpp"
