// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/node.h"
#include "config/schema.h"
#include "workload/graph.h"
#include "workload/origin.h"
#include "workload/product.h"

namespace orrery::workload {

// A workload file as read; one derived struct for each `kind`.
struct WorkloadSpec {
  std::optional<std::string> name;  // filled in by load_workload() where the file has none
  std::int64_t seed = 1;

  virtual ~WorkloadSpec() = default;
  // The workload that stands for this one, as a document of another kind: that of a model which is
  // imported. nullopt where there is none. Throws base::UserError.
  [[nodiscard]] virtual std::optional<config::Node> expanded() const { return std::nullopt; }
  // Where the graph comes from, if it was imported.
  [[nodiscard]] virtual std::optional<Origin> imported_from() const { return std::nullopt; }
  // Throws base::UserError with every mistake that only the shapes tell.
  [[nodiscard]] virtual Graph build(const std::string& graph_name) const = 0;
  // Products that stand for the workload where it has no operators.
  [[nodiscard]] virtual std::vector<Product> products() const { return {}; }
};

using WorkloadSpecPointer = std::shared_ptr<const WorkloadSpec>;

// The keys that every kind has.
template <class Spec>
void add_common_parameters(config::Schema<Spec>& schema) {
  schema
      .optional("name", static_cast<std::optional<std::string> Spec::*>(&WorkloadSpec::name),
                config::maybe(config::text()), "Name in results; left out: that of the file.")
      .optional("seed", static_cast<std::int64_t Spec::*>(&WorkloadSpec::seed),
                config::integer(0, INT64_MAX),
                "Seed of what the workload leaves open, such as which tokens are looked up.");
}

[[nodiscard]] config::Kind<WorkloadSpec> llm_workload_kind();
[[nodiscard]] config::Kind<WorkloadSpec> topology_workload_kind();
[[nodiscard]] config::Kind<WorkloadSpec> graph_workload_kind();
[[nodiscard]] config::Kind<WorkloadSpec> onnx_workload_kind();
[[nodiscard]] config::Kind<WorkloadSpec> products_workload_kind();

}  // namespace orrery::workload
