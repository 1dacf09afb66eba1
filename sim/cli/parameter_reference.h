// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/description.h"
#include "report/json.h"

namespace orrery::cli {

// A kind of input file, for the generated reference.
struct ParameterRoot {
  std::string name;  // "platform"
  std::string help;
  std::shared_ptr<const config::TypeDescription> type;  // of the whole document
};

// Platform, workload, mapping, study.
[[nodiscard]] const std::vector<ParameterRoot>& parameter_roots();

// The schemas that a document is made of, its own first, each once, in the order in which the
// document mentions them.
[[nodiscard]] std::vector<std::shared_ptr<const config::SchemaDescription>> schemas_of(
    const config::TypeDescription& type);

// The content of docs/parameters.md: one table a schema, with links between them.
[[nodiscard]] std::string parameters_markdown();
// The same for a terminal.
[[nodiscard]] std::string parameters_text();
[[nodiscard]] report::Json parameters_json();

}  // namespace orrery::cli
