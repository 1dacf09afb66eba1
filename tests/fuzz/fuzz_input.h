// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "config/node.h"
#include "config/reader.h"
#include "config/yaml.h"

namespace orrery::fuzz {

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A mistake of the user is an answer; whatever else `read` throws ends the target.
template <class Read>
int answer(const Read& read) {
  try {
    read();
  } catch (const base::UserError&) {
  }
  return 0;
}

// Parses the input as a document whose paths lead nowhere, and reads it.
template <class Read>
int answer_document(const std::uint8_t* data, std::size_t size, const Read& read) {
  return answer([&] {
    const config::Node document = config::parse_yaml(text_of(data, size), "/nonexistent/input");
    config::Reader reader("input");
    read(document, reader);
    reader.diagnostics().throw_if_any();
  });
}

}  // namespace orrery::fuzz
