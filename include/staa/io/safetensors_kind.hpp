// SPDX-License-Identifier: MIT
// Files that people take for safetensors files, by their first bytes.
#pragma once

#include <string>
#include <string_view>

#include "staa/core/config.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// How many first bytes `what_it_is_instead` looks at.
inline constexpr std::size_t kind_bytes = 48;

/// A sentence that says what a file is that begins with `bytes`, and what to do; empty if that is not known. Ask only
/// for a file that is no safetensors file.
inline std::string what_it_is_instead(std::string_view bytes, const std::string& path) {
    const auto begins_with = [bytes](std::string_view magic) { return bytes.substr(0, magic.size()) == magic; };
    if (begins_with("PK\x03\x04") || begins_with("\x80\x02") || begins_with("\x80\x04")) {
        return "this is a file of torch.save. Convert its state_dict with Python:\n"
               "  import torch, safetensors.torch\n"
               "  state = torch.load(\"" +
               path +
               "\", map_location=\"cpu\", weights_only=True)\n"
               "  state = state.get(\"state_dict\", state)\n"
               "  safetensors.torch.save_file({name: tensor.contiguous() for name, tensor in state.items()}, "
               "\"weights.safetensors\")";
    }
    if (begins_with("version https://git-lfs")) {
        return "this is a pointer of Git LFS, not the file itself; fetch the file with: git lfs pull";
    }
    if (begins_with("<!DOCTYPE") || begins_with("<!doctype") || begins_with("<html")) {
        return "this is a page of HTML, not a file of weights; the download failed";
    }
    if (begins_with("\x89HDF\r\n")) {
        return "this is an HDF5 file, such as Keras writes, not a safetensors file";
    }
    if (begins_with("\x1F\x8B")) {
        return "this file is compressed; unpack it with gunzip or tar";
    }
    return "";
}

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
