// SPDX-License-Identifier: Apache-2.0
#include "config/document.h"

#include <algorithm>
#include <charconv>

#include "config/yaml.h"

namespace orrery::config {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const base::SourcePosition& where, std::string path, std::string message,
                       std::string expected = {}) {
  throw base::UserError(
      base::Diagnostic{where, std::move(path), std::move(message), std::move(expected), ""});
}

Node load(const fs::path& path, std::vector<fs::path>& chain, const base::SourcePosition& named_at);

// Replaces every map with `extends` below `node` by the merged map.
void resolve(Node& node, const fs::path& folder, std::vector<fs::path>& chain) {
  for (Node& item : node.items()) {
    resolve(item, folder, chain);
  }
  for (Node::Entry& entry : node.entries()) {
    if (entry.key != "extends") {
      resolve(entry.value, folder, chain);
    }
  }
  const Node* extends = node.find("extends");
  if (extends == nullptr) {
    return;
  }
  if (!extends->is_scalar()) {
    fail(extends->where(), "extends", "found " + extends->kind_name(), "the path of a file");
  }
  Node merged = load(folder / extends->text(), chain, extends->where());
  if (!merged.is_map()) {
    fail(extends->where(), "extends", "the file holds " + merged.kind_name(), "a map");
  }
  node.erase("extends");
  const base::SourcePosition where = node.where();
  merge_over(merged, node);
  node = std::move(merged);
  node.set_where(where);
}

Node load(const fs::path& path, std::vector<fs::path>& chain,
          const base::SourcePosition& named_at) {
  const fs::path canonical = fs::weakly_canonical(path);
  if (std::find(chain.begin(), chain.end(), canonical) != chain.end()) {
    std::string cycle;
    for (const fs::path& link : chain) {
      cycle += link.filename().string() + " -> ";
    }
    fail(named_at, "extends", "files extend each other: " + cycle + canonical.filename().string(),
         "no cycle");
  }
  if (!named_at.file.empty() && !fs::exists(path)) {
    fail(named_at, "extends", "no such file: " + path.lexically_normal().string());
  }
  chain.push_back(canonical);
  Node node = read_yaml(path);
  resolve(node, path.parent_path(), chain);
  chain.pop_back();
  return node;
}

}  // namespace

Node load_document(const fs::path& path) {
  std::vector<fs::path> chain;
  return load(path, chain, {});
}

void merge_over(Node& base, const Node& overlay) {
  const Node* base_kind = base.find("kind");
  const Node* overlay_kind = overlay.find("kind");
  const bool other_kind =
      base_kind != nullptr && overlay_kind != nullptr && base_kind->text() != overlay_kind->text();
  if (!base.is_map() || !overlay.is_map() || other_kind) {
    base = overlay;
    return;
  }
  for (const Node::Entry& entry : overlay.entries()) {
    if (Node* existing = base.find(entry.key)) {
      merge_over(*existing, entry.value);
    } else {
      base.entries().push_back(entry);
    }
  }
}

Override parse_override(const std::string& text) {
  const base::SourcePosition where{"--set " + text, 0, 0};
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    fail(where, "", "no path and value", "path=value, as in platform.engines.array.rows=64");
  }
  Override result{text.substr(0, equals), parse_yaml(text.substr(equals + 1), where.file)};
  return result;
}

void apply_override(Node& root, const Override& change) {
  Node* node = &root;
  std::size_t begin = 0;
  while (begin <= change.path.size()) {
    const std::size_t dot = std::min(change.path.find('.', begin), change.path.size());
    const std::string key = change.path.substr(begin, dot - begin);
    if (node->is_sequence()) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
      if (error != std::errc() || end != key.data() + key.size() || index >= node->items().size()) {
        fail(change.value.where(), change.path, "no item '" + key + "'",
             "a number below " + std::to_string(node->items().size()));
      }
      node = &node->items()[index];
    } else if (node->is_map() || node->is_null()) {
      if (node->is_null()) {
        *node = Node::map(change.value.where());
      }
      Node* child = node->find(key);
      node = child != nullptr ? child : &node->set(key, Node(), change.value.where());
    } else {
      fail(change.value.where(), change.path, "'" + key + "' lies below a plain value");
    }
    begin = dot + 1;
  }
  *node = change.value;
}

}  // namespace orrery::config
