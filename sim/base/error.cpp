// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace orrery::base {

std::string SourcePosition::to_string() const {
  if (line == 0) {
    return file;
  }
  return fmt::format("{}:{}:{}", file, line, column);
}

std::string Diagnostic::to_string() const {
  std::string text;
  if (!where.file.empty()) {
    text += where.to_string() + ": ";
  }
  if (!key_path.empty()) {
    text += key_path + ": ";
  }
  text += message;
  if (!expected.empty()) {
    text += "; expected " + expected;
  }
  if (!suggestion.empty()) {
    text += "; did you mean '" + suggestion + "'?";
  }
  return text;
}

UserError::UserError(std::vector<Diagnostic> diagnostics) : diagnostics_(std::move(diagnostics)) {
  for (const Diagnostic& diagnostic : diagnostics_) {
    if (!text_.empty()) {
      text_ += '\n';
    }
    text_ += diagnostic.to_string();
  }
}

UserError::UserError(Diagnostic diagnostic)
    : UserError(std::vector<Diagnostic>{std::move(diagnostic)}) {}

InternalError::InternalError(std::string_view invariant, std::string_view detail)
    : text_(detail.empty() ? fmt::format("broken invariant: {}", invariant)
                           : fmt::format("broken invariant: {}: {}", invariant, detail)) {}

void Diagnostics::throw_if_any() const {
  if (!items_.empty()) {
    throw UserError(items_);
  }
}

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  // A third of the letters may differ: enough for a slip, too little for another word.
  const std::size_t limit = std::max<std::size_t>(1, name.size() / 3);
  std::string best;
  std::size_t best_distance = limit + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace orrery::base
