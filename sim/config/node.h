// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace orrery::config {

// A parsed document: YAML's tree with the position of every part, independent of the parser.
class Node {
 public:
  enum class Kind { kNull, kScalar, kSequence, kMap };
  struct Entry;

  Node() = default;
  [[nodiscard]] static Node scalar(std::string text, base::SourcePosition where = {});
  [[nodiscard]] static Node sequence(base::SourcePosition where = {});
  [[nodiscard]] static Node map(base::SourcePosition where = {});

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::kNull; }
  [[nodiscard]] bool is_scalar() const { return kind_ == Kind::kScalar; }
  [[nodiscard]] bool is_sequence() const { return kind_ == Kind::kSequence; }
  [[nodiscard]] bool is_map() const { return kind_ == Kind::kMap; }
  // "a map", "a list", "a value", "nothing": for messages.
  [[nodiscard]] std::string kind_name() const;

  [[nodiscard]] const base::SourcePosition& where() const { return where_; }
  void set_where(base::SourcePosition where) { where_ = std::move(where); }

  // Scalars.
  [[nodiscard]] const std::string& text() const { return text_; }

  // Sequences.
  [[nodiscard]] const std::vector<Node>& items() const { return items_; }
  [[nodiscard]] std::vector<Node>& items() { return items_; }
  Node& append(Node item);

  // Maps, in the order of the file.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] std::vector<Entry>& entries() { return entries_; }
  [[nodiscard]] const Node* find(std::string_view key) const;
  [[nodiscard]] Node* find(std::string_view key);
  // Replaces the value of an existing key or appends a new one.
  Node& set(std::string key, Node value, base::SourcePosition key_where = {});
  void erase(std::string_view key);

 private:
  Kind kind_ = Kind::kNull;
  std::string text_;
  std::vector<Node> items_;
  std::vector<Entry> entries_;
  base::SourcePosition where_;
};

struct Node::Entry {
  std::string key;
  Node value;
  base::SourcePosition where;  // of the key
};

}  // namespace orrery::config
