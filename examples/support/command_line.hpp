// SPDX-License-Identifier: MIT
// What every program does with its command line and its standard output: numbers are read as people write them, an empty
// argument is an error, and output that is lost is one.
#pragma once

#include <CLI/CLI.hpp>
#include <cerrno>
#include <charconv>
#include <concepts>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <locale>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <type_traits>

#include "staa/core/finite.hpp"

namespace example {

/// Reads a whole decimal number, with or without a sign. Gives what is wrong with the text, or nothing.
template <std::integral Number>
std::string read_decimal(const std::string& text, Number& number) {
    const bool has_plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + (has_plus ? 1 : 0), end, number);
    if (error == std::errc::result_out_of_range) {
        return text + " is too large or too small";
    }
    return error == std::errc() && rest == end ? "" : "'" + text + "' is no whole decimal number";
}
/// The same for a number with a fraction or an exponent, such as 0.1 or 1e-3.
template <std::floating_point Number>
std::string read_decimal(const std::string& text, Number& number) {
    std::istringstream in(text);
    in.imbue(std::locale::classic());
    const bool is_number = (in >> std::noskipws >> number) && in.peek() == std::istringstream::traits_type::eof() &&
                           text.find_first_of("xX") == std::string::npos && staa::detail::is_finite(number);
    return is_number ? "" : "'" + text + "' is no decimal number, or too large";
}

/// A validator for numbers of this type. By itself CLI11 reads 010 as 8 and an empty text as 0, and makes a number that
/// is too large the largest one. Here 010 is 10, and everything else than a decimal number of the type's range is an
/// error.
template <class Number>
CLI::Validator decimal() {
    return CLI::Validator(
        [](std::string& text) {
            Number number{};
            std::string fault = read_decimal(text, number);
            if constexpr (std::is_integral_v<Number>) {
                text = fault.empty() ? std::to_string(number) : text;
            }
            return fault;
        },
        "", "decimal");
}

/// Adds an option. Where the value is a number, it is read by `decimal`.
template <class Value>
CLI::Option* add_option(CLI::App& app, const std::string& name, Value& value, const std::string& help) {
    CLI::Option* option = app.add_option(name, value, help);
    if constexpr (std::is_arithmetic_v<Value> && !std::is_same_v<Value, bool>) {
        option->transform(decimal<Value>());
    }
    return option;
}

/// Reads the command line. Gives an exit code if the program must end: 0 after --help, 1 after a bad command line; the
/// help or the error has then been printed. An empty argument, as an unset variable of the shell leaves it, is an error.
inline std::optional<int> parse(CLI::App& app, int argc, const char* const* argv) {
    try {
        app.parse(argc, argv);
        for (const CLI::Option* option : app.get_options()) {
            for (const std::string& text : option->results()) {
                if (text.empty()) {
                    throw CLI::ValidationError(option->get_name(), "the argument is empty; is a variable not set?");
                }
            }
        }
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 1;
    }
    return std::nullopt;
}

/// Calls `run()`, which gives the exit code of the program. An exception is printed as one sentence, and so is standard
/// output that could not be written: in both cases the exit code is `failure`. A limit on the size of files (SIGXFSZ) does not end
/// the program: writing then fails as on a full disk.
template <class Run>
int run_and_report(const char* name, const Run& run, int failure = 1) {
#if defined(SIGXFSZ)
    std::signal(SIGXFSZ, SIG_IGN);
#endif
    int exit_code = failure;
    try {
        exit_code = run();
    } catch (const std::bad_alloc&) {
        std::fprintf(stderr, "%s: not enough memory\n", name);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", name, error.what());
    }
    errno = 0;
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        std::fprintf(stderr, "%s: cannot write to standard output%s%s\n", name, errno != 0 ? ": " : "",
                     errno != 0 ? std::strerror(errno) : "");
        exit_code = exit_code == 0 ? failure : exit_code;
    }
    return exit_code;
}

}  // namespace example
