// SPDX-License-Identifier: MIT
// The text that says which layers of a network run as one.
#pragma once

#include <string>
#include <utility>

#include "staa/networks/flatten.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Collects the text that `plan<Net>()` returns: one line per block, in the order of the network.
class Plan {
 public:
    /// Adds the line of a block of `count` layers: their names, their kinds, and how they run.
    void add(const LayerName* names, std::size_t count, const std::string& how) {
        std::string kinds;
        for (std::size_t i = 0; i < count; ++i) {
            kinds += (i > 0 ? " + " : "") + std::string(names[i].kind);
        }
        add_line(joined(names, count) + ": " + kinds + "; " + how);
    }

    /// Adds one line.
    void add_line(const std::string& line) { text_ += std::string(indent_, ' ') + line + "\n"; }

    /// Calls add_lines(). The lines that it adds are indented by four columns more.
    template <class AddLines>
    void indented(const AddLines& add_lines) {
        indent_ += 4;
        add_lines();
        indent_ -= 4;
    }

    /// All lines so far.
    const std::string& text() const { return text_; }

    /// "stem.0.layer.0+1, stem.1" for stem.0.layer.0., stem.0.layer.1. and stem.1.
    static std::string joined(const LayerName* names, std::size_t count) {
        std::string text, last_parent;
        for (std::size_t i = 0; i < count; ++i) {
            auto [parent, own] = parts_of(names[i].string());
            if (i > 0 && parent == last_parent) {
                text += "+" + own;
            } else {
                text += (i > 0 ? ", " : "") + parent + own;
            }
            last_parent = parent;
        }
        return text;
    }

 private:
    /// "stem.0." and "layer" of "stem.0.layer.".
    static std::pair<std::string, std::string> parts_of(std::string name) {
        if (name.empty()) {
            return {"", "(no name)"};
        }
        name.pop_back();
        const std::size_t dot = name.rfind('.');
        const std::size_t own = dot == std::string::npos ? 0 : dot + 1;
        return {name.substr(0, own), name.substr(own)};
    }

    std::string text_;
    std::size_t indent_ = 0;
};

/// A text with one line per block, which says which layers of a network run as one. It depends on the type alone:
///     stem.0.layer.0+1, stem.1: convolution + norm + neurons; training keeps 1 map + 2 bit planes; ..
/// A network that was built with NetworkOptions::fuse = false runs every layer for itself; the text is the same.
template <class Net>
std::string plan() {
    Plan plan;
    Net::describe(plan);
    return plan.text();
}

}  // namespace STAA_ABI
}  // namespace staa
