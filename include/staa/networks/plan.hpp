// SPDX-License-Identifier: MIT
// What runs as one, as a text.
#pragma once

#include <string>
#include <utility>

#include "staa/networks/flatten.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The text that `plan<Net>()` gives: one line per block, in the order of the network.
class Plan {
 public:
    /// A block of `count` layers: their names, their kinds, and how they run.
    void add(const LayerName* names, std::size_t count, const std::string& how) {
        std::string kinds;
        for (std::size_t i = 0; i < count; ++i) {
            kinds += (i > 0 ? " + " : "") + std::string(names[i].kind);
        }
        add_line(joined(names, count) + ": " + kinds + "; " + how);
    }

    void add_line(const std::string& line) { text_ += std::string(indent_, ' ') + line + "\n"; }

    /// The lines that `add_lines` adds stand further to the right.
    template <class AddLines>
    void indented(const AddLines& add_lines) {
        indent_ += 4;
        add_lines();
        indent_ -= 4;
    }

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

/// What is fused with what in a network, one line per block. It is known from the type alone:
///     stem.0.layer.0+1, stem.1: convolution + norm + neurons; training keeps 1 map + 2 bit planes; ..
/// A network that was built with NetworkOptions::fuse = false runs every layer for itself instead.
template <class Net>
std::string plan() {
    Plan plan;
    Net::describe(plan);
    return plan.text();
}

}  // namespace STAA_ABI
}  // namespace staa
