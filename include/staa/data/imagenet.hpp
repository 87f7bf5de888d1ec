// SPDX-License-Identifier: MIT
// The data set ImageNet (ILSVRC 2012; Russakovsky et al. 2015), or any other with one folder of JPEG files per class.
// Needs libjpeg; <staa/staa.hpp> does not include it.
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

/// How ImageNet is read.
struct ImageNetOptions {
    Index height = 224, width = 224;  ///< in pixels, of the images that a `Loader` makes of the pictures; at least 1
    std::string extension = ".JPEG";  ///< of the files that are read
    /// Names of files that are left out. The default is a file of the training set that is a PNG under another name.
    std::vector<std::string> skip{"n02105855_2933.JPEG"};
};

/// Pictures in the folders of their classes. A `PictureDataSet`; `sample` decodes the file in each call. A `Loader`
/// makes images of one size of them: a random part of each picture for training (`Augmentation::resized_crop`), else
/// its middle.
class ImageNet {
 public:
    /// Opens `folder` (`train` or `val` of ImageNet), which holds one folder per class. The names of these folders, in
    /// order, number the classes. A folder without classes, a class without pictures (after `skip`), and a height or
    /// width below 1 are an `Error`.
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

    /// The name of the folder of a class, for `label` in [0, classes()).
    const std::string& class_name(int label) const { return class_names_[static_cast<std::size_t>(label)]; }

    /// Picture `i`, which must be in [0, size()). A bad file is an `Error` (see `parse_jpeg`).
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
