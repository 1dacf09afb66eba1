// SPDX-License-Identifier: Apache-2.0
#include "workload/origin.h"

#include <fmt/format.h>

namespace orrery::workload {
namespace {

config::Codec<std::int64_t> count() {
  return config::integer(0, INT64_MAX);
}

}  // namespace

const config::Schema<Origin>& Origin::schema() {
  static const config::Schema<Origin> kSchema = [] {
    config::Schema<Origin> schema("origin", "Where an imported graph comes from.");
    schema.required("format", &Origin::format, config::text(), "Format of the model's file.")
        .required("file", &Origin::file, config::text(), "Name of the model's file.")
        .optional("dimensions", &Origin::dimensions, config::dictionary(count()),
                  "Sizes that were given for free dimensions.")
        .optional("parameters", &Origin::parameters, count(), "Learned elements of the model.")
        .optional("nodes", &Origin::nodes, count(), "Nodes of the model.")
        .optional("lowered", &Origin::lowered, count(), "Nodes with operators of their own.")
        .optional("fused", &Origin::fused, count(), "Nodes that are part of another's operator.")
        .optional("views", &Origin::views, count(), "Nodes that move nothing.")
        .optional("folded", &Origin::folded, count(), "Constant nodes.")
        .optional("unused", &Origin::unused, count(), "Nodes that no output depends on.")
        .optional("ignored", &Origin::ignored, config::list(config::text()),
                  "Nodes that were left out at the user's wish.")
        .optional("operators", &Origin::operators, config::dictionary(count()),
                  "Nodes of the model by operator.");
    return schema;
  }();
  return kSchema;
}

std::string Origin::coverage() const {
  return fmt::format(
      "{}: {} nodes: {} lowered, {} fused into others, {} views, {} folded, {} unused, {} ignored",
      file, nodes, lowered, fused, views, folded, unused, ignored.size());
}

}  // namespace orrery::workload
