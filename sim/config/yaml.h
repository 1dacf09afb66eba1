// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "config/node.h"

namespace orrery::config {

// Parses one YAML (or JSON, its subset) document. `file` names it in messages. Throws
// base::UserError for anything that is not one well-formed document: syntax, duplicate keys, more
// than one document, text that is not UTF-8, nesting deeper than 100, more than a million nodes.
[[nodiscard]] Node parse_yaml(const std::string& text, const std::string& file);

// Reads and parses a file of at most 64 MiB.
[[nodiscard]] Node read_yaml(const std::filesystem::path& path);

// The whole text of a file of at most `limit` bytes; base::UserError where it cannot be had.
[[nodiscard]] std::string read_text(const std::filesystem::path& path, std::int64_t limit);

// Block-style YAML of a tree, the same bytes for the same tree.
[[nodiscard]] std::string write_yaml(const Node& node);

// One line, for messages and tables: "[1, 2]", "{a: 1}", "64".
[[nodiscard]] std::string write_flow(const Node& node);

}  // namespace orrery::config
