// SPDX-License-Identifier: MIT
// Every block of C++ in README and docs is a quotation of a file that the tests compile. In front of a block stands where it
// comes from: <!-- FILE --> for a whole file, but for its licence line, or <!-- FILE: NAME --> for the lines between
// `// [NAME]` and `// [/NAME]`.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/catch.hpp"

namespace {

using namespace staa_tests;

std::string text_of(const std::string& file) {
    std::ifstream in(std::filesystem::path(STAA_TEST_DATA_DIR).parent_path() / file);
    REQUIRE(in);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The text between `begin` and the next `end` after position `from`, which moves behind it; empty if there is none.
std::string between(const std::string& text, const std::string& begin, const std::string& end, std::size_t& from) {
    const std::size_t first = text.find(begin, from);
    if (first == std::string::npos) {
        return {};
    }
    const std::size_t last = text.find(end, first + begin.size());
    REQUIRE(last != std::string::npos);
    from = last + end.size();
    return text.substr(first + begin.size(), last - first - begin.size());
}

/// The lines between `// [name]` and `// [/name]`, without the indentation of the first mark.
std::string quoted(const std::string& source, const std::string& name) {
    const std::size_t mark = source.find("// [" + name + "]\n");
    REQUIRE(mark != std::string::npos);
    const std::size_t indent = mark - (source.rfind('\n', mark) + 1);
    std::size_t from = mark;
    std::string text = between(source, "// [" + name + "]\n", "// [/" + name + "]", from);
    text.erase(text.size() - indent);  // of the closing mark
    std::string margin(indent + 1, ' ');
    margin.front() = '\n';
    text.insert(text.begin(), '\n');
    for (std::size_t at = text.find(margin); indent > 0 && at != std::string::npos; at = text.find(margin, at + 1)) {
        text.erase(at + 1, indent);
    }
    return text.substr(1);
}

/// What the line before a block names.
std::string source_of(const std::string& comment) {
    const std::size_t colon = comment.find(": ");
    if (colon == std::string::npos) {
        const std::string text = text_of(comment);
        return text.substr(text.find('\n') + 1);
    }
    return quoted(text_of(comment.substr(0, colon)), comment.substr(colon + 2));
}

/// How often `part` stands in a text.
std::size_t count_of(const std::string& part, const std::string& text) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

/// Checks all blocks of a document, and gives how many there are.
std::size_t check_quotations(const std::string& file) {
    INFO(file);
    const std::string document = text_of(file), begin = " -->\n```cpp\n";
    const std::size_t blocks = count_of("```cpp", document);
    CHECK(count_of(begin, document) == blocks);  // no block without a source
    std::size_t from = 0;
    for (std::size_t block = 0; block < blocks; ++block) {
        const std::size_t end_of_comment = document.find(begin, from);
        REQUIRE(end_of_comment != std::string::npos);
        const std::size_t comment = document.rfind("<!-- ", end_of_comment) + 5;
        const std::string source = document.substr(comment, end_of_comment - comment);
        INFO(source);
        from = end_of_comment;
        CHECK(between(document, begin, "```\n", from) == source_of(source));
    }
    return blocks;
}

}  // namespace

TEST_CASE("every block of C++ in README and docs is a quotation of a file that is compiled") {
    const auto root = std::filesystem::path(STAA_TEST_DATA_DIR).parent_path();
    std::size_t blocks = check_quotations("README.md") + check_quotations("CONTRIBUTING.md");
    for (const auto& entry : std::filesystem::directory_iterator(root / "docs")) {
        if (entry.path().extension() == ".md") {
            blocks += check_quotations("docs/" + entry.path().filename().string());
        }
    }
    CHECK(blocks >= 14);
}
