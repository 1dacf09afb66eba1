// SPDX-License-Identifier: Apache-2.0
// The workloads of workloads/bitmod against the sizes of their models, and the cycles and energies
// that BitMoD's simulator prints (repository yc2367/BitMoD-HPCA-25) against ours.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "analytical/run.h"

namespace orrery::analytical {
namespace {

using workload::Product;

struct Model {
  std::string file;
  std::int64_t hidden, layers, feed_forward, heads, kv_heads, vocabulary;
  std::vector<std::string> feed_forward_inputs;  // matrices before the activation
};

const std::vector<Model>& models() {
  static const std::vector<Model> kModels{
      {"opt_1_3b", 2048, 24, 8192, 32, 32, 50272, {"feed_forward_in"}},
      {"phi_2", 2560, 32, 10240, 32, 32, 51200, {"feed_forward_in"}},
      {"yi_6b", 4096, 32, 11008, 32, 4, 64000, {"gate", "up"}},
      {"llama2_7b", 4096, 32, 11008, 32, 32, 32000, {"gate", "up"}},
      {"llama2_13b", 5120, 40, 13824, 40, 40, 32000, {"gate", "up"}},
      {"llama3_8b", 4096, 32, 14336, 32, 8, 128256, {"gate", "up"}}};
  return kModels;
}

// A configuration of a platform, by design and phase: channels x tokens of the array.
struct Configuration {
  std::string platform;
  std::string phase;
  std::int64_t tokens, channels;
  std::string weights;
  int lines = 1;  // of an operand of a step
};

const std::vector<Configuration>& configurations() {
  static const std::vector<Configuration> kConfigurations{
      {"bitmod_fp16", "prefill", 24, 32, "fp16"},
      {"bitmod_ant", "prefill", 32, 32, "int6"},
      {"bitmod_olive", "prefill", 32, 36, "int5"},
      {"bitmod", "prefill", 32, 32, "int6_g128_int8", 2},
      {"bitmod", "prefill", 32, 32, "bitmod_fp4", 2},
      {"bitmod_fp16", "decode", 12, 64, "fp16"},
      {"bitmod_ant", "decode", 16, 64, "int5"},
      {"bitmod_olive", "decode", 16, 72, "int4"},
      {"bitmod", "decode", 16, 64, "int6_g128_int8", 2},
      {"bitmod", "decode", 16, 64, "bitmod_fp3", 2}};
  return kConfigurations;
}

std::vector<config::Override> overrides(const std::vector<std::string>& texts) {
  std::vector<config::Override> changes;
  for (const std::string& text : texts) {
    changes.push_back(config::parse_override(text));
  }
  return changes;
}

workload::Workload load(const std::string& model, const std::string& phase,
                        const std::string& weights = "fp16") {
  return workload::load_workload(
      ORRERY_SOURCE_DIR "/workloads/bitmod/" + model + ".yaml",
      overrides({"workload.phase=" + phase, "workload.types.weights=" + weights}));
}

metrics::RunResult run(const Configuration& configuration, const std::string& model) {
  const std::string root = ORRERY_SOURCE_DIR "/configs/";
  const auto platform = hardware::load_platform(
      root + "platforms/" + configuration.platform + ".yaml",
      overrides({"platform.engines.array.m=" + std::to_string(configuration.tokens),
                 "platform.engines.array.n=" + std::to_string(configuration.channels)}));
  const auto mapping =
      lowering::load_mapping(root + "mappings/bitmod.yaml",
                             overrides({"mapping.execution.line_buffers.lines_per_operand=" +
                                        std::to_string(configuration.lines)}));
  return analytical::run(platform, load(model, configuration.phase, configuration.weights),
                         mapping);
}

// The rows that BitMoD's simulator makes of a model: all linear layers, and for each layer two
// products of attention whose rows are those of the output.
std::map<std::string, Product> derived(const Model& model, std::int64_t tokens) {
  constexpr std::int64_t kContext = 256;
  std::map<std::string, Product> rows;
  const auto add = [&](const std::string& name, std::int64_t count, std::int64_t m, std::int64_t n,
                       std::int64_t k, std::int64_t input_elements) {
    Product& row = rows[name];
    row.count = count;
    row.m = m;
    row.n = n;
    row.k = k;
    row.inputs = {m, input_elements, 16, 16};
    row.outputs = {m, n, 16, 16};
  };
  const auto linear = [&](const std::string& name, std::int64_t n, std::int64_t k) {
    add(name, model.layers, tokens, n, k, k);
  };
  const std::int64_t narrow = model.hidden / model.heads * model.kv_heads;
  linear("query", model.hidden, model.hidden);
  linear("key", narrow, model.hidden);
  linear("value", narrow, model.hidden);
  linear("attention_output", model.hidden, model.hidden);
  for (const std::string& name : model.feed_forward_inputs) {
    linear(name, model.feed_forward, model.hidden);
  }
  linear(model.feed_forward_inputs.size() == 2 ? "down" : "feed_forward_out", model.hidden,
         model.feed_forward);
  add("scores", model.layers, model.heads * tokens, tokens, model.hidden, narrow);
  add("values", model.layers, tokens, model.heads * tokens, kContext, narrow);
  add("head", 1, tokens, model.vocabulary, model.hidden, model.hidden);
  return rows;
}

TEST(BitmodWorkloads, HaveTheRowsThatFollowFromTheSizesOfTheirModels) {
  for (const Model& model : models()) {
    for (const auto& [phase, tokens] :
         {std::pair<std::string, std::int64_t>{"prefill", 256}, {"decode", 1}}) {
      const workload::Workload workload = load(model.file, phase);
      const auto expected = derived(model, tokens);
      EXPECT_EQ(workload.products.size(), expected.size()) << model.file;
      for (const Product& product : workload.products) {
        ASSERT_TRUE(expected.contains(product.name)) << model.file << ' ' << product.name;
        const Product& row = expected.at(product.name);
        EXPECT_EQ(std::tuple(product.count, product.m, product.n, product.k),
                  std::tuple(row.count, row.m, row.n, row.k))
            << model.file << ' ' << phase << ' ' << product.name;
        EXPECT_EQ(product.inputs.bytes(), row.inputs.bytes()) << product.name;
        EXPECT_EQ(product.outputs.bytes(), row.outputs.bytes()) << product.name;
        EXPECT_EQ(product.weights.bytes(), 2 * row.n * row.k) << product.name;
      }
    }
  }
}

TEST(BitmodWorkloads, KeepSixteenBitsForAttentionWhateverTheWeights) {
  for (const Product& product : load("yi_6b", "decode", "bitmod_fp3").products) {
    const bool attention = product.name == "scores" || product.name == "values";
    EXPECT_EQ(product.weights.bits, attention ? base::Rational(16) : base::Rational(49, 16));
    EXPECT_EQ(product.weights.buffer_bits, base::Rational(49, 16));
  }
}

// What the repository's notebook prints: cycles, and on-chip and total energy in microjoules.
struct Golden {
  std::int64_t cycles;
  double on_chip, total;
};
using Line = std::map<std::string, Golden>;

// In the order of configurations().
const std::vector<Line>& golden() {
  static const std::vector<Line> kLines{
      {{"opt_1_3b", {669255680, 656667, 2549498}},
       {"yi_6b", {2878668800, 2614171, 13014774}},
       {"llama2_7b", {3156574208, 2928682, 15511220}},
       {"llama2_13b", {6676111360, 5742951, 36365138}}},
      {{"opt_1_3b", {440975360, 459880, 1360903}},
       {"yi_6b", {1734868992, 1815179, 5659691}},
       {"llama2_7b", {1949564928, 2035862, 7426912}},
       {"llama2_13b", {4076584960, 3981122, 16936053}}},
      {{"opt_1_3b", {403718144, 501789, 1308354}},
       {"yi_6b", {1575157760, 1960581, 5182082}},
       {"llama2_7b", {1768062976, 2192068, 6898215}},
       {"llama2_13b", {3648512000, 4285634, 15557969}}},
      {{"opt_1_3b", {336236544, 317887, 1272043}},
       {"yi_6b", {1414209536, 1255562, 5452484}},
       {"llama2_7b", {1649680384, 1410390, 7186699}},
       {"llama2_13b", {3537397760, 2763255, 16664646}}},
      {{"opt_1_3b", {233070592, 221382, 986623}},
       {"yi_6b", {946937856, 871622, 3820005}},
       {"llama2_7b", {1202921472, 981870, 5388371}},
       {"llama2_13b", {2601461760, 1924566, 12460765}}},
      {{"opt_1_3b", {82153718, 25745, 419862}},
       {"yi_6b", {362970848, 113537, 1854106}},
       {"llama2_7b", {413518608, 129318, 2113617}},
       {"llama2_13b", {804330080, 251588, 4110960}}},
      {{"opt_1_3b", {25779238, 22139, 145879}},
       {"yi_6b", {119342816, 97934, 669718}},
       {"llama2_7b", {129497936, 111292, 732882}},
       {"llama2_13b", {251907680, 216575, 1425302}}},
      {{"opt_1_3b", {20018374, 23250, 119339}},
       {"yi_6b", {96691936, 104204, 567264}},
       {"llama2_7b", {97236816, 115455, 582192}},
       {"llama2_13b", {189155680, 225859, 1133377}}},
      {{"opt_1_3b", {31220054, 15691, 165547}},
       {"yi_6b", {137681120, 69245, 729367}},
       {"llama2_7b", {156919888, 78882, 832097}},
       {"llama2_13b", {305157360, 153502, 1618257}}},
      {{"opt_1_3b", {15857750, 10470, 86588}},
       {"yi_6b", {69662944, 46198, 380148}},
       {"llama2_7b", {79493200, 52631, 434198}},
       {"llama2_13b", {154552560, 102418, 844271}}},
  };
  return kLines;
}

double memory_microjoules(const metrics::RunResult& result) {
  double picojoules = 0.0;
  for (const auto& [component, value] : result.energy_pj) {
    picojoules += component.starts_with("memory.") ? value : 0.0;
  }
  return picojoules / 1e6;
}

TEST(Bitmod, EveryCycleCountIsPublishedAndEveryEnergyWithinATenthOfAPercent) {
  for (std::size_t i = 0; i < configurations().size(); ++i) {
    for (const auto& [model, published] : golden().at(i)) {
      const metrics::RunResult result = run(configurations()[i], model);
      const std::string what = configurations()[i].platform + ' ' + configurations()[i].phase +
                               ' ' + configurations()[i].weights + ' ' + model;
      EXPECT_EQ(result.cycles, published.cycles) << what;
      EXPECT_TRUE(result.invariants_hold()) << what;
      const double total = result.total_energy_pj() / 1e6;
      const double on_chip = total - memory_microjoules(result);
      EXPECT_NEAR(total, published.total, 1e-3 * published.total) << what;
      EXPECT_NEAR(on_chip, published.on_chip, 1e-3 * published.on_chip) << what;
    }
  }
}

}  // namespace
}  // namespace orrery::analytical
