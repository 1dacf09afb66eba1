// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/node.h"

namespace orrery::config {

// Collects the mistakes found while a tree is read and knows the path of the key at hand.
class Reader {
 public:
  explicit Reader(std::string root_path = {}) {
    if (!root_path.empty()) {
      path_.push_back(std::move(root_path));
    }
  }

  // Names the key being read while it lives.
  class Scope {
   public:
    Scope(Reader& reader, std::string key) : reader_(reader) {
      reader_.path_.push_back(std::move(key));
    }
    ~Scope() { reader_.path_.pop_back(); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Reader& reader_;
  };

  void error(const base::SourcePosition& where, std::string message, std::string expected = {},
             std::string suggestion = {}) {
    diagnostics_.add(
        {where, path(), std::move(message), std::move(expected), std::move(suggestion)});
  }
  // "found '12', expected ..." at a node.
  void mismatch(const Node& node, std::string expected) {
    error(node.where(), "found " + node.kind_name(), std::move(expected));
  }

  [[nodiscard]] std::string path() const {
    std::string text;
    for (const std::string& key : path_) {
      text += (text.empty() ? "" : ".") + key;
    }
    return text;
  }
  [[nodiscard]] base::Diagnostics& diagnostics() { return diagnostics_; }
  [[nodiscard]] std::size_t error_count() const { return diagnostics_.items().size(); }

 private:
  std::vector<std::string> path_;
  base::Diagnostics diagnostics_;
};

}  // namespace orrery::config
