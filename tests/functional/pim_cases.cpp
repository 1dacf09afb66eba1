// SPDX-License-Identifier: Apache-2.0
#include "tests/functional/pim_cases.h"

#include <algorithm>
#include <memory>

namespace orrery::testing {
namespace {

using command::PimCommand;
using command::PimMemory;
using command::PimOperation;

constexpr std::int64_t kRows = 2048;

// Digits of the channel, the bank and the byte in a random order below those of the row.
void draw_address_map(CaseMaker& make, PimMemory& memory, std::int64_t channels, std::int64_t banks,
                      std::int64_t row_bytes, std::int64_t run) {
  struct Part {
    PimMemory::Digits* digits;
    std::int64_t extent;
  };
  std::vector<Part> parts{{&memory.channel, channels}};
  for (PimMemory::Digits* digits : {&memory.bank, &memory.byte}) {
    std::int64_t extent = digits == &memory.bank ? banks : row_bytes / run;
    if (make.chance(50) && extent % 2 == 0) {
      parts.push_back({digits, 2});
      extent /= 2;
    }
    parts.push_back({digits, extent});
  }
  std::int64_t stride = run;
  while (!parts.empty()) {
    const auto at = make.integer(0, std::ssize(parts) - 1);
    const Part part = parts[static_cast<std::size_t>(at)];
    parts.erase(parts.begin() + at);
    part.digits->insert(part.digits->begin(), {part.extent, stride});
    stride *= part.extent;
  }
  memory.byte.push_back({run, 1});
  memory.row = {{kRows, stride}};
}

void add_commands(CaseMaker& make, PimMemory& memory, const std::string& family, std::int64_t banks,
                  std::int64_t element_bytes) {
  const auto add = [&](const char* name, PimOperation operation, std::int64_t most_count,
                       std::int64_t bytes, std::int64_t taking_part) {
    PimCommand command;
    command.name = name;
    command.operation = operation;
    command.most_count = most_count;
    command.bytes = bytes;
    command.banks = taking_part;
    memory.commands.push_back(command);
  };
  const std::int64_t columns = memory.row_bytes() / memory.column_bytes;
  // Sums of integers of one byte need four.
  const std::int64_t result = element_bytes == 1 ? 4 : make.pick<std::int64_t>({2, 2, 4});
  add("OPEN", PimOperation::kNone, 1, 0, banks);
  if (family == "composite") {
    add("GEMV", PimOperation::kDotRead, columns, banks * result, banks);
    add("HEADER", PimOperation::kNone, columns, 0, banks);
    memory.commands.back().announces = true;
    add("GWRITE", PimOperation::kLoadRow, 1, 0, 1);
  } else if (family == "short") {
    add("GEMV", PimOperation::kDotRead, 2, banks * result, banks);
    add("COMP", PimOperation::kDot, make.integer(1, 3), 0, banks);
    add("GWRITE", PimOperation::kLoadRow, 1, 0, 1);
  } else if (family == "single") {
    add("COMP", PimOperation::kDot, 1, 0, banks);
    const std::int64_t read_banks = make.pick<std::int64_t>({banks, banks / 2, 1});
    add("READRES", PimOperation::kRead, 1, read_banks * result, read_banks);
    add("GWRITE", PimOperation::kLoadRow, 1, 0, 1);
  } else {
    add("MAC", PimOperation::kDot, make.pick<std::int64_t>({1, columns}), 0, banks);
    add("RDMAC", PimOperation::kRead, 1, banks * result, banks);
    const std::int64_t pieces = columns % 2 == 0 && make.chance(50) ? 2 : 1;
    add("WRGB", PimOperation::kLoad, 1, pieces * memory.column_bytes, banks);
  }
}

// Of a part of a column to some columns; a row is whole bursts.
std::int64_t draw_burst(CaseMaker& make, const PimMemory& memory, std::int64_t element_bytes) {
  const std::int64_t column = memory.column_bytes;
  const std::int64_t columns = memory.row_bytes() / column;
  return make.pick<std::int64_t>({element_bytes, column, 2 * column, columns / 2 * column});
}

Attention draw_attention(CaseMaker& make, const PimMemory& memory, std::int64_t element_bytes) {
  Attention a;
  const std::int64_t column = memory.column_bytes / element_bytes;
  const std::int64_t columns = memory.row_bytes() / memory.column_bytes;
  a.head_size = column * make.integer(1, std::min<std::int64_t>(columns, 4));
  a.value_size = make.chance(25) ? make.integer(1, 11) : 0;
  a.kv_heads = make.integer(1, 5);
  a.heads = a.kv_heads * make.pick<std::int64_t>({1, 1, 2, 3});
  a.causal = make.chance(70);
  a.scale = 0.25;
  return a;
}

Graph draw_graph(CaseMaker& make, const PimMemory& memory, const ElementTypes& types,
                 std::int64_t block) {
  const std::int64_t element = numeric::bits(types.kv_cache) / 8;
  GraphBuilder builder("attention", types);
  Attention a = draw_attention(make, memory, element);
  const std::int64_t batch = make.integer(1, 7);
  const std::int64_t row = memory.row_bytes() / element;
  std::vector<std::int64_t> lengths{
      0, 1, memory.banks() - 1, memory.banks(), row - 1, row, row + 1, 2 * row + 3, 13, 31};
  // One short of a block with the new token, a whole one, one more; likewise of the second one.
  for (const std::int64_t blocks : {1, 2}) {
    for (const std::int64_t length : {blocks * block - 2, blocks * block - 1, blocks * block}) {
      lengths.push_back(std::max<std::int64_t>(length, 0));
    }
  }
  a.past_length = make.pick(lengths);
  if (make.chance(80)) {
    std::vector<std::int64_t> pasts;
    for (std::int64_t i = 0; i < batch; ++i) {
      pasts.push_back(make.pick(lengths));
    }
    a.past_length = *std::max_element(pasts.begin(), pasts.end());
    a.past_lengths = std::make_shared<const std::vector<std::int64_t>>(std::move(pasts));
    if (make.chance(40)) {
      std::vector<std::int64_t> channels;
      for (std::int64_t i = 0; i < batch; ++i) {
        channels.push_back(make.integer(0, memory.channels() - 1));
      }
      a.channels = std::make_shared<const std::vector<std::int64_t>>(std::move(channels));
    }
  }
  const TensorId q = builder.input("q", {batch, 1, a.heads * a.head_size}, {});
  const TensorId k = builder.input("k", {batch, 1, a.kv_heads * a.head_size}, {});
  const TensorId v = builder.input("v", {batch, 1, a.kv_heads * a.value_head_size()}, {});
  TensorId y = builder.attention("y", q, k, v, a, {});
  if (make.chance(30)) {
    // Another layer that reads the result, in the other half of the scratchpad.
    y = builder.apply("z", Elementwise{ElementwiseKind::kAdd, 0.5}, {y}, {});
  }
  return builder.finish();
}

}  // namespace

PimMemory draw_pim_memory(CaseMaker& make, const std::string& family, std::int64_t element_bytes) {
  PimMemory memory;
  const auto channels = make.integer(1, 4);
  const auto banks = make.pick<std::int64_t>({4, 4, 6, 8});
  memory.column_bytes = make.pick<std::int64_t>({1, 2, 4}) * element_bytes;
  const auto row_bytes = make.pick<std::int64_t>({4, 6, 8, 12}) * memory.column_bytes;
  const std::int64_t run = make.pick<std::int64_t>({1, 2}) * memory.column_bytes;
  draw_address_map(make, memory, channels, banks, row_bytes, run);
  add_commands(make, memory, family, banks, element_bytes);
  return memory;
}

const std::vector<std::string>& pim_families() {
  static const std::vector<std::string> kNames{"composite", "short", "single", "host"};
  return kNames;
}

namespace {

// Whole bursts and whole columns.
std::int64_t block_of(const PimMemory& memory, std::int64_t access_bytes, ElementType type) {
  return std::max(access_bytes, memory.column_bytes) / (numeric::bits(type) / 8);
}

void draw_mapping(CaseMaker& make, RandomCase& result) {
  lowering::MappingConfig& mapping = result.mapping;
  mapping.double_buffering = make.chance(80);
  mapping.tile_budget_percent = make.pick<std::int64_t>({50, 25, 100});
  lowering::LayerRule& rule = mapping.layers.emplace_back();
  rule.match = "y";
  rule.attention = lowering::AttentionForm::kPim;
  const auto& attention = std::get<Attention>(result.graph.operators.front().attributes);
  if (make.chance(60)) {
    rule.append = {
        make.chance(50) ? lowering::PimAppend::kToken : lowering::PimAppend::kBlock, {}, ""};
  }
  if (make.chance(50) && !attention.channels) {
    rule.channels = {requests::ChannelRule::kMinLoad, {}, ""};
  }
}

}  // namespace

RandomCase pim_attention_case(std::uint64_t seed) {
  CaseMaker make(seed);
  RandomCase result;
  result.family = pim_families()[seed % pim_families().size()];
  ElementTypes types;
  types.activations = types.kv_cache = make.pick<ElementType>(
      {ElementType::kFp16, ElementType::kFp16, ElementType::kBf16, ElementType::kFp32});
  if (make.chance(30)) {
    types.kv_cache =
        make.pick<ElementType>({ElementType::kInt8, ElementType::kInt8, ElementType::kFp16});
    if (types.kv_cache == ElementType::kInt8 && make.chance(50)) {
      types.activations = ElementType::kInt8;
    }
  }
  const std::int64_t element = numeric::bits(types.kv_cache) / 8;
  PimMemory memory = draw_pim_memory(make, result.family, element);
  SmallMachine& machine = result.machine;
  machine.access_bytes = draw_burst(make, memory, element);
  result.graph =
      draw_graph(make, memory, types, block_of(memory, machine.access_bytes, types.kv_cache));
  machine.arrays = make.integer(0, 1) == 0 ? 0 : 1;
  machine.vector_units = make.pick<int>({1, 1, 2, 3});
  machine.loads = make.pick<int>({1, 1, 2});
  machine.stores = make.pick<int>({1, 1, 2});
  machine.shared_dma = make.chance(20);
  machine.scratchpad = make.pick<std::int64_t>({3000, 8192, 30000, 100000});
  machine.pim_engines = static_cast<int>(make.integer(1, memory.channels()));
  memory.row.front().extent = make.chance(5) ? 40 : kRows;
  const std::int64_t whole = memory.row.front().stride * memory.row.front().extent;
  if (make.chance(40)) {
    memory.tier = 1;
    machine.tiers = {1 << 20, whole};
  } else {
    machine.tiers = {whole};
  }
  machine.pim = memory;
  draw_mapping(make, result);
  return result;
}

RandomCase pim_attention_case_beside(const RandomCase& other, std::uint64_t seed) {
  CaseMaker make(seed);
  RandomCase result;
  result.family = other.family;
  result.machine = other.machine;
  const PimMemory& memory = *other.machine.pim;
  const ElementTypes types = types_of(other.graph);
  result.graph =
      draw_graph(make, memory, types, block_of(memory, other.machine.access_bytes, types.kv_cache));
  draw_mapping(make, result);
  return result;
}

ElementTypes types_of(const Graph& graph) {
  const auto& inputs = graph.operators.front().inputs;
  ElementTypes types;
  types.activations = graph.tensors[static_cast<std::size_t>(inputs[0])].type;
  types.kv_cache = graph.tensors[static_cast<std::size_t>(inputs[3])].type;
  return types;
}

Graph pim_attention_graph(const Attention& attributes, std::int64_t batch,
                          const ElementTypes& types) {
  GraphBuilder builder("attention", types);
  const Attention& a = attributes;
  const std::int64_t tokens = a.query_length;
  const TensorId q = builder.input("q", {batch, tokens, a.heads * a.head_size}, {});
  const TensorId k = builder.input("k", {batch, tokens, a.kv_heads * a.head_size}, {});
  const TensorId v = builder.input("v", {batch, tokens, a.kv_heads * a.value_head_size()}, {});
  builder.attention("y", q, k, v, a, {});
  return builder.finish();
}

RandomCase pim_prefill_case(std::uint64_t seed) {
  RandomCase result = pim_attention_case(seed);
  CaseMaker make(seed + 1'000'000);
  const PimMemory& memory = *result.machine.pim;
  const ElementTypes types = types_of(result.graph);
  const std::int64_t element = numeric::bits(types.kv_cache) / 8;
  const std::int64_t block = block_of(memory, result.machine.access_bytes, types.kv_cache);
  const std::int64_t row = memory.row_bytes() / element;
  Attention a = draw_attention(make, memory, element);
  a.query_length = make.pick<std::int64_t>({1, 2, memory.banks() - 1, memory.banks() + 1,
                                            std::max<std::int64_t>(block - 1, 1), block, block + 1,
                                            2 * block + 1, row - 1, row, row + 3, 13, 29});
  const std::int64_t batch = make.integer(1, 5);
  if (make.chance(30)) {
    std::vector<std::int64_t> channels;
    for (std::int64_t i = 0; i < batch; ++i) {
      channels.push_back(make.integer(0, memory.channels() - 1));
    }
    a.channels = std::make_shared<const std::vector<std::int64_t>>(std::move(channels));
    a.past_lengths = std::make_shared<const std::vector<std::int64_t>>(batch, 0);
  }
  result.graph = pim_attention_graph(a, batch, types);
  result.machine.arrays = static_cast<int>(make.integer(1, 2));
  result.machine.scratchpad = make.pick<std::int64_t>({8192, 30000, 100000});
  lowering::LayerRule& rule = result.mapping.layers.front();
  using lowering::AttentionForm;
  rule.attention = make.pick<std::optional<AttentionForm>>(
      {std::nullopt, AttentionForm::kUnfused, AttentionForm::kRowTiled, AttentionForm::kOnePass});
  rule.cache = {lowering::CacheLayout::kBanks, {}, ""};
  if (a.channels) {
    rule.channels.reset();
  }
  return result;
}

}  // namespace orrery::testing
