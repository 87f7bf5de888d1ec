// SPDX-License-Identifier: MIT
// The data set ImageNet (ILSVRC 2012; Russakovsky et al. 2015), or any other with one folder of pictures per class.
// Needs libjpeg; <staa/staa.hpp> does not include it.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "staa/core/parallel.hpp"
#include "staa/data/image_operations.hpp"
#include "staa/data/jpeg.hpp"
#include "staa/data/picture_files.hpp"
#include "staa/data/read_picture.hpp"
#include "staa/data/resample.hpp"

namespace staa {
inline namespace STAA_ABI {

/// What a data set does with pictures that are damaged.
enum class Damaged {
    error,  ///< an `Error` when the picture is read; `ImageNet::check` finds it before the first epoch
    mend,   ///< of a JPEG, take what libjpeg makes of it, and count; what can't be decoded at all is an `Error`
    skip,   ///< `open` reads every picture once, and leaves out those that are damaged
};

/// How ImageNet is read.
struct ImageNetOptions {
    Index height = 224, width = 224;  ///< in pixels, of the images that a `Loader` makes of the pictures; at least 1
    std::vector<std::string> suffixes{".jpg", ".jpeg", ".png"};  ///< of the files that are read, in any case
    /// Names of files that are left out. The default is a file of the training set that is a PNG under another name.
    std::vector<std::string> skip{"n02105855_2933.JPEG"};
    Damaged damaged = Damaged::error;  ///< what is done with damaged pictures
    Index channels = 3;                ///< 3: red, green, blue; 1: grey, of colour pictures their lightness (ITU-R 601)
};

/// A picture that can't be read as it should.
struct BadPicture {
    std::filesystem::path path;  ///< of its file
    std::string problem;         ///< the message of its `Error`
};

/// Pictures in the folders of their classes. A `PictureDataSet`; `sample` decodes the file in each call. A `Loader`
/// makes images of one size of them: a random part of each picture for training (`Augmentation::resized_crop`), else
/// its middle.
class ImageNet {
 public:
    /// Opens `folder` (`train` or `val` of ImageNet), which holds one folder per class. The names of these folders, in
    /// the order of their bytes, number the classes, as in torchvision (see `picture_files`). A folder without classes, a
    /// class without pictures (after `skip`), a height or width below 1, and other than 1 or 3 channels are an `Error`.
    static ImageNet open(const std::filesystem::path& folder, const ImageNetOptions& options = {}) {
        if (options.height < 1 || options.width < 1) {
            fail("images of ", options.width, " x ", options.height, " pixels cannot be made; expected at least 1 x 1");
        }
        if (options.channels != 1 && options.channels != 3) {
            fail("staa::ImageNet: images have 3 channels, or 1 if they are grey; found ", options.channels);
        }
        ImageNet set{picture_files(folder, {.suffixes = options.suffixes, .skip = options.skip}), options};
        if (options.damaged == Damaged::skip) {
            set.skip_damaged();
        }
        return set;
    }

    /// Reads every picture once, on all threads, and lists those that are damaged, in the order of the set: before a long
    /// run. It lists a picture that `Damaged::mend` passes over, too.
    std::vector<BadPicture> check() const {
        std::vector<std::string> problems(files_.size());
        constexpr Index cost_of_a_picture = 1'000'000;
        parallel_for(size(), cost_of_a_picture, [&](Index i) {
            problems[static_cast<std::size_t>(i)] = problem_of(files_[static_cast<std::size_t>(i)].path);
        });
        std::vector<BadPicture> bad;
        for (std::size_t i = 0; i < files_.size(); ++i) {
            if (!problems[i].empty()) {
                bad.push_back({files_[i].path, problems[i]});
            }
        }
        return bad;
    }

    /// The pictures that `open` left out because they are damaged (`Damaged::skip`).
    const std::vector<BadPicture>& skipped() const { return skipped_; }

    /// How many pictures that were read since `open` were mended (`Damaged::mend`); one that is read in every epoch counts
    /// each time.
    Index mended() const { return mended_->load(); }

    Index size() const { return static_cast<Index>(files_.size()); }
    int classes() const { return static_cast<int>(class_names_.size()); }
    Index height() const { return options_.height; }
    Index width() const { return options_.width; }
    Index channels() const { return options_.channels; }
    /// The numbers of torchvision; of grey images their means.
    Normalisation normalisation() const {
        return options_.channels == 1 ? Normalisation{{.449}, {.226}}
                                      : Normalisation{{.485, .456, .406}, {.229, .224, .225}};
    }

    /// The name of the folder of a class, for `label` in [0, classes()).
    const std::string& class_name(int label) const { return class_names_[static_cast<std::size_t>(label)]; }

    /// The names of all classes, by their numbers.
    const std::vector<std::string>& class_names() const { return class_names_; }

    /// Picture `i`, which must be in [0, size()). A bad file is an `Error` (see `parse_jpeg`). A PNG, whatever its name,
    /// is read if this build has libpng.
    PictureSample sample(Index i) const {
        const LabelledFile& file = files_[static_cast<std::size_t>(i)];
        Picture picture = read(file.path, options_.damaged == Damaged::mend);
        if (picture.mended > 0) {
            ++*mended_;
        }
        return {options_.channels == 1 ? lightness_of(picture) : std::move(picture.pixels), picture.height,
                picture.width, file.label};
    }

 private:
    ImageNet(PictureFiles pictures, const ImageNetOptions& options)
        : files_(std::move(pictures.files)), class_names_(std::move(pictures.class_names)), options_(options) {}

    static Picture read(const std::filesystem::path& path, bool mend) {
        const MappedFile file(path, "a picture in JPEG or PNG");
        const bool is_png = detail::begins_with(file.bytes(), detail::png_signature);
        return is_png ? parse_picture(file.bytes(), path.string())
                      : parse_jpeg(file.bytes(), path.string(), {.mend = mend});
    }

    /// The message of the error of reading a picture; empty if there is none.
    static std::string problem_of(const std::filesystem::path& path) {
#if defined(__cpp_exceptions)
        try {
            read(path, false);
        } catch (const Error& error) {
            return error.what();
        }
#else
        read(path, false);
#endif
        return "";
    }

    static std::vector<std::uint8_t> lightness_of(const Picture& picture) {
        std::vector<std::uint8_t> grey(picture.pixels.size() / 3);
        for (std::size_t i = 0; i < grey.size(); ++i) {
            grey[i] = image::lightness(picture.pixels.data() + 3 * i);
        }
        return grey;
    }

    /// Leaves out the damaged pictures. A class without others is an `Error`.
    void skip_damaged() {
        skipped_ = check();
        std::vector<Index> left(class_names_.size());
        std::size_t next = 0;
        std::erase_if(files_, [&](const LabelledFile& file) {
            const bool is_bad = next < skipped_.size() && skipped_[next].path == file.path;
            next += is_bad;
            left[static_cast<std::size_t>(file.label)] += !is_bad;
            return is_bad;
        });
        for (std::size_t label = 0; label < left.size(); ++label) {
            if (left[label] == 0) {
                fail("all pictures of the class ", class_names_[label],
                     " are damaged; the first of the set: ", skipped_.front().problem);
            }
        }
    }

    std::vector<LabelledFile> files_;
    std::vector<std::string> class_names_;
    ImageNetOptions options_;
    std::vector<BadPicture> skipped_;
    std::shared_ptr<std::atomic<Index>> mended_ = std::make_shared<std::atomic<Index>>(0);
};

}  // namespace STAA_ABI
}  // namespace staa
