// SPDX-License-Identifier: MIT
// Everything that needs no optional dependency.
#pragma once

#include "staa/data/augmentation.hpp"
#include "staa/data/cifar.hpp"
#include "staa/data/cifar10_dvs.hpp"
#include "staa/data/dvs_gesture.hpp"
#include "staa/data/event_loader.hpp"
#include "staa/data/loader.hpp"
#include "staa/data/mixing.hpp"
#include "staa/data/nmnist.hpp"
#include "staa/data/synthetic.hpp"
#include "staa/data/synthetic_events.hpp"
#include "staa/networks/resnet.hpp"
#include "staa/networks/vgg.hpp"
#include "staa/training/loss.hpp"
#include "staa/training/optimizer.hpp"
#include "staa/training/schedule.hpp"
