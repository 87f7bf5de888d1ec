// SPDX-License-Identifier: MIT
// The types that train_dvs.cpp and its networks (train_dvs_network.cpp) share.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "staa/data/event_data_set.hpp"
#include "support/dvs_options.hpp"
#include "support/networks.hpp"

namespace example {

/// Any set of recordings, as one type, so that each network is compiled once and not once per data set. An
/// `EventDataSet`.
class Recordings {
 public:
    template <staa::EventDataSet DataSet>
    explicit Recordings(DataSet data_set)
        : size_(data_set.size()),
          classes_(data_set.classes()),
          height_(data_set.height()),
          width_(data_set.width()),
          sample_([data_set = std::move(data_set)](Index i) { return data_set.sample(i); }) {}

    Index size() const { return size_; }
    staa::EventSample sample(Index i) const { return sample_(i); }
    int classes() const { return classes_; }
    Index height() const { return height_; }
    Index width() const { return width_; }

 private:
    Index size_;
    int classes_;
    Index height_, width_;
    std::function<staa::EventSample(Index)> sample_;
};

/// Recordings for training and recordings for testing.
struct DvsData {
    std::string name;  ///< for printing
    Recordings train, test;
    bool may_flip;  ///< whether a mirrored recording is of the same class
};

}  // namespace example
