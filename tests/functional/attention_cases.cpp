// SPDX-License-Identifier: Apache-2.0
#include "tests/functional/attention_cases.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/random.h"
#include "tests/functional/case_maker.h"
#include "workload/graph_builder.h"

namespace orrery::testing {
namespace {

using namespace orrery::workload;
using lowering::AttentionForm;
using numeric::ElementType;

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}
  std::int64_t integer(std::int64_t low, std::int64_t high) { return random_.integer(low, high); }
  bool chance(int percent) { return integer(1, 100) <= percent; }
  template <class T>
  T pick(const std::vector<T>& choices) {
    return choices[static_cast<std::size_t>(
        integer(0, static_cast<std::int64_t>(choices.size()) - 1))];
  }

 private:
  base::Random random_;
};

Attention draw_attention(Draw& draw) {
  Attention a;
  a.kv_heads = draw.integer(1, 3);
  a.heads = a.kv_heads * draw.integer(1, 4);
  a.head_size = draw.pick<std::int64_t>({1, 2, 3, 5, 7, 8});
  a.value_size = draw.chance(25) ? draw.integer(1, 9) : 0;
  a.query_length = draw.pick<std::int64_t>({1, 1, 2, 3, 7, 12, 17});
  a.past_length = draw.pick<std::int64_t>({0, 1, 5, 13, 19});
  a.causal = draw.chance(65);
  a.window = a.causal && draw.chance(50) ? draw.pick<std::int64_t>({1, 2, 3, 5, 8, 40}) : 0;
  a.cached = draw.chance(50);
  // Cross attention sees as many keys as there are.
  a.key_length = a.cached   ? 0
                 : a.causal ? a.past_length + a.query_length
                            : draw.pick<std::int64_t>({1, 3, 8, 13, 29});
  a.scale = 0.25;
  return a;
}

PastLengths draw_pasts(Draw& draw, std::int64_t batch) {
  std::vector<std::int64_t> pasts;
  for (std::int64_t sequence = 0; sequence < batch; ++sequence) {
    pasts.push_back(draw.pick<std::int64_t>({0, 1, 2, 5, 7, 13, 19, 31}));
  }
  return std::make_shared<const std::vector<std::int64_t>>(std::move(pasts));
}

Graph draw_graph(Draw& draw) {
  ElementTypes types;
  types.activations = draw.pick<ElementType>(
      {ElementType::kInt8, ElementType::kFp16, ElementType::kFp32, ElementType::kBf16});
  types.kv_cache = draw.pick<ElementType>({ElementType::kInt8, ElementType::kFp16});
  Attention a = draw_attention(draw);
  if (draw.chance(30)) {
    // Heads of eight elements fill bytes in every type.
    a.head_size = 8;
    a.value_size = 0;
    types.kv_cache = draw.pick(packed_types());
    types.activations = draw.chance(50) ? draw.pick(packed_types()) : types.activations;
  }
  GraphBuilder builder("attention", types);
  // Many sequences are appended several at a time.
  const bool many = a.cached && a.query_length <= 2 && draw.chance(30);
  std::int64_t batch = many ? draw.integer(16, 37) : draw.integer(1, 2);
  if (a.cached && draw.chance(50)) {
    batch = many ? draw.integer(16, 37) : draw.integer(1, 5);
    a.past_lengths = draw_pasts(draw, batch);
    a.past_length = *std::max_element(a.past_lengths->begin(), a.past_lengths->end());
  }
  const std::int64_t given = a.cached ? a.query_length : a.key_length;
  const TensorId q = builder.input("q", {batch, a.query_length, a.heads * a.head_size}, {});
  const TensorId k = builder.input("k", {batch, given, a.kv_heads * a.head_size}, {});
  const TensorId v = builder.input("v", {batch, given, a.kv_heads * a.value_head_size()}, {});
  builder.attention("y", q, k, v, a, {});
  return builder.finish();
}

}  // namespace

RandomCase attention_case(std::uint64_t seed) {
  Draw draw(seed);
  RandomCase result;
  result.graph = draw_graph(draw);
  SmallMachine& machine = result.machine;
  machine.rows = draw.pick<std::int64_t>({1, 2, 4, 8, 5});
  machine.columns = draw.pick<std::int64_t>({1, 2, 4, 8, 3});
  machine.arrays = draw.pick<int>({1, 1, 2, 3});
  machine.vector_units = draw.pick<int>({1, 1, 2, 4});
  machine.loads = draw.pick<int>({1, 1, 2});
  machine.stores = draw.pick<int>({1, 2});
  machine.shared_dma = draw.chance(20);
  machine.scratchpad = draw.pick<std::int64_t>({1536, 2048, 3000, 4096, 8192, 100000});
  machine.accumulators = draw.pick<std::int64_t>({128, 256, 640, 4096, 65536});
  lowering::MappingConfig& mapping = result.mapping;
  mapping.dataflow = draw.pick<timing::Dataflow>({timing::Dataflow::kOutputStationary,
                                                  timing::Dataflow::kWeightStationary,
                                                  timing::Dataflow::kInputStationary});
  mapping.double_buffering = draw.chance(80);
  mapping.tile_budget_percent = draw.pick<std::int64_t>({50, 25, 100});
  struct Form {
    AttentionForm form;
    const char* name;
  };
  const std::vector<Form> forms{{AttentionForm::kUnfused, "unfused"},
                                {AttentionForm::kRowTiled, "row_tiled"},
                                {AttentionForm::kOnePass, "one_pass"}};
  const Form& form = forms[seed % forms.size()];
  if (draw.chance(50)) {
    mapping.attention = form.form;
  } else {
    mapping.layers.emplace_back().attention = form.form;
  }
  result.family = form.name;
  return result;
}

}  // namespace orrery::testing
