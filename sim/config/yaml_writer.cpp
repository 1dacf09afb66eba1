// SPDX-License-Identifier: Apache-2.0
#include <cctype>

#include "config/yaml.h"

namespace orrery::config {
namespace {

// Whether YAML reads the text back as the same plain scalar.
bool is_plain(const std::string& text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text == "null" || text == "~") {
    return false;
  }
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`").find(text.front()) != std::string_view::npos &&
      !(text.front() == '-' && text.size() > 1 && text[1] != ' ')) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) < 0x20 ||
        std::string_view(",[]{}").find(c) != std::string_view::npos) {
      return false;
    }
    if ((c == ':' && (i + 1 == text.size() || text[i + 1] == ' ')) ||
        (c == '#' && i > 0 && text[i - 1] == ' ')) {
      return false;
    }
  }
  return true;
}

std::string write_scalar(const std::string& text) {
  if (is_plain(text)) {
    return text;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
    }
    if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

bool is_short(const Node& node) {
  if (node.is_map()) {
    return node.entries().empty();
  }
  for (const Node& item : node.items()) {
    if (!item.is_scalar() && !item.is_null()) {
      return false;
    }
  }
  return true;
}

void write_block(const Node& node, std::size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  for (const Node::Entry& entry : node.entries()) {
    out += margin + write_scalar(entry.key) + ':';
    if (is_short(entry.value)) {
      out += ' ' + write_flow(entry.value) + '\n';
    } else {
      out += '\n';
      write_block(entry.value, indent + 2, out);
    }
  }
  for (const Node& item : node.items()) {
    if (is_short(item)) {
      out += margin + "- " + write_flow(item) + '\n';
      continue;
    }
    std::string block;
    write_block(item, indent + 2, block);
    block.replace(0, indent + 2, margin + "- ");
    out += block;
  }
}

}  // namespace

std::string write_flow(const Node& node) {
  std::string out;
  switch (node.kind()) {
    case Node::Kind::kNull:
      return "null";
    case Node::Kind::kScalar:
      return write_scalar(node.text());
    case Node::Kind::kSequence:
      for (const Node& item : node.items()) {
        out += (out.empty() ? "" : ", ") + write_flow(item);
      }
      return '[' + out + ']';
    case Node::Kind::kMap:
      for (const Node::Entry& entry : node.entries()) {
        out += (out.empty() ? "" : ", ") + write_scalar(entry.key) + ": " + write_flow(entry.value);
      }
      return '{' + out + '}';
  }
  return out;
}

std::string write_yaml(const Node& node) {
  if (is_short(node)) {
    return write_flow(node) + '\n';
  }
  std::string out;
  write_block(node, 0, out);
  return out;
}

}  // namespace orrery::config
