// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/layer_rule.h"

#include <algorithm>

#include "lowering/mapping/name_pattern.h"
#include "timing/dataflow_codec.h"
#include "workload/operator_kinds.h"

namespace orrery::lowering {

bool LayerRule::matches(const workload::Operator& op) const {
  if (!operators.empty() && std::find(operators.begin(), operators.end(),
                                      workload::kind_name(op.attributes)) == operators.end()) {
    return false;
  }
  return follows(match, op.name) || follows(match.substr(0, match.find('+')), op.name);
}

namespace {

using config::located;
using config::maybe;
using Self = LayerRule;
constexpr std::int64_t kMostElements = std::int64_t{1} << 40;

// Kinds of operators by name.
config::Codec<Names> kinds() {
  config::EnumTable<std::string> table;
  for (const workload::OperatorKind& kind : workload::operator_kinds()) {
    table.emplace_back(kind.name, kind.name);
  }
  return config::list(config::choice(table), 1);
}
config::Codec<Names> names(std::size_t fewest) {
  return config::list(config::text(), fewest);
}

void add_choice_keys(config::Schema<Self>& schema) {
  schema
      .optional("match", &Self::match, config::text(),
                "Pattern of layer names; * stands for any text, ? for one letter.")
      .optional("operators", &Self::operators, kinds(),
                "Only layers of these kinds; orrery list operators shows them.")
      .optional("engines", &Self::engines, maybe(located(names(1))),
                "Arrays and vector units that the layers use; of a kind that is not named, all.")
      .optional("dataflow", &Self::dataflow, maybe(located(timing::dataflow_codec())),
                "Dataflow of the layers' tiles.");
}

void add_loop_keys(config::Schema<Self>& schema) {
  static const config::EnumTable<std::string> kShared{{"m", "m"}, {"n", "n"}};
  schema
      .optional("tiles", &Self::tiles, maybe(located(size_map_codec())),
                "Sizes of a tile, {groups, m, n, k} for products, {groups, images, rows, columns, "
                "features, channels, taps} for convolutions; what is left out is chosen.")
      .optional("kernels", &Self::kernels,
                maybe(located(config::list(config::object(Kernel::schema()), 1))),
                "Tiles of which each product takes those of the least estimate, as from a library "
                "of kernels, and computes them whole.")
      .optional("loop_order", &Self::loop_order, maybe(located(names(1))),
                "Loops over tiles, the outermost first.")
      .optional("arrays_share", &Self::arrays_share, maybe(located(config::choice(kShared))),
                "What several arrays share of a tile: its output positions (m) or features (n).")
      .optional("residency", &Self::residency, maybe(located(names(0))),
                "Operands, a or b, that stay in buffers while the loops come back to them.")
      .optional("buffers", &Self::buffers, maybe(located(size_map_codec())),
                "Number of buffers of each operand, {a, b}: residency in numbers.")
      .optional("double_buffering", &Self::double_buffering, maybe(config::boolean()),
                "Two buffers for each stream of tiles.")
      .optional("tile_budget_percent", &Self::tile_budget_percent, maybe(config::integer(1, 100)),
                "Part of the scratchpad that the buffers of a layer may take.");
}

void add_form_keys(config::Schema<Self>& schema) {
  schema
      .optional("fuse", &Self::fuse, maybe(located(names(0))),
                "Patterns of the operators that may ride on these layers' write-outs; [] for none.")
      .optional("placement", &Self::placement,
                config::list(config::object(PlacementRule::schema())),
                "Tiers of the tensors that the layers write, and of those they are the first to "
                "read; these rules come before the mapping's own.")
      .optional("attention", &Self::attention, maybe(config::choice(attention_form_names())),
                "Where the logits of attention go; pim: both products in the banks of a memory.")
      .optional("cache", &Self::cache, maybe(located(config::choice(cache_layout_names()))),
                "Where attention that arrays compute leaves the keys and values of a prefill: "
                "plain, or in rows of banks as attention: pim expects them; plain when left out.")
      .optional("channels", &Self::channels, maybe(located(config::choice(channel_rule_names()))),
                "How requests of attention: pim or cache: banks get their channel: in turn, or the "
                "longest first to "
                "the channel of the least load; in turn when left out.")
      .optional("append", &Self::append, maybe(located(config::choice(pim_append_names()))),
                "When new values in banks go to their rows: each token at once, or those "
                "of a burst together; a block when left out.")
      .optional("offload", &Self::offload, maybe(located(config::choice(offload_policy_names()))),
                "Whether products with weights, and attention, are computed in the banks of a "
                "memory: never, always, where they do few products for each byte there "
                "(intensity), or where the estimates say that it is faster (time).")
      .optional("offload_below", &Self::offload_below,
                maybe(located(config::integer(1, kMostElements))),
                "Of offload: intensity, the useful multiply-accumulates for each byte in banks "
                "below which they are computed there; when left out, the arrays' peak over the "
                "memory's bandwidth.")
      .optional("softmax", &Self::softmax, maybe(config::choice(softmax_form_names())),
                "How softmax goes over rows that do not fit the scratchpad.")
      .optional("packing", &Self::packing, maybe(config::boolean()),
                "Small groups lie side by side on an array; false: one after the other.");
}

}  // namespace

const config::Schema<LayerRule>& LayerRule::schema() {
  static const config::Schema<Self> kSchema = [] {
    config::Schema<Self> schema("layer rule", "Wishes for the layers that match.");
    add_choice_keys(schema);
    add_loop_keys(schema);
    add_form_keys(schema);
    schema.position(&Self::where);
    schema.check([](const Self& rule, const config::Node& node, config::Reader& reader) {
      if (rule.kernels && rule.tiles) {
        reader.error(node.find("kernels")->where(), "a rule with both 'tiles' and 'kernels'",
                     "one of them");
      }
    });
    return schema;
  }();
  return kSchema;
}

}  // namespace orrery::lowering
