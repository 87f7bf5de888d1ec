// SPDX-License-Identifier: MIT
// The data set CIFAR10-DVS: images of CIFAR-10 that move in front of an event camera (Li et al. 2017).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "staa/core/random.hpp"
#include "staa/data/aedat2.hpp"
#include "staa/data/event_data_set.hpp"
#include "staa/data/image_data_set.hpp"
#include "staa/data/labelled_files.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Which recordings of CIFAR10-DVS are for testing. There is no official split, and accuracies on different splits
/// can't be compared.
enum class Cifar10DvsSplit {
    random,    ///< a tenth of each class, drawn with a seed: the paper's 9 : 1
    last_100,  ///< the last 100 of each class
    first_100  ///< the first 100 of each class (Duan et al. 2022, TEBN); known to be easier than a random tenth
};

/// How CIFAR10-DVS is read.
struct Cifar10DvsOptions {
    Cifar10DvsSplit split = Cifar10DvsSplit::random;  ///< how training and test are chosen
    std::uint64_t seed = 1;                           ///< of the random split
    /// Which defects of a file are accepted. By default times may run backwards: the format does not promise sorted
    /// events, and other readers of these files do not check the order.
    EventReadOptions reading{.sort = true};
};

/// CIFAR10-DVS: 1,000 recordings of 128 x 128 pixels in each of ten classes, about 1.3 s each. An `EventDataSet`;
/// `sample` reads the file in each call.
class Cifar10Dvs {
 public:
    /// Opens a split. `folder` holds the ten folders `airplane` to `truck`, each with files such as
    /// `cifar10_airplane_0.aedat`. Recordings are in the order of the classes and, within a class, of these numbers. A
    /// missing or empty folder is an `Error`. So is a class with too few recordings: fewer than 10 for the random
    /// split, fewer than 101 for the others.
    static Cifar10Dvs open(const std::filesystem::path& folder, Split split, const Cifar10DvsOptions& options = {}) {
        const std::vector<std::string> classes{"airplane", "automobile", "bird",  "cat",  "deer",
                                               "dog",      "frog",       "horse", "ship", "truck"};
        std::vector<LabelledFile> chosen;
        for (std::size_t label = 0; label < classes.size(); ++label) {
            auto files = labelled_files(folder, {classes[label]}, ".aedat", "CIFAR10-DVS");
            const auto count = static_cast<Index>(files.size());
            const Index tested = test_count(count, options.split, (folder / classes[label]).string());
            const std::vector<bool> is_test = test_recordings(count, tested, options, label);
            for (std::size_t i = 0; i < files.size(); ++i) {
                if (is_test[i] == (split == Split::test)) {
                    chosen.push_back({std::move(files[i].path), static_cast<int>(label)});
                }
            }
        }
        return {std::move(chosen), options.reading};
    }

    Index size() const { return static_cast<Index>(files_.size()); }
    int classes() const { return 10; }
    Index height() const { return 128; }
    Index width() const { return 128; }

    /// Recording `i`, which must be in [0, size()). A bad file is an `Error` (see `parse_aedat2`).
    EventSample sample(Index i) const {
        const LabelledFile& file = files_[static_cast<std::size_t>(i)];
        return {read_aedat2(file.path, reading_), file.label};
    }

    /// The file of recording `i`, which must be in [0, size()).
    const std::filesystem::path& path(Index i) const { return files_[static_cast<std::size_t>(i)].path; }

 private:
    Cifar10Dvs(std::vector<LabelledFile> files, const EventReadOptions& reading)
        : files_(std::move(files)), reading_(reading) {}

    static Index test_count(Index count, Cifar10DvsSplit split, const std::string& folder) {
        const Index least = split == Cifar10DvsSplit::random ? 10 : 101;
        if (count < least) {
            fail(folder, " has ", count, " recordings, expected at least ", least, " for this split of CIFAR10-DVS");
        }
        return split == Cifar10DvsSplit::random ? count / 10 : 100;
    }

    /// Which of the `count` recordings of a class are for testing.
    static std::vector<bool> test_recordings(Index count, Index tested, const Cifar10DvsOptions& options,
                                             std::size_t label) {
        std::vector<bool> is_test(static_cast<std::size_t>(count), false);
        Random random = Random(options.seed).split(label);
        Index left = tested;
        for (Index i = 0; i < count; ++i) {
            const bool is_drawn = static_cast<Index>(random.below(static_cast<std::uint64_t>(count - i))) < left;
            const bool is_chosen = options.split == Cifar10DvsSplit::random     ? is_drawn
                                   : options.split == Cifar10DvsSplit::last_100 ? i >= count - tested
                                                                                : i < tested;
            is_test[static_cast<std::size_t>(i)] = is_chosen;
            left -= is_chosen ? 1 : 0;
        }
        return is_test;
    }

    std::vector<LabelledFile> files_;
    EventReadOptions reading_;
};

}  // namespace STAA_ABI
}  // namespace staa
