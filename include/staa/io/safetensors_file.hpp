// SPDX-License-Identifier: MIT
// Opens a safetensors file, checks its header and reads its tensors.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <istream>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "staa/io/safetensors_json.hpp"
#include "staa/io/safetensors_kind.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A safetensors file that is open for reading (https://github.com/huggingface/safetensors): 8 bytes with the length n
/// of the header, little-endian; n bytes of header, JSON; the tensors' values, row major. `open` reads and checks the
/// whole header; `values` reads the values of one tensor. A bad file is an `Error` that names the file and the tensor.
/// A false header cannot cause a large allocation: memory is at most a small multiple of the file's size.
class Safetensors {
 public:
    /// Longer headers are refused, as the format says.
    static constexpr std::uint64_t longest_header = 100'000'000;

    /// Opens the file at `path`. A path that is no regular file, and a bad header, are an `Error`.
    static Safetensors open(const std::filesystem::path& path) {
        std::error_code error;
        const std::filesystem::file_status status = std::filesystem::status(path, error);
        if (!std::filesystem::exists(status)) {
            fail(path.string(), ": ", error ? error.message() : "no such file");
        }
        if (!std::filesystem::is_regular_file(status)) {
            fail(path.string(), ": this is a folder, a device or a pipe, but weights are in a file");
        }
        auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
        if (!*file) {
            fail(path.string(), ": the file cannot be opened");
        }
        return Safetensors(std::move(file), path.string());
    }

    /// The same for the bytes of any stream that can seek; `source` is its name in error messages.
    Safetensors(std::unique_ptr<std::istream> bytes, std::string source)
        : bytes_(std::move(bytes)), source_(std::move(source)) {
        const Index size = measure();
        if (size < 8) {
            fail(source_, ": the file has ", size, " bytes, but the length of a safetensors header takes 8");
        }
        const auto length = detail::load_little_endian<std::uint64_t>(read(0, 8).data());
        if (length > static_cast<std::uint64_t>(size - 8)) {
            const std::string begin = read(0, std::min<Index>(size, detail::kind_bytes));
            if (const std::string kind = detail::what_it_is_instead(begin, source_); !kind.empty()) {
                fail(source_, ": ", kind);
            }
            fail(source_, ": the header should be ", length, " bytes long, but after its length the file has only ",
                 size - 8, "; it was cut off, or is no safetensors file");
        }
        if (length > longest_header) {
            fail(source_, ": the header is ", length, " bytes long, more than the ", longest_header, " that are read");
        }
        data_begin_ = 8 + static_cast<Index>(length);
        header_ = detail::parse_header(source_, read(8, static_cast<Index>(length)));
        detail::check_data(source_, header_, size - data_begin_);
    }

    /// The name of the file in error messages: its path.
    const std::string& source() const { return source_; }

    /// Type, shape and place of every tensor, by name.
    const auto& tensors() const { return header_.tensors; }

    /// The strings of `__metadata__`.
    const auto& metadata() const { return header_.metadata; }

    /// The tensor of that name. An unknown name is an `Error`.
    const StoredTensor& at(std::string_view name) const {
        const auto found = header_.tensors.find(name);
        if (found == header_.tensors.end()) {
            fail(source_, ": there is no tensor ", detail::in_quotes(name));
        }
        return found->second;
    }

    /// The values of the tensor of that name, row major in its shape. F16, BF16, F32, F64, F8_E4M3, F8_E5M2, I32 and
    /// I64 can be read as float or double, I32 and I64 as std::int64_t. Values of the same type keep their bits, others are converted. An
    /// unknown name, a type that can't be read as `Scalar`, and a file that became shorter since it was opened are an
    /// `Error`.
    template <class Scalar>
    std::vector<Scalar> values(std::string_view name) {
        const StoredTensor& tensor = at(name);
        if (!detail::is_readable<Scalar>(tensor.dtype)) {
            fail(source_, ": tensor ", detail::in_quotes(name), ": ", tensor.dtype, " is not read as ",
                 detail::dtype_of<Scalar>());
        }
        const std::string bytes = read(data_begin_ + tensor.begin, tensor.end - tensor.begin);
        std::vector<Scalar> values(static_cast<std::size_t>(detail::element_count(tensor.shape)));
        detail::decode(tensor.dtype, bytes, values);
        return values;
    }

 private:
    /// The size of the file in bytes.
    Index measure() {
        const std::streamoff size = bytes_->seekg(0, std::ios::end).tellg();
        if (size < 0 || size > std::numeric_limits<Index>::max()) {
            fail(source_, ": the size of the file cannot be determined");
        }
        return static_cast<Index>(size);
    }

    /// Reads `size` bytes from position `begin`.
    std::string read(Index begin, Index size) {
        std::string bytes(static_cast<std::size_t>(size), '\0');
        if (!bytes_->seekg(begin).read(bytes.data(), size)) {
            fail(source_, ": ", size, " bytes at byte ", begin, " cannot be read");
        }
        return bytes;
    }

    std::unique_ptr<std::istream> bytes_;
    std::string source_;
    SafetensorsHeader header_;
    Index data_begin_ = 0;
};

}  // namespace STAA_ABI
}  // namespace staa
