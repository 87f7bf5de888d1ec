// SPDX-License-Identifier: MIT
// Errors that a user can read: what is wrong, where, and what was expected.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string>

#include "staa/core/config.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Thrown for everything that a user can get wrong at run time: files, sizes, options. The text is one sentence.
class Error : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// Throws `Error` with its arguments printed one after the other. Where exceptions are switched off it prints the
/// sentence to standard error and aborts.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
    std::ostringstream text;
    (text << ... << parts);
#if defined(__cpp_exceptions)
    throw Error(text.str());
#else
    std::fprintf(stderr, "staa: %s\n", text.str().c_str());
    std::abort();
#endif
}

}  // namespace STAA_ABI
}  // namespace staa
