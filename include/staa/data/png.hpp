// SPDX-License-Identifier: MIT
// Reads pictures from PNG files. The only header that includes libpng (http://www.libpng.org); <staa/staa.hpp> does not
// include it.
#pragma once

#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <png.h>

#include "staa/core/error.hpp"
#include "staa/data/mapped_file.hpp"
#include "staa/data/picture.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Decodes one file with libpng. libpng reports errors by longjmp, which must not skip a destructor. So libpng is called
/// only in functions whose local variables have no destructor; all other variables are members.
class PngDecoder {
 public:
    PngDecoder(std::span<const std::uint8_t> bytes, const std::string& file) : bytes_(bytes), file_(file) {
        png_ =
            png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &PngDecoder::stop, [](png_structp, png_const_charp) {});
        info_ = png_ != nullptr ? png_create_info_struct(png_) : nullptr;
        if (info_ == nullptr) {
            png_destroy_read_struct(&png_, nullptr, nullptr);
            fail(file_, ": libpng has not enough memory");
        }
    }
    ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
    PngDecoder(const PngDecoder&) = delete;
    PngDecoder& operator=(const PngDecoder&) = delete;

    Picture decode() {
        if (!read_header()) {
            fail_where_it_stood();
        }
        check_size();
        picture_.pixels.resize(static_cast<std::size_t>(picture_.height * picture_.width * 3));
        for (Index y = 0; y < picture_.height; ++y) {
            rows_.push_back(picture_.pixels.data() + y * picture_.width * 3);
        }
        if (!read_rows()) {
            fail_where_it_stood();
        }
        return std::move(picture_);
    }

 private:
    static constexpr std::uint64_t most_pixels = std::uint64_t{1} << 27;

    [[noreturn]] static void stop(png_structp png, png_const_charp text) {
        auto* const decoder = static_cast<PngDecoder*>(png_get_error_ptr(png));
        std::snprintf(decoder->text_, sizeof decoder->text_, "%s", text);
        std::longjmp(decoder->after_, 1);
    }

    static void give_bytes(png_structp png, png_bytep to, png_size_t count) {
        auto* const decoder = static_cast<PngDecoder*>(png_get_io_ptr(png));
        if (count > decoder->bytes_.size() - decoder->at_) {
            png_error(png, "the file ends too early");
        }
        std::copy_n(decoder->bytes_.data() + decoder->at_, count, to);
        decoder->at_ += count;
    }

    [[noreturn]] void fail_where_it_stood() const {
        fail(file_, ": ", text_, "; decoding stood at byte ", at_, " of ", bytes_.size(),
             ", expected a whole picture in PNG");
    }

    bool read_header() {
        if (setjmp(after_) != 0) {
            return false;
        }
        png_set_read_fn(png_, this, &PngDecoder::give_bytes);
        png_set_user_limits(png_, 0x7fffffff, 0x7fffffff);  // check_size has the limits of this library
        png_read_info(png_, info_);
        picture_.height = static_cast<Index>(png_get_image_height(png_, info_));
        picture_.width = static_cast<Index>(png_get_image_width(png_, info_));
        return true;
    }

    /// Throws `Error` for more pixels than the file can hold: zlib makes at most 1032 bytes of one, and a pixel has at
    /// least one bit. Also for more than 2^27 pixels, which take 400 MB.
    void check_size() const {
        constexpr std::uint64_t most_pixels_per_byte = 8 * 1032;
        const std::uint64_t pixels =
            static_cast<std::uint64_t>(picture_.height) * static_cast<std::uint64_t>(picture_.width);
        if (pixels > most_pixels_per_byte * bytes_.size()) {
            fail(file_, ": the header says ", picture_.width, " x ", picture_.height, " pixels, which cannot be in ",
                 bytes_.size(), " bytes");
        }
        if (pixels > most_pixels) {
            fail(file_, ": the header says ", picture_.width, " x ", picture_.height, " pixels, expected at most ",
                 most_pixels);
        }
    }

    bool read_rows() {
        if (setjmp(after_) != 0) {
            return false;
        }
        png_set_expand(png_);
        png_set_strip_16(png_);
        png_set_gray_to_rgb(png_);
        png_set_strip_alpha(png_);
        png_set_interlace_handling(png_);
        png_read_update_info(png_, info_);
        if (png_get_rowbytes(png_, info_) != static_cast<std::size_t>(picture_.width) * 3) {
            png_error(png_, "the rows do not have three bytes per pixel");
        }
        png_read_image(png_, rows_.data());
        png_read_end(png_, nullptr);
        return true;
    }

    std::span<const std::uint8_t> bytes_;
    const std::string& file_;
    std::size_t at_ = 0;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
    std::jmp_buf after_{};
    char text_[256] = {};
    std::vector<png_bytep> rows_;
    Picture picture_;
};

}  // namespace detail

/// Decodes the bytes of a PNG file to red, green and blue; `file` is its name in error messages. Grey becomes three equal
/// values. Transparency is left out. Of 16 bits the upper 8 stay. Bytes that are no PNG, a truncated or damaged picture,
/// more pixels than so many bytes can hold, and more than 2^27 pixels are an `Error` that names the byte.
inline Picture parse_png(std::span<const std::uint8_t> bytes, const std::string& file) {
    if (bytes.empty()) {
        fail(file, " is empty; expected a picture in PNG");
    }
    return detail::PngDecoder(bytes, file).decode();
}

/// Reads a picture in PNG; see `parse_png`. A missing file is an `Error` too.
inline Picture read_png(const std::filesystem::path& path) {
    const MappedFile file(path, "a picture in PNG");
    return parse_png(file.bytes(), path.string());
}

}  // namespace STAA_ABI
}  // namespace staa
