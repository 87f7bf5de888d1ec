// SPDX-License-Identifier: MIT
// Everything for images that needs no optional dependency. Event cameras are in headers of their own, data/nmnist.hpp,
// data/cifar10_dvs.hpp, data/dvs_gesture.hpp, data/synthetic_events.hpp and data/event_loader.hpp: with them, this one would
// take a quarter more to compile.
#pragma once

#include "staa/data/augmentation.hpp"
#include "staa/data/cifar.hpp"
#include "staa/data/loader.hpp"
#include "staa/data/mixing.hpp"
#include "staa/data/normalisation_of.hpp"
#include "staa/data/synthetic.hpp"
#include "staa/layers/dropout.hpp"
#include "staa/layers/max_pool.hpp"
#include "staa/networks/resnet.hpp"
#include "staa/networks/vgg.hpp"
#include "staa/training/evaluate.hpp"
#include "staa/training/fine_tuning.hpp"
#include "staa/training/health.hpp"
#include "staa/training/lookahead.hpp"
#include "staa/training/loss.hpp"
#include "staa/training/optimizer.hpp"
#include "staa/training/schedule.hpp"
#include "staa/training/temporal_loss.hpp"
#include "staa/training/trainer.hpp"
#include "staa/training/weight_average.hpp"
