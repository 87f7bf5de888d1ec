// SPDX-License-Identifier: MIT
// Writes the weights of a network as a safetensors file. Includes nlohmann-json; <staa/staa.hpp> does not include this
// file.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>

#include "staa/core/finite.hpp"
#include "staa/io/safetensors_file.hpp"
#include "staa/io/safetensors_weights.hpp"
#include "staa/io/whole_file.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The number type in which `save` writes the tensors of a network. Counters are always I64.
enum class StoredType {
    same,      ///< F32 or F64, like the network's scalar; every value keeps its bits
    float16,   ///< F16, IEEE 754's binary16: 11 bits of precision, at most 65504
    bfloat16,  ///< BF16: 8 bits of precision, the range of a float
};

/// Options of `save`.
struct SaveOptions {
    StoredType type = StoredType::same;  ///< the type of the values in the file
    Metadata metadata{};                 ///< texts for the header of the file: names of classes, for example
};

namespace detail {

/// The version of the library, such as "0.2.0".
inline std::string version_text() {
    return std::to_string(STAA_VERSION_MAJOR) + "." + std::to_string(STAA_VERSION_MINOR) + "." +
           std::to_string(STAA_VERSION_PATCH);
}

/// The type of the tensors in a file of `Scalar`.
template <class Scalar>
const Dtype& dtype_of(StoredType type) {
    return *find_dtype(type == StoredType::float16    ? "F16"
                       : type == StoredType::bfloat16 ? "BF16"
                                                      : dtype_of<Scalar>());
}

/// The header of a file of `weights`; `source` is its name in error messages. Counters come first, then doubles of a file
/// of floats, and the other tensors follow in the order of the visit. Thus every value lies at a multiple of its size, which PyTorch needs to map the file. Two
/// tensors of one name are an `Error`.
template <class Scalar>
SafetensorsHeader header_of(const Weights<const Scalar>& weights, StoredType type, const std::string& source) {
    SafetensorsHeader header;
    header.metadata = weights.metadata;
    header.metadata.insert_or_assign("format", "pt");
    header.metadata.insert_or_assign("staa", version_text());
    Index end = 0;
    const auto add = [&](const ParameterName& name, const Dtype& dtype) {
        const Index begin = end;
        end += element_count(name.shape) * dtype.bits / 8;
        if (!header.tensors.try_emplace(name.text, StoredTensor{dtype.name, name.shape, begin, end}).second) {
            fail(source, ": the network has two tensors of the name ", in_quotes(name.text));
        }
    };
    for (const auto& counter : weights.counters) {
        add(counter.name, *find_dtype(dtype_of<std::int64_t>()));
    }
    for (const auto& tensor : weights.doubles) {
        add(tensor.name, dtype_of<double>(StoredType::same));
    }
    for (const auto& tensor : weights.tensors) {
        add(tensor.name, dtype_of<Scalar>(type));
    }
    return header;
}

/// The text of a header. Spaces at its end make the data begin at a multiple of 8 bytes.
inline std::string header_text(const SafetensorsHeader& header) {
    const auto string = [](std::string_view text) {
        return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    };
    std::string text = "{\"__metadata__\":{";
    const auto append = [&text](const auto&... parts) { ((text += parts), ...); };
    for (const auto& [key, value] : header.metadata) {
        append(text.ends_with('{') ? "" : ",", string(key), ":", string(value));
    }
    text += '}';
    for (const auto* entry : in_order_of_data(header)) {
        const auto& [name, tensor] = *entry;
        append(",", string(name), ":{\"dtype\":", string(tensor.dtype),
               ",\"shape\":", nlohmann::json(tensor.shape).dump(), ",\"data_offsets\":[", std::to_string(tensor.begin),
               ",", std::to_string(tensor.end), "]}");
    }
    text += '}';
    text.append((8 - text.size() % 8) % 8, ' ');
    return text;
}

/// Writes the bytes of a value, little-endian, to `bytes`.
template <class Value>
void store(Value value, char* bytes) {
    store_little_endian(std::bit_cast<Bits<sizeof(Value)>>(value), bytes);
}

/// The bytes of a tensor, in the order and the number type of the file. A finite value that is too large for the type is
/// an `Error`.
template <class Scalar>
std::string stored_bytes(const NamedTensor<const Scalar>& tensor, StoredType type, const std::string& source) {
    const Index size = dtype_of<Scalar>(type).bits / 8;
    std::string bytes(static_cast<std::size_t>(element_count(tensor.name.shape) * size), '\0');
    const auto store_each = [&](auto convert) {
        for_each_position(tensor.axes, [&](Index there, Index here) {
            store(convert(tensor.data[here]), bytes.data() + there * size);
        });
    };
    const auto check = [&](Scalar value, bool is_infinite) {
        if (is_infinite && is_finite(value)) {
            fail(source, ": tensor ", in_quotes(tensor.name.text), " has the value ", value,
                 ", which is too large for ", dtype_of<Scalar>(type).name);
        }
    };
    if (type == StoredType::same) {
        store_each([](Scalar value) { return value; });
    } else if (type == StoredType::float16) {
        store_each([&](Scalar value) {
            const std::uint16_t bits = float16_of(value);
            check(value, !is_finite(float_of_float16(bits)));
            return bits;
        });
    } else {
        store_each([&](Scalar value) {
            const std::uint16_t bits = bfloat16_of(value);
            check(value, !is_finite(float_of_bfloat16(bits)));
            return bits;
        });
    }
    return bytes;
}

/// Writes a file to `out`. First it parses its own header, so that no file is saved that could not be loaded.
template <class Scalar>
void write_weights(const Weights<const Scalar>& weights, const std::string& source, std::ostream& out,
                   /// The type of the values in the file.
                   StoredType type = StoredType::same) {
    const SafetensorsHeader header = header_of(weights, type, source);
    const std::string text = header_text(header);
    if (text.size() > Safetensors::longest_header) {
        fail(source, ": the header would be ", text.size(), " bytes long, and only ", Safetensors::longest_header,
             " are read");
    }
    if (parse_header(source, text).tensors != header.tensors) {
        fail(source, ": a tensor's name is not UTF-8");
    }
    std::string bytes(8, '\0');
    store_little_endian<std::uint64_t>(text.size(), bytes.data());
    out << bytes << text;
    for (const auto& counter : weights.counters) {
        store(*counter.value, bytes.data());
        out << bytes;
    }
    for (const auto& tensor : weights.doubles) {
        out << stored_bytes(tensor, StoredType::same, source);
    }
    for (const auto& tensor : weights.tensors) {
        out << stored_bytes(tensor, type, source);
    }
}

}  // namespace detail

/// Writes all weights of a network, trained or not, with the names, shapes and order of values of the state_dict of the
/// PyTorch reference. Their type is F32 or F64 like the network's scalar, and they keep their bits; or they are rounded
/// to float16 or bfloat16 (`StoredType`), to nearest and ties to even, as PyTorch does: half the size, and `load` reads
/// it. The file appears under its name only when it is complete (`write_whole_file`). A file that can't be written, two
/// tensors of one name, and a value that is finite in the network and infinite in the file are an `Error`.
template <class Net>
void save(const Net& net, const std::filesystem::path& path, const SaveOptions& options = {}) {
    auto weights = detail::weights_of(net);
    weights.metadata = options.metadata;
    write_whole_file(path, [&](std::ostream& out) {
        detail::write_weights(weights, "cannot write " + path.string(), out, options.type);
    });
}
/// Writes the same bytes to a stream. The caller has to check the stream's state afterwards.
template <class Net>
void save(const Net& net, std::ostream& out, const SaveOptions& options = {}) {
    auto weights = detail::weights_of(net);
    weights.metadata = options.metadata;
    detail::write_weights(weights, "cannot save", out, options.type);
}

}  // namespace STAA_ABI
}  // namespace staa
