// SPDX-License-Identifier: MIT
// A table of words and numbers, as aligned text and as Markdown.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A whole number with a comma after each thousand: 1,234,567.
inline std::string with_commas(Index number) {
    std::string text = std::to_string(number);
    const std::size_t first = number < 0 ? 1 : 0;
    for (std::size_t i = text.size(); i > first + 3;) {
        i -= 3;
        text.insert(i, 1, ',');
    }
    return text;
}

/// A number with `decimals` digits after the point.
inline std::string with_decimals(double number, int decimals) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.*f", decimals, number);
    return text;
}

/// Rows of cells under a head.
class Table {
 public:
    /// `is_number` says which columns are aligned to the right; it has one value per column.
    Table(std::vector<std::string> head, std::vector<bool> is_number)
        : is_number_(std::move(is_number)), rows_{std::move(head)} {
        if (is_number_.size() != rows_[0].size()) {
            fail("staa::Table: ", rows_[0].size(), " columns, but alignments of ", is_number_.size());
        }
    }

    /// Adds a row. Another number of cells than the head has is an Error.
    void add(std::vector<std::string> row) {
        if (row.size() != is_number_.size()) {
            fail("staa::Table::add: a row of ", row.size(), " cells, expected ", is_number_.size());
        }
        rows_.push_back(std::move(row));
    }

    const std::vector<std::vector<std::string>>& rows() const { return rows_; }  ///< the first one is the head
    /// Whether the column holds numbers: then it is aligned right.
    bool is_number(std::size_t column) const { return is_number_[column]; }

    /// One line per row, with two spaces between columns.
    std::string text() const {
        std::string result;
        for (const auto& row : rows_) {
            std::string line;
            for (std::size_t i = 0; i < row.size(); ++i) {
                line += (i > 0 ? "  " : "") + padded(row[i], i);
            }
            line.erase(line.find_last_not_of(' ') + 1);
            result += line + "\n";
        }
        return result;
    }

    /// The table in Markdown.
    std::string markdown() const {
        std::string result;
        for (std::size_t r = 0; r < rows_.size(); ++r) {
            result += "|";
            for (const std::string& cell : rows_[r]) {
                result += " " + escaped(cell) + " |";
            }
            result += "\n";
            for (std::size_t i = 0; r == 0 && i < is_number_.size(); ++i) {
                result += is_number_[i] ? "|---:" : "|---";
            }
            result += r == 0 ? "|\n" : "";
        }
        return result;
    }

 private:
    std::string padded(const std::string& cell, std::size_t column) const {
        std::size_t width = 0;
        for (const auto& row : rows_) {
            width = std::max(width, row[column].size());
        }
        const std::string space(width - cell.size(), ' ');
        return is_number_[column] ? space + cell : cell + space;
    }
    static std::string escaped(const std::string& cell) {
        std::string result;
        for (const char c : cell) {
            result += c == '|' ? "\\|" : std::string(1, c);
        }
        return result;
    }

    std::vector<bool> is_number_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace STAA_ABI
}  // namespace staa
