// SPDX-License-Identifier: MIT
// Reads the header of a safetensors file, which is JSON, with nlohmann-json (https://github.com/nlohmann/json). It uses
// the SAX interface (one callback per value), so that a hostile header cannot make the parser build large objects.
#pragma once

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "staa/io/safetensors_dtype.hpp"
#include "staa/io/safetensors_header.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// Reads {name: {"dtype": string, "shape": [sizes], "data_offsets": [begin, end]}, ..} and, under the name
/// "__metadata__", {string: string} or null. It takes what the reference implementation takes: other fields of a tensor
/// are skipped, and of the same name twice, or the same key of the metadata, the last counts. Anything else is an `Error`
/// that names the tensor.
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
    using Json = nlohmann::json;

 public:
    HeaderReader(const std::string& source, SafetensorsHeader& header) : source_(source), header_(header) {}

    bool null() override { return place_ == Place::metadata_object ? enter(Place::header) : skip() || refuse("null"); }
    bool boolean(bool) override { return skip() || refuse("a truth value"); }
    bool number_integer(Json::number_integer_t) override { return skip() || refuse("a negative number"); }
    bool number_float(Json::number_float_t, const std::string& text) override {
        return skip() || refuse("the number " + in_quotes(text));
    }
    bool binary(Json::binary_t&) override { return refuse("binary data"); }

    bool number_unsigned(Json::number_unsigned_t number) override {
        if (place_ != Place::shape && place_ != Place::offsets) {
            return skip() || refuse("a number");
        }
        if (number > static_cast<Json::number_unsigned_t>(std::numeric_limits<Index>::max())) {
            return refuse("the number " + std::to_string(number));
        }
        auto& numbers = place_ == Place::shape ? tensor_.shape : offsets_;
        if (place_ == Place::offsets && numbers.size() == 2) {
            return refuse("more numbers");
        }
        numbers.push_back(static_cast<Index>(number));
        return true;
    }

    bool string(std::string& text) override {
        if (place_ == Place::metadata_value) {
            header_.metadata[key_] = text;
            return enter(Place::metadata);
        }
        if (place_ != Place::dtype) {
            return skip() || refuse("the string " + in_quotes(text));
        }
        const Dtype* dtype = find_dtype(text);
        if (dtype == nullptr) {
            fail(where(), "its dtype ", in_quotes(text), " is not one of the format");
        }
        tensor_.dtype = dtype->name;
        return enter(Place::tensor);
    }

    bool start_object(std::size_t) override {
        switch (place_) {
            case Place::file:
                return enter(Place::header);
            case Place::metadata_object:
                return enter(Place::metadata);
            case Place::tensor_object:
                return enter(Place::tensor);
            case Place::skipped:
                return open_skipped();
            default:
                return refuse("an object");
        }
    }

    bool key(std::string& text) override {
        if (place_ == Place::header) {
            return begin_entry(text);
        }
        if (place_ == Place::metadata) {
            key_ = text;
            return enter(Place::metadata_value);
        }
        return place_ == Place::skipped || begin_field(text);
    }

    bool end_object() override {
        if (place_ == Place::skipped) {
            return close_skipped();
        }
        if (place_ == Place::tensor) {
            finish_tensor();
        }
        return enter(place_ == Place::header ? Place::file : Place::header);
    }

    bool start_array(std::size_t) override {
        if (place_ == Place::shape_array || place_ == Place::offsets_array) {
            return enter(place_ == Place::shape_array ? Place::shape : Place::offsets);
        }
        return place_ == Place::skipped ? open_skipped() : refuse("an array");
    }

    bool end_array() override {
        if (place_ == Place::skipped) {
            return close_skipped();
        }
        if (place_ == Place::offsets && offsets_.size() != 2) {
            return refuse(std::to_string(offsets_.size()));
        }
        return enter(Place::tensor);
    }

    bool parse_error(std::size_t position, const std::string& last, const Json::exception&) override {
        fail(source_, ": the header is not JSON at byte ", 7 + position, " of the file, at ", in_quotes(last));
    }

 private:
    /// The part of the header that is open, or the value that must come next.
    enum class Place {
        file,
        header,
        metadata_object,
        metadata,
        metadata_value,
        tensor_object,
        tensor,
        dtype,
        shape_array,
        shape,
        offsets_array,
        offsets,
        skipped
    };

    /// Skips a value of a field that is not known. False if no such value is open.
    bool skip() {
        if (place_ == Place::skipped && depth_ == 0) {
            return enter(Place::tensor);
        }
        return place_ == Place::skipped;
    }
    bool open_skipped() {
        ++depth_;
        return true;
    }
    bool close_skipped() {
        --depth_;
        return skip();
    }

    bool enter(Place place) {
        place_ = place;
        return true;
    }

    std::string where() const {
        return source_ + (name_ == "__metadata__" ? ": __metadata__: " : ": tensor " + in_quotes(name_) + ": ");
    }

    [[noreturn]] bool refuse(const std::string& found) const {
        const char* expected = "";
        switch (place_) {
            case Place::metadata_object:
            case Place::metadata_value:
                expected = "it must map strings to strings";
                break;
            case Place::dtype:
                expected = "its dtype must be a string";
                break;
            case Place::shape_array:
            case Place::shape:
                expected = "its shape must be whole numbers below 2^63";
                break;
            case Place::offsets_array:
            case Place::offsets:
                expected = "its data_offsets must be two whole numbers below 2^63";
                break;
            default:
                expected = "it must be an object with dtype, shape and data_offsets";
        }
        fail(where(), expected, ", found ", found);
    }

    bool begin_entry(const std::string& name) {
        name_ = name;
        const bool is_metadata = name == "__metadata__";
        if (is_metadata && has_metadata_) {
            fail(where(), "it is there twice");
        }
        has_metadata_ = has_metadata_ || is_metadata;
        tensor_ = {};
        offsets_.clear();
        has_dtype_ = has_shape_ = has_offsets_ = false;
        return enter(is_metadata ? Place::metadata_object : Place::tensor_object);
    }

    bool begin_field(const std::string& field) {
        const auto begin = [&](bool& seen, Place value) {
            if (seen) {
                fail(where(), "its ", field, " is there twice");
            }
            seen = true;
            return enter(value);
        };
        if (field == "dtype") {
            return begin(has_dtype_, Place::dtype);
        }
        if (field == "shape") {
            return begin(has_shape_, Place::shape_array);
        }
        if (field == "data_offsets") {
            return begin(has_offsets_, Place::offsets_array);
        }
        return enter(Place::skipped);
    }

    void finish_tensor() {
        const char* missing = !has_dtype_ ? "dtype" : !has_shape_ ? "shape" : !has_offsets_ ? "data_offsets" : nullptr;
        if (missing != nullptr) {
            fail(where(), "it has no ", missing);
        }
        tensor_.begin = offsets_[0];
        tensor_.end = offsets_[1];
        header_.tensors.insert_or_assign(name_, std::move(tensor_));
    }

    const std::string& source_;
    SafetensorsHeader& header_;
    Place place_ = Place::file;
    std::string name_, key_;
    StoredTensor tensor_;
    std::vector<Index> offsets_;
    std::size_t depth_ = 0;  ///< how many arrays and objects of a skipped value are open
    bool has_dtype_ = false, has_shape_ = false, has_offsets_ = false, has_metadata_ = false;
};

/// Throws `Error` unless the bytes of every tensor are as many as its type and shape say.
inline void check_sizes(const std::string& source, const SafetensorsHeader& header) {
    for (const auto& [name, tensor] : header.tensors) {
        const Index count = element_count(tensor.shape), bits = find_dtype(tensor.dtype)->bits;
        if (count < 0 || count > std::numeric_limits<Index>::max() / bits) {
            fail(source, ": tensor ", in_quotes(name), ": its shape ", shape_text(tensor.shape),
                 " has too many elements");
        }
        const Index found = tensor.end - tensor.begin;
        if (count * bits % 8 != 0 || count * bits / 8 != found) {
            fail(source, ": tensor ", in_quotes(name), ": ", tensor.dtype, " of shape ", shape_text(tensor.shape),
                 " has ", count * bits, " bits, but its data_offsets ", shape_text({tensor.begin, tensor.end}), " are ",
                 found, " bytes apart");
        }
    }
}

/// Reads a header. Its text must be one JSON object with nothing around it but white space; else `Error`.
inline SafetensorsHeader parse_header(const std::string& source, std::string_view text) {
    constexpr std::string_view white_space = " \t\n\r";
    if (const auto first = text.find_first_not_of(white_space); first == text.npos || text[first] != '{') {
        fail(source, ": the header must begin with { at byte 8 of the file");
    }
    // The parser would take a zero byte for the end of its input.
    if (const auto last = text.find_last_not_of(white_space); text[last] != '}' || text.find('\0') != text.npos) {
        fail(source, ": the header must end with } and white space, and have no zero byte");
    }
    SafetensorsHeader header;
    HeaderReader reader(source, header);
    nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
    check_sizes(source, header);
    return header;
}

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
