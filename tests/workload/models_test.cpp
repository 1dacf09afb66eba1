// SPDX-License-Identifier: Apache-2.0
// The shipped models against published counts: model cards and framework documentation.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "tests/workload/shipped_model.h"

namespace orrery::workload {
namespace {

const std::vector<std::string> kFp16{"workload.types={}"};

TEST(Gpt2, HasItsPublishedParametersWithTheTiedHeadCountedOnce) {
  // 50257 * 768 token and 1024 * 768 position embeddings; 12 blocks of two norms (4 * 768),
  // attention (4 * 768 * 768 + 4 * 768) and MLP (8 * 768 * 768 + 5 * 768); final norm 2 * 768.
  EXPECT_EQ(describe_model("gpt2_prefill").total.parameters, 124'439'808);
  EXPECT_EQ(describe_model("gpt2_decode").total.parameters, 124'439'808);
}

TEST(Gpt2, AttendsToEveryCachedTokenAndTheNewOne) {
  // Weights used in products: 12 blocks of 12 * 768^2 and the head of 50257 * 768; attention
  // 2 * 768 for each of the 513 tokens in each of 12 blocks.
  EXPECT_EQ(describe_model("gpt2_decode").total.macs,
            12LL * 12 * 768 * 768 + 50257LL * 768 + 12LL * 2 * 768 * 513);
}

TEST(Gpt2, ComputesTheHeadForTheLastTokenOnlyInPrefill) {
  // 512 tokens through the blocks, 512 * 513 / 2 pairs of attention, one token through the head.
  EXPECT_EQ(describe_model("gpt2_prefill").total.macs,
            512LL * 12 * 12 * 768 * 768 + 12LL * 2 * 768 * (512LL * 513 / 2) + 50257LL * 768);
}

struct LlamaCount {
  std::string file;
  std::int64_t parameters;
  std::int64_t embedding;              // vocabulary * hidden
  std::int64_t norms;                  // (2 * layers + 1) * hidden
  std::int64_t attention_width;        // layers * hidden
  std::int64_t cache_bytes_per_token;  // in FP16
};

class Llama : public testing::TestWithParam<LlamaCount> {};

TEST_P(Llama, HasItsPublishedParameters) {
  EXPECT_EQ(describe_model(GetParam().file).total.parameters, GetParam().parameters);
}

TEST_P(Llama, KeepsItsPublishedBytesPerTokenInTheCache) {
  const GraphDescription description = describe_model(GetParam().file, kFp16);
  EXPECT_EQ(description.cache_bytes_per_token, GetParam().cache_bytes_per_token);
  // 512 tokens and the new one.
  EXPECT_EQ(description.resident_cache_bytes, 513 * GetParam().cache_bytes_per_token);
}

TEST_P(Llama, NeedsOneMacForEachParameterButEmbeddingAndNormsAndTwoForEachPairOfAttention) {
  const LlamaCount& count = GetParam();
  EXPECT_EQ(describe_model(count.file).total.macs,
            count.parameters - count.embedding - count.norms + 2 * count.attention_width * 513);
}

INSTANTIATE_TEST_SUITE_P(Published, Llama,
                         testing::Values(LlamaCount{"llama2_7b_decode", 6'738'415'616,
                                                    32000LL * 4096, 65 * 4096, 32 * 4096, 524'288},
                                         LlamaCount{"llama2_70b_decode", 68'976'648'192,
                                                    32000LL * 8192, 161 * 8192, 80 * 8192, 327'680},
                                         LlamaCount{"llama3_8b_decode", 8'030'261'248,
                                                    128256LL * 4096, 65 * 4096, 32 * 4096,
                                                    131'072}),
                         [](const auto& suite) { return suite.param.file; });

TEST(Llama7b, InInt8KeepsHalfTheBytesPerToken) {
  // 2 * 32 layers * 32 heads * 128 elements of one byte.
  EXPECT_EQ(describe_model("llama2_7b_decode").cache_bytes_per_token, 262'144);
}

TEST(Llama7b, OfOneBlockHasItsShareOfTheParameters) {
  // Two embeddings 2 * 32000 * 4096, the final norm, and a block of 4 * 4096^2 + 3 * 4096 * 11008
  // + 2 * 4096.
  EXPECT_EQ(describe_model("llama2_7b_decode", {"workload.layers=1"}).total.parameters,
            262'144'000 + 4096 + 67'108'864 + 135'266'304 + 8192);
}

TEST(ShippedModels, GroupsInMobileNetMultiplyItsDepthwiseWork) {
  // Depthwise: 9 products for each output: 32 x 112^2 + (64 + 128) x 56^2 + (128 + 256) x 28^2 +
  // (256 + 5 x 512) x 14^2 + (512 + 1024) x 7^2 = 1,931,776 outputs, 17,385,984 products.
  EXPECT_EQ(describe_model("mobilenet_v1").total.macs, 568'740'352);
  EXPECT_EQ(describe_model("mobilenet_v1_group4").total.macs, 568'740'352 + 3 * 17'385'984);
  EXPECT_EQ(describe_model("mobilenet_v1_group16").total.macs, 568'740'352 + 15 * 17'385'984);
}

TEST(ShippedWorkloads, AllLoad) {
  std::set<std::filesystem::path> files;
  for (const std::string folder :
       {"workloads/models", "workloads/layers", "workloads/requests", "tests/data/scalesim"}) {
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(ORRERY_SOURCE_DIR) / folder)) {
      if (entry.path().extension() == ".yaml") {
        files.insert(entry.path());
      }
    }
  }
  ASSERT_GE(files.size(), 15U);
  for (const std::filesystem::path& file : files) {
    const bool multiplies = file.stem() != "pointer_chase" && file.stem() != "stream_copy";
    EXPECT_EQ(describe(load_workload(file).graph).total.macs > 0, multiplies) << file;
  }
}

}  // namespace
}  // namespace orrery::workload
