// SPDX-License-Identifier: MIT
// The data set N-MNIST: the digits of MNIST, recorded by a moving event camera (Orchard et al. 2015).
#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "staa/data/event_data_set.hpp"
#include "staa/data/image_data_set.hpp"
#include "staa/data/labelled_files.hpp"
#include "staa/data/nmnist_file.hpp"

namespace staa {
inline namespace STAA_ABI {

/// N-MNIST: 60,000 training and 10,000 test recordings of 34 x 34 pixels, about 0.3 s each. An `EventDataSet`; `sample`
/// reads the file in each call.
class NMnist {
 public:
    /// Opens a split. `folder` holds `Train/0` to `Train/9` and `Test/0` to `Test/9`, as the official archives unpack.
    /// Recordings are in the order of the digits and, within a digit, of the file names. A missing or empty folder is
    /// an `Error`.
    static NMnist open(const std::filesystem::path& folder, Split split, const EventReadOptions& options = {}) {
        const std::vector<std::string> digits{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
        return {labelled_files(folder / (split == Split::train ? "Train" : "Test"), digits, ".bin", "N-MNIST"),
                options};
    }

    Index size() const { return static_cast<Index>(files_.size()); }
    int classes() const { return 10; }
    Index height() const { return 34; }
    Index width() const { return 34; }

    /// Recording `i`, which must be in [0, size()). A bad file is an `Error` (see `parse_nmnist`).
    EventSample sample(Index i) const {
        const LabelledFile& file = files_[static_cast<std::size_t>(i)];
        return {read_nmnist(file.path, options_), file.label};
    }

 private:
    NMnist(std::vector<LabelledFile> files, const EventReadOptions& options)
        : files_(std::move(files)), options_(options) {}

    std::vector<LabelledFile> files_;
    EventReadOptions options_;
};

}  // namespace STAA_ABI
}  // namespace staa
