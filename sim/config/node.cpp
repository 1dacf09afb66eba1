// SPDX-License-Identifier: Apache-2.0
#include "config/node.h"

#include <algorithm>

namespace orrery::config {

Node Node::scalar(std::string text, base::SourcePosition where) {
  Node node;
  node.kind_ = Kind::kScalar;
  node.text_ = std::move(text);
  node.where_ = std::move(where);
  return node;
}

Node Node::sequence(base::SourcePosition where) {
  Node node;
  node.kind_ = Kind::kSequence;
  node.where_ = std::move(where);
  return node;
}

Node Node::map(base::SourcePosition where) {
  Node node;
  node.kind_ = Kind::kMap;
  node.where_ = std::move(where);
  return node;
}

std::string Node::kind_name() const {
  switch (kind_) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return "'" + text_ + "'";
    case Kind::kSequence:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  return {};
}

Node& Node::append(Node item) {
  items_.push_back(std::move(item));
  return items_.back();
}

const Node* Node::find(std::string_view key) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == entries_.end() ? nullptr : &found->value;
}

Node* Node::find(std::string_view key) {
  return const_cast<Node*>(std::as_const(*this).find(key));
}

Node& Node::set(std::string key, Node value, base::SourcePosition key_where) {
  if (Node* existing = find(key)) {
    *existing = std::move(value);
    return *existing;
  }
  entries_.push_back({std::move(key), std::move(value), std::move(key_where)});
  return entries_.back().value;
}

void Node::erase(std::string_view key) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.key == key; });
}

}  // namespace orrery::config
