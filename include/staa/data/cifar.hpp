// SPDX-License-Identifier: MIT
// Reads the binary versions of CIFAR-10 and CIFAR-100 (Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html).
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "staa/data/folder_hint.hpp"
#include "staa/data/image_data_set.hpp"
#include "staa/data/mapped_file.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The names of CIFAR-10's classes, in the order of the labels.
inline constexpr std::array<const char*, 10> cifar10_class_names{"airplane", "automobile", "bird",  "cat",  "deer",
                                                                 "dog",      "frog",       "horse", "ship", "truck"};

/// CIFAR with 10 or 100 classes: 32 x 32 colour images, read whole into memory. An `ImageDataSet`.
///
/// A file is a sequence of records: the label (CIFAR-100: coarse label, fine label; the fine one is used), then the
/// planes red, green and blue, each 32 x 32 bytes, row major. An image here is [32, 32, 3].
template <int Classes>
    requires(Classes == 10 || Classes == 100)
class Cifar : public StoredImages {
 public:
    /// Mean and deviation of the official training images.
    static constexpr Normalisation statistics = Classes == 10
                                                    ? Normalisation{{.4914, .4822, .4465}, {.2023, .1994, .2010}}
                                                    : Normalisation{{.5071, .4867, .4408}, {.2675, .2565, .2761}};

    /// A limit for all images of the split.
    static constexpr Index all = std::numeric_limits<Index>::max();

    /// Reads the first `limit` images of the split, or all if there are fewer, in the order of the files
    /// (data_batch_1.bin to data_batch_5.bin and test_batch.bin; CIFAR-100: train.bin and test.bin). Files may have
    /// another number of images than the official ones. They are checked to their end, also beyond the limit. A limit
    /// below 1, a missing folder or file, an empty file, an incomplete record and a label out of range are an `Error`
    /// that names the file and, if there is one, the byte.
    static Cifar read(const std::filesystem::path& folder, Split split, Index limit = all) {
        if (limit < 1) {
            fail("the number of ", name, " images to read must be at least 1, found ", limit);
        }
        check_folder(folder, split);
        std::vector<std::filesystem::path> files;
        Index records = 0;
        for (const std::string& file_name : file_names(split)) {
            files.push_back(folder / file_name);
            records += count_records(files.back());
        }
        Content content(std::min(limit, records));
        for (const auto& path : files) {
            const MappedFile file(path, expected_file());
            content.append(file.bytes(), path.string());
        }
        return Cifar(std::move(content));
    }

    /// The images in the bytes of one file; `file` is its name in error messages. The errors are those of `read`.
    static Cifar parse(std::span<const std::uint8_t> bytes, const std::string& file) {
        Content content(static_cast<Index>(bytes.size()) / record_size);
        content.append(bytes, file);
        return Cifar(std::move(content));
    }

 private:
    static constexpr Index side = 32, plane_size = side * side;
    static constexpr Index labels_per_record = Classes == 10 ? 1 : 2;
    static constexpr Index record_size = labels_per_record + 3 * plane_size;
    static constexpr int coarse_classes = 20;
    static constexpr const char* name = Classes == 10 ? "CIFAR-10" : "CIFAR-100";

    static std::vector<std::string> file_names(Split split) {
        if constexpr (Classes == 100) {
            return {split == Split::train ? "train.bin" : "test.bin"};
        } else if (split == Split::test) {
            return {"test_batch.bin"};
        } else {
            return {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"};
        }
    }

    /// Throws `Error` if the folder or a file of the split is missing. It looks at what is there instead.
    static void check_folder(const std::filesystem::path& folder, Split split) {
        std::error_code ignored;
        if (!std::filesystem::is_directory(folder, ignored)) {
            fail("no such folder: ", folder.string(), "; expected the folder of the binary version of ", name,
                 detail::hint_for_missing(folder / file_names(split).front()));
        }
        for (const std::string& file_name : file_names(split)) {
            if (!detail::is_there(folder / file_name)) {
                fail("no such file: ", (folder / file_name).string(), "; expected ", expected_file(),
                     other_version(folder, file_name));
            }
        }
    }

    /// Which other version of CIFAR is in the folder, or what else is there instead of the file.
    static std::string other_version(const std::filesystem::path& folder, const std::string& file_name) {
        const auto has = [&folder](const char* other) { return detail::is_there(folder / other); };
        const std::string get = std::string("; get the binary version with: bash examples/download.sh ") +
                                (Classes == 10 ? "cifar-10" : "cifar-100");
        if (has("data_batch_1") || (has("meta") && has("train"))) {
            const char* found = has("data_batch_1") ? "CIFAR-10" : "CIFAR-100";
            return std::string("; this is the Python version of ") + found + get;
        }
        if (Classes == 10 && has("train.bin") && has("test.bin")) {
            return "; this is CIFAR-100: read it as staa::Cifar100, or give --classes 100";
        }
        if (Classes == 100 && has("data_batch_1.bin")) {
            return "; this is CIFAR-10: read it as staa::Cifar10, or give --classes 10";
        }
        return detail::hint_for_missing(folder / file_name);
    }

    static std::string expected_file() { return std::string("a file of the binary version of ") + name; }

    /// Uses only the size of the file, so that a bad file is found before the first one is read.
    static Index count_records(const std::filesystem::path& file) {
        const MappedFile mapped(file, expected_file());
        return count_records(static_cast<Index>(mapped.bytes().size()), file.string());
    }

    static Index count_records(Index bytes, const std::string& file) {
        if (bytes == 0) {
            fail(file, " is empty; expected records of ", record_size, " bytes");
        }
        if (bytes % record_size != 0) {
            fail(file, ": the record that begins at byte ", bytes - bytes % record_size, " is incomplete: expected ",
                 record_size, " bytes, found ", bytes % record_size);
        }
        return bytes / record_size;
    }

    /// The images that have been read so far, at most `limit`.
    struct Content {
        explicit Content(Index limit_) : limit(limit_) {
            pixels.reserve(static_cast<std::size_t>(3 * plane_size * limit));
            labels.reserve(static_cast<std::size_t>(limit));
        }

        void append(std::span<const std::uint8_t> bytes, const std::string& file) {
            const Index records = count_records(static_cast<Index>(bytes.size()), file);
            for (Index i = 0; i < records; ++i) {
                append_record(bytes.data() + i * record_size, file, i * record_size);
            }
        }

        void append_record(const std::uint8_t* record, const std::string& file, Index offset) {
            const auto check = [&](Index i, const char* what, int classes) {
                if (record[i] >= classes) {
                    fail(file, ": the ", what, " at byte ", offset + i, " is ", int{record[i]}, ", expected 0 to ",
                         classes - 1);
                }
            };
            if constexpr (Classes == 100) {
                check(0, "coarse label", coarse_classes);
                check(1, "fine label", Classes);
            } else {
                check(0, "label", Classes);
            }
            if (static_cast<Index>(labels.size()) == limit) {
                return;
            }
            labels.push_back(record[labels_per_record - 1]);
            const std::uint8_t* const planes = record + labels_per_record;
            const auto used = static_cast<Index>(pixels.size());
            pixels.resize(pixels.size() + 3 * plane_size);
            std::uint8_t* out = pixels.data() + used;
            for (Index pixel = 0; pixel < plane_size; ++pixel) {
                for (Index channel = 0; channel < 3; ++channel) {
                    *out++ = planes[channel * plane_size + pixel];
                }
            }
        }

        Index limit;
        std::vector<std::uint8_t> pixels;
        std::vector<int> labels;
    };

    explicit Cifar(Content content)
        : StoredImages({side, side, Classes, statistics}, std::move(content.pixels), std::move(content.labels)) {}
};

/// CIFAR-10: 50,000 training and 10,000 test images.
using Cifar10 = Cifar<10>;

/// CIFAR-100: 50,000 training and 10,000 test images.
using Cifar100 = Cifar<100>;

}  // namespace STAA_ABI
}  // namespace staa
