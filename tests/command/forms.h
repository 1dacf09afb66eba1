// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "command/binary_form.h"
#include "command/text_form.h"

namespace orrery::command {

// One of the two forms, through its public functions.
struct Form {
  const char* name;
  void (*write)(Source&, std::ostream&);
  std::unique_ptr<Source> (*read)(std::unique_ptr<std::istream>, std::string,
                                  std::optional<Extents>);

  [[nodiscard]] std::string bytes(Source& source) const {
    std::ostringstream out;
    write(source, out);
    return out.str();
  }
  [[nodiscard]] std::unique_ptr<Source> open(const std::string& bytes,
                                             std::optional<Extents> extents = std::nullopt) const {
    return read(std::make_unique<std::istringstream>(bytes), "stream", std::move(extents));
  }
};

inline const Form kTextForm{"text", write_text, read_text};
inline const Form kBinaryForm{"binary", write_binary, read_binary};

}  // namespace orrery::command
