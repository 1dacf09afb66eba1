// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/document.h"
#include "config/node.h"
#include "config/schema.h"
#include "workload/graph.h"
#include "workload/origin.h"
#include "workload/product.h"
#include "workload/workload_spec.h"

namespace orrery::workload {

// What a workload file asks for, ready to be lowered.
struct Workload {
  std::string name;
  std::string kind;  // "llm", "topology", "graph", "products"; an imported model is a graph
  Graph graph;
  std::vector<Product> products;  // of kind products, whose graph has no operators
  std::optional<Origin> origin;   // of an imported graph
  std::uint64_t seed = 1;         // of everything that the workload leaves open
  // The file with every default written out and the files that it names put in their place: it can
  // be loaded again from anywhere and gives the same graph.
  config::Node resolved;
};

// Reads a workload file or an ONNX model, applies the overrides whose path starts with "workload."
// (the others belong to someone else) and builds the graph. Throws base::UserError with every
// mistake.
[[nodiscard]] Workload load_workload(const std::filesystem::path& path,
                                     const std::vector<config::Override>& overrides = {});

// The same of a document that has been read already, such as the part of a resolved.yaml.
[[nodiscard]] Workload make_workload(const config::Node& document,
                                     const std::string& fallback_name);

// Kind and parameters of workload files, for documentation and JSON Schema.
[[nodiscard]] const config::Codec<WorkloadSpecPointer>& workload_codec();

}  // namespace orrery::workload
