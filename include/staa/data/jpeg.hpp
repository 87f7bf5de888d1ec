// SPDX-License-Identifier: MIT
// Reads pictures from JPEG files. The only header that includes libjpeg (https://libjpeg-turbo.org); <staa/staa.hpp>
// does not include it.
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

#include <jerror.h>
#include <jpeglib.h>

#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"
#include "staa/data/mapped_file.hpp"
#include "staa/data/picture.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// Decodes one file with libjpeg. libjpeg reports errors by longjmp, which must not skip a destructor. So libjpeg is
/// called only in functions whose local variables have no destructor; all other variables are members.
class JpegDecoder {
 public:
    JpegDecoder(std::span<const std::uint8_t> bytes, const std::string& file, bool mends) : bytes_(bytes), file_(file) {
        problem_.mends = mends;
        info_.err = jpeg_std_error(&problem_.manager);
        problem_.manager.error_exit = [](j_common_ptr info) { stop(info); };
        problem_.manager.emit_message = [](j_common_ptr info, int level) {
            if (level < 0 && !is_harmless(info->err->msg_code)) {
                mend_or_stop(info);
            }
        };
        source_.end = bytes.data() + bytes.size();
        source_.next = source_.manager.next_input_byte = bytes.data();
        source_.manager.init_source = source_.manager.term_source = [](j_decompress_ptr) {};
        source_.manager.fill_input_buffer = &Source::give_piece;
        source_.manager.skip_input_data = &Source::skip;
        source_.manager.resync_to_restart = &jpeg_resync_to_restart;
        progress_.progress_monitor = [](j_common_ptr info) {
            // A progressive picture has about ten scans. A hostile small file can have thousands, and decoding each
            // takes as long as a whole picture.
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
            fail_where_it_stood();
        }
        check_size();
        picture_.height = static_cast<Index>(info_.image_height);
        picture_.width = static_cast<Index>(info_.image_width);
        is_cmyk_ = info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
        row_.resize(static_cast<std::size_t>(picture_.width * (is_cmyk_ ? 4 : 3)));
        if (!read_rows()) {
            if (!problem_.mends || info_.output_scanline == 0) {
                fail_where_it_stood();
            }
            ++problem_.mended;  // libjpeg gave up: the rows after that stay grey
        }
        picture_.mended = problem_.mended;
        return std::move(picture_);
    }

 private:
    /// libjpeg's error manager, and where to go on after an error.
    struct Problem {
        jpeg_error_mgr manager{};  // must be the first member: libjpeg passes its address to the callbacks
        std::jmp_buf after{};
        char text[JMSG_LENGTH_MAX] = {};
        bool mends = false;  ///< pass over damage, if libjpeg can go on
        int mended = 0;      ///< how often
    };

    /// Gives libjpeg the file in pieces of at most 511 bytes. While its buffer has 512 bytes or more, libjpeg-turbo
    /// decodes scans by a faster function that accepts invalid codes, and damage would not be reported.
    struct Source {
        jpeg_source_mgr manager{};  // must be the first member: libjpeg passes its address to the callbacks
        const std::uint8_t *next = nullptr, *end = nullptr;

        static boolean give_piece(j_decompress_ptr info) {
            auto& source = *reinterpret_cast<Source*>(info->src);
            if (source.next == source.end) {
                mend_or_stop(reinterpret_cast<j_common_ptr>(info), "Premature end of JPEG file");
                static constexpr std::uint8_t end_of_image[] = {0xFF, 0xD9};  // the rest of the picture stays grey
                source.manager.next_input_byte = end_of_image;
                source.manager.bytes_in_buffer = sizeof end_of_image;
                return TRUE;
            }
            source.manager.next_input_byte = source.next;
            source.manager.bytes_in_buffer =
                static_cast<std::size_t>(std::min<std::ptrdiff_t>(511, source.end - source.next));
            source.next += source.manager.bytes_in_buffer;
            return TRUE;
        }

        static void skip(j_decompress_ptr info, long count) {
            jpeg_source_mgr& manager = *info->src;
            for (; count > static_cast<long>(manager.bytes_in_buffer); give_piece(info)) {
                count -= static_cast<long>(manager.bytes_in_buffer);
            }
            manager.next_input_byte += std::max(count, 0L);
            manager.bytes_in_buffer -= static_cast<std::size_t>(std::max(count, 0L));
        }
    };

    static constexpr int most_scans = 100;
    static constexpr std::uint64_t most_pixels = std::uint64_t{1} << 27;

    /// Warnings that do not concern the pixels. Extra bytes between segments are common in photographs.
    static bool is_harmless(int code) {
        return code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR ||
               code == JWRN_NOT_SEQUENTIAL;
    }

    /// Throws `Error`. libjpeg updates its position once per block of pixels, so the damage is at that byte or soon
    /// after it.
    [[noreturn]] void fail_where_it_stood() const {
        const auto left = static_cast<std::ptrdiff_t>(source_.manager.bytes_in_buffer);  // of the piece
        fail(file_, ": ", problem_.text, "; decoding stood at byte ",
             std::max<std::ptrdiff_t>(0, source_.next - bytes_.data() - left), " of ", bytes_.size(),
             ", expected a whole picture in JPEG");
    }

    /// Leaves libjpeg with the error message `text`, or with libjpeg's own if `text` is null.
    [[noreturn]] static void stop(j_common_ptr info, const char* text = nullptr) {
        auto* const problem = reinterpret_cast<Problem*>(info->err);
        if (text != nullptr) {
            std::snprintf(problem->text, sizeof problem->text, "%s", text);
        } else {
            info->err->format_message(info, problem->text);
        }
        std::longjmp(problem->after, 1);
    }

    /// Counts a damage that is passed over; leaves libjpeg if that is not asked for.
    static void mend_or_stop(j_common_ptr info, const char* text = nullptr) {
        auto* const problem = reinterpret_cast<Problem*>(info->err);
        if (!problem->mends) {
            stop(info, text);
        }
        ++problem->mended;
    }

    bool read_header() {
        if (setjmp(problem_.after) != 0) {
            return false;
        }
        jpeg_create_decompress(&info_);
        info_.progress = &progress_;
        info_.src = &source_.manager;
        jpeg_read_header(&info_, TRUE);
        return true;
    }

    /// Throws `Error` for more pixels than the file can hold: a block of 8 x 8 takes at least one bit. Also for more
    /// than 2^27 pixels, which take 400 MB, and up to 1.1 GB more while a progressive picture is decoded.
    void check_size() const {
        constexpr std::uint64_t most_pixels_per_byte = 8 * 64;
        const std::uint64_t pixels = std::uint64_t{info_.image_width} * info_.image_height;
        if (pixels > most_pixels_per_byte * bytes_.size()) {
            fail(file_, ": the header says ", info_.image_width, " x ", info_.image_height,
                 " pixels, which cannot be in ", bytes_.size(), " bytes");
        }
        if (pixels > most_pixels) {
            fail(file_, ": the header says ", info_.image_width, " x ", info_.image_height,
                 " pixels, expected at most ", most_pixels);
        }
    }

    bool read_rows() {
        if (setjmp(problem_.after) != 0) {
            return false;
        }
        info_.out_color_space = is_cmyk_ ? JCS_CMYK : JCS_RGB;
        jpeg_start_decompress(&info_);
        while (info_.output_scanline < info_.output_height) {
            const auto begin = static_cast<Index>(info_.output_scanline) * picture_.width * 3;
            JSAMPROW to = row_.data();
            jpeg_read_scanlines(&info_, &to, 1);
            if (begin == 0) {  // not earlier: most files with a false size fail in their first row
                picture_.pixels.resize(static_cast<std::size_t>(picture_.height * picture_.width * 3), 128);
            }
            if (is_cmyk_) {
                write_rgb(picture_.pixels.data() + begin);
            } else {
                std::copy(row_.begin(), row_.end(), picture_.pixels.begin() + begin);
            }
        }
        jpeg_finish_decompress(&info_);
        return true;
    }

    /// Converts print colours (CMYK) to RGB. Nearly all such files come from Adobe's programs and hold inverted values:
    /// 255 is no ink.
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
    Source source_;
    bool is_cmyk_ = false;
    std::vector<std::uint8_t> row_;  ///< red, green, blue, or cyan, magenta, yellow, black
    Picture picture_;
};

}  // namespace detail

/// How a JPEG file is decoded.
struct JpegOptions {
    /// Take of a damaged or truncated picture what libjpeg makes of it, and count in `Picture::mended`; false: an `Error`.
    bool mend = false;
};

/// Decodes the bytes of a JPEG file in colour, grey or print colours to red, green and blue; `file` is its name in
/// error messages. Bytes that are no JPEG, a truncated picture, damage that libjpeg detects, more pixels than so many
/// bytes can hold, and more than 2^27 pixels (Pillow's limit is 179 million) are an `Error`. An error of decoding names
/// the byte that libjpeg had reached. With `JpegOptions::mend` a truncated picture and damage in its pixels are no `Error`.
inline Picture parse_jpeg(std::span<const std::uint8_t> bytes, const std::string& file,
                          const JpegOptions& options = {}) {
    if (bytes.empty()) {
        fail(file, " is empty; expected a picture in JPEG");
    }
    return detail::JpegDecoder(bytes, file, options.mend).decode();
}

/// Reads a picture in JPEG; see `parse_jpeg`. A missing file is an `Error` too.
inline Picture read_jpeg(const std::filesystem::path& path, const JpegOptions& options = {}) {
    const MappedFile file(path, "a picture in JPEG");
    return parse_jpeg(file.bytes(), path.string(), options);
}

}  // namespace STAA_ABI
}  // namespace staa
