// SPDX-License-Identifier: Apache-2.0
#include "analytical/graph_products.h"

#include <gtest/gtest.h>

#include <numeric>

#include "workload/workload.h"

namespace orrery::analytical {
namespace {

using workload::Product;

std::vector<Product> products(const std::string& file,
                              const std::vector<std::string>& overrides = {}) {
  std::vector<config::Override> changes;
  for (const std::string& text : overrides) {
    changes.push_back(config::parse_override(text));
  }
  return products_of(
      workload::load_workload(ORRERY_SOURCE_DIR "/workloads/" + file, changes).graph);
}

const Product& find(const std::vector<Product>& list, const std::string& name) {
  for (const Product& product : list) {
    if (product.name == name) {
      return product;
    }
  }
  throw std::runtime_error(name);
}

TEST(GraphProducts, HaveAllMultiplyAccumulatesOfTheirOperators) {
  for (const std::string file :
       {"models/llama2_7b_decode.yaml", "models/gpt2_prefill.yaml", "models/resnet18.yaml",
        "models/mobilenet_v1.yaml", "models/bert_base.yaml", "models/gemma_2b_decode.yaml"}) {
    const workload::Workload workload =
        workload::load_workload(ORRERY_SOURCE_DIR "/workloads/" + file);
    std::int64_t needed = 0;
    for (const workload::Operator& op : workload.graph.operators) {
      needed += workload::useful_macs(workload.graph, op);
    }
    std::int64_t useful = 0;
    for (const Product& product : products_of(workload.graph)) {
      useful += product.macs_useful;
      EXPECT_LE(product.macs_useful, product.count * product.m * product.n * product.k)
          << product.name;
    }
    EXPECT_EQ(useful, needed) << file;
  }
}

TEST(GraphProducts, OfAGroupedQueryAttentionHaveAGroupOfQueriesForEachHeadOfKeys) {
  // Llama-3-8B: 32 heads of 128, 8 of keys and values; one token sees 512 + 1.
  const auto list = products(
      "models/llama3_8b_decode.yaml",
      {"workload.layers=1", "workload.types.kv_cache=int8", "workload.types.activations=int8"});
  const Product& scores = find(list, "layer0.attention.core.scores");
  const Product& values = find(list, "layer0.attention.core.values");
  EXPECT_EQ(scores.count, 8);
  EXPECT_EQ(std::tuple(scores.m, scores.n, scores.k), std::tuple(4, 513, 128));
  EXPECT_EQ(std::tuple(values.m, values.n, values.k), std::tuple(4, 128, 513));
  EXPECT_EQ(scores.weights.bytes(), 513 * 128);
  EXPECT_EQ(values.weights.bytes(), 513 * 128);
  // Queries of 4096 and keys and values of 1024 each; the logits stay on chip.
  EXPECT_EQ(scores.inputs.bytes() * scores.count, 4096 + 2 * 1024);
  EXPECT_EQ(scores.outputs.bytes() + values.inputs.bytes(), 0);
  EXPECT_EQ(values.outputs.bytes() * values.count, 4096);
}

TEST(GraphProducts, OfAConvolutionReadEachElementOfTheInputOnce) {
  const auto list = products("models/resnet18.yaml");
  const Product& first = list.front();
  // 224 x 224 x 3, 64 filters of 7 x 7, stride 2.
  EXPECT_EQ(std::tuple(first.m, first.n, first.k), std::tuple(112 * 112, 64, 147));
  EXPECT_EQ(first.inputs.bytes() % (224 * 224 * 3), 0);
}

TEST(GraphProducts, OfADepthwiseConvolutionAreOneForEachGroup) {
  std::int64_t grouped = 0;
  for (const Product& product : products("models/mobilenet_v1.yaml")) {
    grouped += product.count > 1 ? 1 : 0;
    if (product.count > 1) {
      EXPECT_EQ(product.n, 1) << product.name;
      EXPECT_EQ(product.k, 9) << product.name;
    }
  }
  EXPECT_EQ(grouped, 13);
}

}  // namespace
}  // namespace orrery::analytical
