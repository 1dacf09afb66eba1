// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::base {

// Where a text stands in the user's input. line and column count from 1; 0 means "no line" (a
// command-line option, a file that cannot be opened).
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;

  [[nodiscard]] std::string to_string() const;
};

// One mistake of the user.
struct Diagnostic {
  SourcePosition where;
  std::string key_path;    // "platform.engines.array.rows"; may be empty
  std::string message;     // what is wrong
  std::string expected;    // what would be right; may be empty
  std::string suggestion;  // the nearest known name; may be empty

  [[nodiscard]] std::string to_string() const;
};

// The user's mistakes, all that could be found. Ends the program with exit code 2.
class UserError : public std::exception {
 public:
  explicit UserError(std::vector<Diagnostic> diagnostics);
  explicit UserError(Diagnostic diagnostic);

  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }
  [[nodiscard]] const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
  std::string text_;
};

// Our mistake: a broken invariant. Ends the program with exit code 70.
class InternalError : public std::exception {
 public:
  InternalError(std::string_view invariant, std::string_view detail);

  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

// Throws InternalError unless `holds`.
inline void require_invariant(bool holds, std::string_view invariant,
                              std::string_view detail = {}) {
  if (!holds) {
    throw InternalError(invariant, detail);
  }
}

// Collects mistakes so that all are reported at once.
class Diagnostics {
 public:
  void add(Diagnostic diagnostic) { items_.push_back(std::move(diagnostic)); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] const std::vector<Diagnostic>& items() const { return items_; }
  // Throws UserError with everything collected so far, if anything was.
  void throw_if_any() const;

 private:
  std::vector<Diagnostic> items_;
};

// The candidate that is nearest to `name` by edit distance, or "" where none is near enough to be
// what the user meant.
[[nodiscard]] std::string nearest_name(std::string_view name,
                                       const std::vector<std::string>& candidates);

}  // namespace orrery::base
