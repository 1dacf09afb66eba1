// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/node.h"

namespace orrery::config {

// Reads a file and resolves `extends: FILE` in any of its maps: FILE (relative to the file that
// names it) is read first and the map's own keys are laid over it: maps are merged key by key,
// anything else replaces. Throws base::UserError for cycles, with the chain of files.
[[nodiscard]] Node load_document(const std::filesystem::path& path);

// Lays `overlay` over `base` by the rule above. A map whose `kind` differs replaces the whole map:
// the parameters of one kind mean nothing to another.
void merge_over(Node& base, const Node& overlay);

// One "--set path=value" of the command line. The value is YAML; missing maps on the way are made,
// and a wrong path is found as an unknown key when the document is read. List items are addressed
// by number: "layers.0.rows=4".
struct Override {
  std::string path;
  Node value;
};
[[nodiscard]] Override parse_override(const std::string& text);

// Applies the override below `root`. Throws base::UserError where a path runs through a plain value
// or beyond the end of a list.
void apply_override(Node& root, const Override& change);

}  // namespace orrery::config
