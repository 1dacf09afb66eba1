// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "config/yaml.h"
#include "workload/file_reference.h"
#include "workload/graph_builder.h"
#include "workload/topology_table.h"
#include "workload/workload_spec.h"

namespace orrery::workload {
namespace {

constexpr std::int64_t kLargestTable = 16LL << 20;

// The text is kept so that it can be written into the resolved file.
struct TopologyFile {
  std::string text;
  std::vector<TopologyLayer> layers;
};

// A value with a line break is no path but the table itself, whose lines have no place of their own
// in the file: all mistakes stand at the value.
TopologyFile parse_inline(const config::Node& node) {
  TopologyFile file{node.text(), {}};
  try {
    file.layers = parse_topology(node.text(), "");
  } catch (const base::UserError& error) {
    std::vector<base::Diagnostic> diagnostics = error.diagnostics();
    for (base::Diagnostic& diagnostic : diagnostics) {
      diagnostic.message = fmt::format("line {}, column {} of the table: {}", diagnostic.where.line,
                                       diagnostic.where.column, diagnostic.message);
      diagnostic.where = node.where();
    }
    throw base::UserError(std::move(diagnostics));
  }
  for (TopologyLayer& layer : file.layers) {
    layer.where = node.where();
  }
  return file;
}

config::Codec<TopologyFile> topology_file_codec() {
  auto type = std::make_shared<config::TypeDescription>();
  type->form = config::TypeDescription::Form::kText;
  type->expected = "the path of a topology table";
  const auto read = [type](const config::Node& node,
                           config::Reader& reader) -> std::optional<TopologyFile> {
    if (!node.is_scalar() || node.text().empty()) {
      reader.mismatch(node, type->expected);
      return std::nullopt;
    }
    const std::size_t errors_before = reader.error_count();
    TopologyFile file;
    if (node.text().find('\n') != std::string::npos) {
      report_errors_of(reader, [&] { file = parse_inline(node); });
    } else if (const std::filesystem::path path = referenced_path(node);
               check_exists(path, node, reader)) {
      report_errors_of(reader, [&] {
        file.text = config::read_text(path, kLargestTable);
        std::erase(file.text, '\r');
        file.layers = parse_topology(file.text, path.string());
      });
    }
    return reader.error_count() == errors_before ? std::optional(std::move(file)) : std::nullopt;
  };
  return {read, [](const TopologyFile& file) { return config::Node::scalar(file.text); }, type};
}

// The padding after one dimension that gives the last of ceil((size - filter + stride) / stride)
// windows its elements: that rule lets the last window hang over the edge.
std::int64_t overhang(std::int64_t size, std::int64_t filter, std::int64_t stride) {
  const std::int64_t windows = (size - filter + stride + stride - 1) / stride;
  return std::max<std::int64_t>(0, (windows - 1) * stride + filter - size);
}

struct LayerBuilder {
  GraphBuilder& builder;
  const TopologyLayer& layer;
  PartOptions options;

  void operator()(const TopologyConvolution& size) {
    if (size.filter_h > size.image_h || size.filter_w > size.image_w) {
      builder.report(
          {layer.where, "",
           fmt::format("layer '{}': the filter {} x {} is larger than the image {} x {}",
                       layer.name, size.filter_h, size.filter_w, size.image_h, size.image_w),
           "a filter of at most the image", ""});
      return;
    }
    const TensorId x = builder.input(layer.name + ".input",
                                     {1, size.image_h, size.image_w, size.channels}, options);
    const Convolution attributes{.stride_h = size.stride,
                                 .stride_w = size.stride,
                                 .pad_bottom = overhang(size.image_h, size.filter_h, size.stride),
                                 .pad_right = overhang(size.image_w, size.filter_w, size.stride)};
    builder.convolution(layer.name, x, attributes, {size.filter_h, size.filter_w}, size.filters,
                        false, options);
  }
  void operator()(const TopologyProduct& size) {
    const TensorId x = builder.input(layer.name + ".input", {size.m, size.k}, options);
    builder.linear(layer.name, x, size.n, false, options);
  }
};

struct TopologyWorkload : WorkloadSpec {
  TopologyFile file;
  ElementTypes types;

  [[nodiscard]] Graph build(const std::string& graph_name) const override {
    GraphBuilder builder(graph_name, types);
    for (const TopologyLayer& layer : file.layers) {
      PartOptions options;
      options.where = layer.where;
      std::visit(LayerBuilder{builder, layer, options}, layer.size);
    }
    return builder.finish();
  }
};

}  // namespace

config::Kind<WorkloadSpec> topology_workload_kind() {
  config::Schema<TopologyWorkload> schema(
      "topology", "The layers of a SCALE-Sim topology table, each with an input of its own.");
  schema
      .required("file", &TopologyWorkload::file, topology_file_codec(),
                "Topology CSV, relative to this file.")
      .optional("types", &TopologyWorkload::types, config::object(element_types_schema()),
                "Element types.");
  add_common_parameters(schema);
  return config::make_kind<WorkloadSpec>("topology", schema);
}

}  // namespace orrery::workload
