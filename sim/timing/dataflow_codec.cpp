// SPDX-License-Identifier: Apache-2.0
#include "timing/dataflow_codec.h"

#include <algorithm>

#include "base/error.h"
#include "config/schema.h"
#include "config/yaml.h"
#include "timing/shipped_dataflows.h"

namespace orrery::timing {
namespace {

// A dataflow as a map of a file.
struct NestDescription {
  std::string name;
  std::vector<std::string> nest;
};

const config::Schema<NestDescription>& nest_schema() {
  using Self = NestDescription;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("dataflow", "A loop nest that an array runs on each tile.")
          .required("name", &Self::name, config::text(), "How mappings and results call it.")
          .required("nest", &Self::nest, config::list(config::text(), 1),
                    "Loops, outermost first: `DIMENSION`, or `DIMENSION by rows` or "
                    "`by columns`.")
          .check([](const Self& nest, const config::Node& node, config::Reader& reader) {
            const ParsedDataflow parsed = parse_dataflow(nest.name, nest.nest);
            if (!parsed.dataflow) {
              reader.error(node.where(), parsed.message, parsed.expected);
            }
          });
  return kSchema;
}

std::optional<Dataflow> read_nest(const config::Node& node, config::Reader& reader) {
  const auto nest = nest_schema().read(node, reader);
  return nest ? parse_dataflow(nest->name, nest->nest).dataflow : std::nullopt;
}

}  // namespace

const std::vector<Dataflow>& shipped_dataflows() {
  static const std::vector<Dataflow> kDataflows = [] {
    std::vector<Dataflow> dataflows;
    for (const auto& [file, text] : kShippedDataflowFiles) {
      config::Reader reader;
      const auto dataflow = read_nest(config::parse_yaml(text, file), reader);
      reader.diagnostics().throw_if_any();
      dataflows.push_back(*dataflow);
    }
    // Those with names everywhere first, in their order.
    std::sort(dataflows.begin(), dataflows.end(), [](const Dataflow& left, const Dataflow& right) {
      const auto place = [](const Dataflow& one) {
        return std::find(kStandardDataflows.begin(), kStandardDataflows.end(), one);
      };
      return std::pair(place(left), left) < std::pair(place(right), right);
    });
    return dataflows;
  }();
  return kDataflows;
}

const config::Codec<Dataflow>& dataflow_codec() {
  static const config::Codec<Dataflow> kCodec = [] {
    std::vector<std::string> names;
    for (const Dataflow& dataflow : shipped_dataflows()) {
      names.emplace_back(dataflow.name());
    }
    auto type = std::make_shared<config::TypeDescription>(*config::describe_choice(names));
    type->expected += ", or a map of name and nest";
    type->object = config::object(nest_schema()).type->object;
    return config::Codec<Dataflow>{
        [names](const config::Node& node, config::Reader& reader) -> std::optional<Dataflow> {
          if (node.is_map()) {
            return read_nest(node, reader);
          }
          const auto index = config::read_choice(node, reader, names);
          return index ? std::optional(shipped_dataflows()[*index]) : std::nullopt;
        },
        [](const Dataflow& dataflow) {
          const auto& shipped = shipped_dataflows();
          if (std::find(shipped.begin(), shipped.end(), dataflow) != shipped.end()) {
            return config::Node::scalar(std::string(dataflow.name()));
          }
          config::Node node = config::Node::map();
          node.set("name", config::Node::scalar(std::string(dataflow.name())));
          config::Node& nest = node.set("nest", config::Node::sequence());
          for (const std::string& loop : dataflow.loop_texts()) {
            nest.append(config::Node::scalar(loop));
          }
          return node;
        },
        type};
  }();
  return kCodec;
}

}  // namespace orrery::timing
