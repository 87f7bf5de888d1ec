// SPDX-License-Identifier: MIT
// Pictures from JPEG files. The only header that needs libjpeg (https://libjpeg-turbo.org); <staa/staa.hpp> leaves it out.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <jerror.h>
#include <jpeglib.h>

#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"
#include "staa/data/mapped_file.hpp"

namespace staa::inline STAA_ABI {

/// A picture, decoded.
struct Picture {
    std::vector<std::uint8_t> pixels;  ///< [height, width, 3], red, green, blue
    Index height = 0, width = 0;
};

namespace detail {

/// One run of libjpeg. It reports errors by longjmp, which must not pass a destructor: so the calls are in functions whose
/// variables have none, and everything else is a member.
class JpegDecoder {
 public:
    JpegDecoder(std::span<const std::uint8_t> bytes, const std::string& file) : bytes_(bytes), file_(file) {
        info_.err = jpeg_std_error(&problem_.manager);
        problem_.manager.error_exit = [](j_common_ptr info) { stop(info); };
        problem_.manager.emit_message = [](j_common_ptr info, int level) {
            // Extra bytes between segments and the like are common and harmless; an end too soon is neither.
            const int code = info->err->msg_code;
            if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER)) {
                stop(info);
            }
        };
        progress_.progress_monitor = [](j_common_ptr info) {
            // A progressive picture has about ten scans. A small file can have thousands, each as long as the picture.
            if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > most_scans) {
                stop(info, "more than 100 scans in one picture");
            }
        };
    }
    ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
    JpegDecoder(const JpegDecoder&) = delete;
    JpegDecoder& operator=(const JpegDecoder&) = delete;

    Picture decode() {
        if (!read_header()) {
            fail(file_, ": ", problem_.text);
        }
        check_size();
        picture_.height = static_cast<Index>(info_.image_height);
        picture_.width = static_cast<Index>(info_.image_width);
        picture_.pixels.resize(static_cast<std::size_t>(picture_.height * picture_.width * 3));
        is_cmyk_ = info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
        row_.resize(is_cmyk_ ? static_cast<std::size_t>(picture_.width * 4) : 0);
        if (!read_rows()) {
            fail(file_, ": ", problem_.text);
        }
        return std::move(picture_);
    }

 private:
    /// libjpeg's error manager, and where to go on after an error.
    struct Problem {
        jpeg_error_mgr manager{};  // the first member: libjpeg hands back its address
        std::jmp_buf after{};
        char text[JMSG_LENGTH_MAX] = {};
    };

    static constexpr int most_scans = 100;

    /// Ends what libjpeg is doing, with a text or else libjpeg's own.
    [[noreturn]] static void stop(j_common_ptr info, const char* text = nullptr) {
        auto* const problem = reinterpret_cast<Problem*>(info->err);
        if (text != nullptr) {
            std::snprintf(problem->text, sizeof problem->text, "%s", text);
        } else {
            info->err->format_message(info, problem->text);
        }
        std::longjmp(problem->after, 1);
    }

    bool read_header() {
        if (setjmp(problem_.after) != 0) {
            return false;
        }
        jpeg_create_decompress(&info_);
        info_.progress = &progress_;
        jpeg_mem_src(&info_, bytes_.data(), static_cast<unsigned long>(bytes_.size()));
        jpeg_read_header(&info_, TRUE);
        return true;
    }

    /// A file can't say more about pixels than it has bits for: a block of 8 x 8 takes at least one.
    void check_size() const {
        constexpr std::uint64_t most_pixels_a_byte = 8 * 64;
        const std::uint64_t pixels = std::uint64_t{info_.image_width} * info_.image_height;
        if (pixels > most_pixels_a_byte * bytes_.size()) {
            fail(file_, ": the header says ", info_.image_width, " x ", info_.image_height,
                 " pixels, which cannot be in ", bytes_.size(), " bytes");
        }
    }

    bool read_rows() {
        if (setjmp(problem_.after) != 0) {
            return false;
        }
        info_.out_color_space = is_cmyk_ ? JCS_CMYK : JCS_RGB;
        jpeg_start_decompress(&info_);
        while (info_.output_scanline < info_.output_height) {
            std::uint8_t* const out =
                picture_.pixels.data() + static_cast<Index>(info_.output_scanline) * picture_.width * 3;
            JSAMPROW to = is_cmyk_ ? row_.data() : out;
            jpeg_read_scanlines(&info_, &to, 1);
            if (is_cmyk_) {
                write_rgb(out);
            }
        }
        jpeg_finish_decompress(&info_);
        return true;
    }

    /// Print colours to screen colours. Adobe's files, which are nearly all, have them inverted: 255 is no ink.
    void write_rgb(std::uint8_t* out) const {
        const int inverted = info_.saw_Adobe_marker ? 0 : 255;
        for (std::size_t i = 0; i < row_.size(); i += 4) {
            for (std::size_t channel = 0; channel < 3; ++channel) {
                *out++ = static_cast<std::uint8_t>((row_[i + channel] ^ inverted) * (row_[i + 3] ^ inverted) / 255);
            }
        }
    }

    std::span<const std::uint8_t> bytes_;
    const std::string& file_;
    jpeg_decompress_struct info_{};
    jpeg_progress_mgr progress_{};
    Problem problem_;
    bool is_cmyk_ = false;
    std::vector<std::uint8_t> row_;  ///< cyan, magenta, yellow, black
    Picture picture_;
};

}  // namespace detail

/// Decodes the bytes of a JPEG file, grey and print colours too, to red, green and blue; `file` is its name in messages.
/// What is no JPEG, is damaged or truncated, or has more pixels than so many bytes can say is an `Error`.
inline Picture parse_jpeg(std::span<const std::uint8_t> bytes, const std::string& file) {
    if (bytes.empty()) {
        fail(file, " is empty; expected a picture in JPEG");
    }
    return detail::JpegDecoder(bytes, file).decode();
}

/// Reads a picture in JPEG; see `parse_jpeg`. A missing file is an `Error` too.
inline Picture read_jpeg(const std::filesystem::path& path) {
    const MappedFile file(path, "a picture in JPEG");
    return parse_jpeg(file.bytes(), path.string());
}

}  // namespace staa::inline STAA_ABI
