// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "config/schema.h"
#include "workload/graph.h"

namespace orrery::workload {

// A workload file as read; one derived struct for each `kind`.
struct WorkloadSpec {
  std::optional<std::string> name;  // filled in by load_workload() where the file has none
  std::int64_t seed = 1;

  virtual ~WorkloadSpec() = default;
  // Throws base::UserError with every mistake that only the shapes tell.
  [[nodiscard]] virtual Graph build(const std::string& graph_name) const = 0;
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

}  // namespace orrery::workload
