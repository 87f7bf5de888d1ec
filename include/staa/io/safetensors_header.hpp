// SPDX-License-Identifier: MIT
// The content of the header of a safetensors file: name, type, shape and place of each tensor.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The description of one tensor in the header.
struct StoredTensor {
    std::string_view dtype;    ///< the format's name of the number type, such as "F32"
    std::vector<Index> shape;  ///< row major; empty for a single number
    Index begin = 0, end = 0;  ///< its bytes are [begin, end), counted from the first byte after the header

    bool operator==(const StoredTensor&) const = default;
};

/// The texts of `__metadata__`, by name.
using Metadata = std::map<std::string, std::string, std::less<>>;

/// The whole header.
struct SafetensorsHeader {
    std::map<std::string, StoredTensor, std::less<>> tensors;  ///< the tensors by name
    Metadata metadata;                                         ///< texts by name
};

namespace detail {

/// A name from a file, in quotes, for an error message. Characters outside printable ASCII become \xNN. Of a name of
/// more than 120 characters the middle is left out.
inline std::string in_quotes(std::string_view name) {
    constexpr std::size_t longest = 120;
    const auto append = [](std::string& text, std::string_view part) {
        for (const char c : part) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte < 0x20 || byte > 0x7E || c == '"' || c == '\\') {
                constexpr char digits[] = "0123456789abcdef";
                text += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
            } else {
                text += c;
            }
        }
    };
    std::string text = "\"";
    append(text, name.substr(0, name.size() > longest ? longest / 2 : longest));
    if (name.size() > longest) {
        text += "...";
        append(text, name.substr(name.size() - longest / 2));
    }
    return text + '"';
}

/// A shape as text, such as "[4, 3]". Of more than 8 extents the rest is counted.
inline std::string shape_text(const std::vector<Index>& shape) {
    constexpr std::size_t most = 8;
    std::string text = "[";
    for (std::size_t i = 0; i < std::min(shape.size(), most); ++i) {
        text += i > 0 ? ", " : "";
        text += std::to_string(shape[i]);
    }
    return text + (shape.size() > most ? ", and " + std::to_string(shape.size() - most) + " more]" : "]");
}

/// The number of elements of a shape; -1 if it is too large for an `Index`.
inline Index element_count(const std::vector<Index>& shape) {
    Index count = 1;
    for (const Index extent : shape) {
        if (extent != 0 && count > std::numeric_limits<Index>::max() / extent) {
            return -1;
        }
        count *= extent;
    }
    return count;
}

/// The tensors in the order of their bytes.
inline std::vector<const std::pair<const std::string, StoredTensor>*> in_order_of_data(
    const SafetensorsHeader& header) {
    std::vector<const std::pair<const std::string, StoredTensor>*> order;
    for (const auto& entry : header.tensors) {
        order.push_back(&entry);
    }
    std::ranges::stable_sort(order, {},
                             [](const auto* entry) { return std::pair(entry->second.begin, entry->second.end); });
    return order;
}

/// Throws `Error` unless the tensors cover the data from the first byte to the last without hole or overlap.
inline void check_data(const std::string& source, const SafetensorsHeader& header, Index data_size) {
    Index end = 0;
    for (const auto* entry : in_order_of_data(header)) {
        const auto& [name, tensor] = *entry;
        if (tensor.begin != end) {
            fail(source, ": tensor ", in_quotes(name), ": it begins at byte ", tensor.begin,
                 " of the data, but the one before ends at byte ", end);
        }
        end = tensor.end;
        if (end > data_size) {
            fail(source, ": tensor ", in_quotes(name), ": it ends at byte ", end,
                 " of the data, but the file has only ", data_size, " bytes of data");
        }
    }
    if (end != data_size) {
        fail(source, ": the last tensor ends at byte ", end, " of the data, but the file has ", data_size,
             " bytes of data");
    }
}

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
