// SPDX-License-Identifier: MIT
// ImageNet (ILSVRC 2012; Russakovsky et al. 2015), and any other folder of class folders of JPEG files. Needs libjpeg:
// <staa/staa.hpp> leaves it out.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "staa/data/jpeg.hpp"
#include "staa/data/labelled_files.hpp"
#include "staa/data/resample.hpp"

namespace staa {
inline namespace STAA_ABI {

/// How the pictures of a folder are used.
struct ImageNetOptions {
    Index height = 224, width = 224;  ///< of the images that a loader makes of them
    std::string extension = ".JPEG";
    /// Files that are left out: this one of ImageNet's training set is a PNG under another name.
    std::vector<std::string> skip{"n02105855_2933.JPEG"};
};

/// Pictures in the folders of their classes. A `PictureDataSet` that decodes a file when it is asked for its sample. A
/// `Loader` of it makes images of one size: for training a random part of each picture (`Augmentation::resized_crop`),
/// else its middle.
class ImageNet {
 public:
    /// The pictures in the folders of `folder` (`train` or `val` of ImageNet), class after class in the order of their
    /// names, which number the classes. A folder without classes or a class without pictures that are not left out is an
    /// `Error`.
    static ImageNet open(const std::filesystem::path& folder, const ImageNetOptions& options = {}) {
        if (options.height < 1 || options.width < 1) {
            fail("images of ", options.width, " x ", options.height, " pixels cannot be made; expected at least 1 x 1");
        }
        const auto classes = detail::names_in(folder, true, "", "a folder of class folders");
        if (classes.empty()) {
            fail("no folder in ", folder.string(), "; expected the folder of each class");
        }
        return {labelled_files(folder, classes, options.extension, "ImageNet", options.skip), classes, options};
    }

    Index size() const { return static_cast<Index>(files_.size()); }
    int classes() const { return static_cast<int>(class_names_.size()); }
    Index height() const { return options_.height; }
    Index width() const { return options_.width; }
    Index channels() const { return 3; }
    Normalisation normalisation() const { return {{.485, .456, .406}, {.229, .224, .225}}; }

    /// The folder of a class, for `label` in [0, classes()).
    const std::string& class_name(int label) const { return class_names_[static_cast<std::size_t>(label)]; }

    /// Picture `i` of [0, size()); what is wrong with its file is an `Error` (see `parse_jpeg`).
    PictureSample sample(Index i) const {
        const LabelledFile& file = files_[static_cast<std::size_t>(i)];
        Picture picture = read_jpeg(file.path);
        return {std::move(picture.pixels), picture.height, picture.width, file.label};
    }

 private:
    ImageNet(std::vector<LabelledFile> files, std::vector<std::string> class_names, const ImageNetOptions& options)
        : files_(std::move(files)), class_names_(std::move(class_names)), options_(options) {}

    std::vector<LabelledFile> files_;
    std::vector<std::string> class_names_;
    ImageNetOptions options_;
};

}  // namespace STAA_ABI
}  // namespace staa
