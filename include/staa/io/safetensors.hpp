// SPDX-License-Identifier: MIT
// Weights to and from PyTorch: what `save` writes, `safetensors.torch.load_file` reads, and the other way round. Needs
// nlohmann-json (https://github.com/nlohmann/json); <staa/staa.hpp> leaves it out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "staa/io/safetensors_file.hpp"
#include "staa/io/safetensors_weights.hpp"
#include "staa/io/whole_file.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// The header of the file that `weights` become; `source` is what errors call it. Counters come first and the rest in the
/// order of the visit, so that every value lies at a multiple of its size, as PyTorch's memory maps need it.
template <class Scalar>
SafetensorsHeader header_of(const Weights<const Scalar>& weights, const std::string& source) {
    SafetensorsHeader header;
    header.metadata = {{"format", "pt"},
                       {"staa", std::to_string(STAA_VERSION_MAJOR) + "." + std::to_string(STAA_VERSION_MINOR) + "." +
                                    std::to_string(STAA_VERSION_PATCH)}};
    Index end = 0;
    const auto add = [&](const ParameterName& name, std::string_view dtype, std::size_t size_of_element) {
        const Index begin = end;
        end += element_count(name.shape) * static_cast<Index>(size_of_element);
        if (!header.tensors.try_emplace(name.text, StoredTensor{dtype, name.shape, begin, end}).second) {
            fail(source, ": the network has two tensors of the name ", in_quotes(name.text));
        }
    };
    for (const auto& counter : weights.counters) {
        add(counter.name, dtype_of<std::int64_t>(), sizeof(std::int64_t));
    }
    for (const auto& tensor : weights.tensors) {
        add(tensor.name, dtype_of<Scalar>(), sizeof(Scalar));
    }
    return header;
}

/// Puts the bytes of a value where they belong.
template <class Value>
void store(Value value, char* bytes) {
    store_little_endian(std::bit_cast<Bits<sizeof(Value)>>(value), bytes);
}

/// Writes a file. Its header is read again first: what could not be loaded is not saved.
template <class Scalar>
void write_weights(const Weights<const Scalar>& weights, const std::string& source, std::ostream& out) {
    const SafetensorsHeader header = header_of(weights, source);
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
    for (const auto& tensor : weights.tensors) {
        bytes.resize(static_cast<std::size_t>(element_count(tensor.name.shape)) * sizeof(Scalar));
        for_each_position(tensor.axes, [&](Index there, Index here) {
            store(tensor.data[here], bytes.data() + there * static_cast<Index>(sizeof(Scalar)));
        });
        out << bytes;
    }
}

/// What an error message lists: all of it, but of the thousands that a hostile file could bring, the first thousand.
class Listed {
 public:
    void add(const std::string& text) {
        if (++count_ <= most) {
            text_ += (count_ > 1 ? ", " : "") + text;
        }
    }
    /// Nothing if there are none.
    std::string sentence(const std::string& heading) const {
        const std::string rest = count_ > most ? " and " + std::to_string(count_ - most) + " more" : "";
        return count_ > 0 ? "\n  " + heading + " (" + std::to_string(count_) + "): " + text_ + rest : "";
    }

 private:
    static constexpr Index most = 1000;
    Index count_ = 0;
    std::string text_;
};

/// Compares what a network, or a stream of one, has with what a file has.
class Fit {
 public:
    explicit Fit(const Safetensors& file, std::string whole = "network") : file_(file), whole_(std::move(whole)) {}

    void compare(const ParameterName& name, bool is_counter) {
        wanted_.insert(name.text);
        const auto found = file_.tensors().find(name.text);
        if (found == file_.tensors().end()) {
            missing_.add(in_quotes(name.text));
            return;
        }
        const auto& [dtype, shape, begin, end] = found->second;
        if (shape != name.shape) {
            misshapen_.add(in_quotes(name.text) + " is " + shape_text(shape) + ", expected " + shape_text(name.shape));
        }
        if (!(is_counter ? is_readable<std::int64_t>(dtype) : is_floating(dtype))) {
            mistyped_.add(in_quotes(name.text) + " is " + std::string(dtype) + ", expected " +
                          (is_counter ? "I64 or I32" : "F16, BF16, F32 or F64"));
        }
    }

    /// Fails if anything is missing, left over or different, and lists it all.
    void check() const {
        Listed extra;
        for (const auto& [name, tensor] : file_.tensors()) {
            if (!wanted_.contains(name)) {
                extra.add(in_quotes(name));
            }
        }
        const std::string found = missing_.sentence("missing in the file") + extra.sentence("not in the " + whole_) +
                                  misshapen_.sentence("of another shape") + mistyped_.sentence("of another type");
        if (!found.empty()) {
            fail(file_.source(), ": these tensors do not fit the ", whole_, ", which stays as it was:", found);
        }
    }

 private:
    const Safetensors& file_;
    std::string whole_;
    std::set<std::string> wanted_;
    Listed missing_, misshapen_, mistyped_;
};

template <class Scalar>
void load_weights(const Weights<Scalar>& weights, Safetensors& file) {
    Fit fit(file);
    for (const auto& tensor : weights.tensors) {
        fit.compare(tensor.name, false);
    }
    for (const auto& counter : weights.counters) {
        fit.compare(counter.name, true);
    }
    fit.check();
    std::vector<std::vector<Scalar>> values;
    for (const auto& tensor : weights.tensors) {
        values.push_back(file.values<Scalar>(tensor.name.text));
    }
    std::vector<std::int64_t> counts;
    for (const auto& counter : weights.counters) {
        counts.push_back(file.values<std::int64_t>(counter.name.text).front());
    }
    // Everything could be read: only now the network changes.
    for (std::size_t i = 0; i < values.size(); ++i) {
        for_each_position(weights.tensors[i].axes, [&](Index there, Index here) {
            weights.tensors[i].data[here] = values[i][static_cast<std::size_t>(there)];
        });
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
        *weights.counters[i].value = counts[i];
    }
}

}  // namespace detail

/// Writes all weights of a network, trained or not, under the names and in the shapes and order of the reference's
/// state_dict: F32 or F64 as the network's scalar is, counters I64; values keep their bits. The file is there whole or
/// not at all. Fails if it can't be written or two tensors have the same name.
template <class Net>
void save(const Net& net, const std::filesystem::path& path) {
    write_whole_file(path, [&](std::ostream& out) {
        detail::write_weights(detail::weights_of(net), "cannot write " + path.string(), out);
    });
}
/// The same to a stream, whose state says whether it took everything.
template <class Net>
void save(const Net& net, std::ostream& out) {
    detail::write_weights(detail::weights_of(net), "cannot save", out);
}

/// Reads all weights of a network. Strict: what is missing in the file, what the network does not have, and what has
/// another shape or type is listed in one `Error`, by name (of more than a thousand the rest is counted, and names are cut
/// after 120 characters); then, or if the file is corrupt or can't be read, the network is unchanged. F16, BF16, F32 and
/// F64 become the network's scalar (infinities and NaN stay what they are), counters are I64 or I32.
template <class Net>
void load(Net& net, Safetensors& file) {
    detail::load_weights(detail::weights_of(net), file);
}
template <class Net>
void load(Net& net, const std::filesystem::path& path) {
    Safetensors file = Safetensors::open(path);
    load(net, file);
}

}  // namespace STAA_ABI
}  // namespace staa
