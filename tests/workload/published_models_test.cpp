// SPDX-License-Identifier: Apache-2.0
// The shipped language models against published parameter counts, and against formulas for their
// multiply-accumulates that know nothing of our operators.
#include <gtest/gtest.h>

#include "tests/workload/shipped_model.h"

namespace orrery::workload {
namespace {

// Products of one decoded token: the four projections and the MLP of each block, two for each of
// the 513 visible tokens and each element of the query heads, the head.
struct Decoder {
  std::string file;
  std::int64_t parameters;
  std::int64_t layers, hidden, query_width, key_width, mlp_matrices, mlp_size, vocabulary;

  [[nodiscard]] std::int64_t macs() const {
    const std::int64_t block = 2 * hidden * query_width + 2 * hidden * key_width +
                               mlp_matrices * hidden * mlp_size + 2 * query_width * 513;
    return layers * block + hidden * vocabulary;
  }
};

class PublishedDecoder : public testing::TestWithParam<Decoder> {};

TEST_P(PublishedDecoder, HasItsParameters) {
  EXPECT_EQ(describe_model(GetParam().file).total.parameters, GetParam().parameters);
}

TEST_P(PublishedDecoder, NeedsTheProductsOfItsMatrices) {
  EXPECT_EQ(describe_model(GetParam().file).total.macs, GetParam().macs());
}

// Sources: the parameter counts that the publishers' model cards and frameworks give. OPT with
// biases, 2,050 rows of positions and a tied head; Qwen2 with biases of query, key and value.
INSTANTIATE_TEST_SUITE_P(
    ModelCards, PublishedDecoder,
    testing::Values(
        Decoder{"opt_125m_decode", 125'239'296, 12, 768, 768, 768, 2, 3072, 50272},
        Decoder{"opt_1_3b_decode", 1'315'758'080, 24, 2048, 2048, 2048, 2, 8192, 50272},
        Decoder{"opt_6_7b_decode", 6'658'473'984, 32, 4096, 4096, 4096, 2, 16384, 50272},
        Decoder{"opt_13b_decode", 12'853'473'280, 40, 5120, 5120, 5120, 2, 20480, 50272},
        Decoder{"llama_65b_decode", 65'285'660'672, 80, 8192, 8192, 8192, 3, 22016, 32000},
        Decoder{"llama2_13b_decode", 13'015'864'320, 40, 5120, 5120, 5120, 3, 13824, 32000},
        Decoder{"llama3_70b_decode", 70'553'706'496, 80, 8192, 8192, 1024, 3, 28672, 128256},
        Decoder{"open_llama_3b_decode", 3'426'473'600, 26, 3200, 3200, 3200, 3, 8640, 32000},
        Decoder{"mistral_7b_decode", 7'241'732'096, 32, 4096, 4096, 1024, 3, 14336, 32000},
        Decoder{"qwen2_0_5b_decode", 494'032'768, 24, 896, 896, 128, 3, 4864, 151936},
        Decoder{"qwen2_7b_decode", 7'615'616'512, 28, 3584, 3584, 512, 3, 18944, 152064}),
    [](const auto& suite) { return suite.param.file; });

// Parameters of a GPT: token and position embeddings; blocks of 12 h^2 weights, 9 h biases and two
// norms of 2 h; a final norm. The head is tied.
std::int64_t gpt_parameters(std::int64_t layers, std::int64_t hidden, std::int64_t vocabulary,
                            std::int64_t positions) {
  return (vocabulary + positions) * hidden + layers * (12 * hidden * hidden + 13 * hidden) +
         2 * hidden;
}

// Dimensions of 6.7 B, 13 B, 30 B, 175 B and 530 B parameters from studies of processing in memory
// (NeuPIMs, AttAcc), with the padded vocabulary of 50,304 and 2,048 positions.
INSTANTIATE_TEST_SUITE_P(
    Dimensions, PublishedDecoder,
    testing::Values(Decoder{"gpt3_7b_decode", gpt_parameters(32, 4096, 50304, 2048), 32, 4096, 4096,
                            4096, 2, 16384, 50304},
                    Decoder{"gpt3_13b_decode", gpt_parameters(40, 5120, 50304, 2048), 40, 5120,
                            5120, 5120, 2, 20480, 50304},
                    Decoder{"gpt3_30b_decode", gpt_parameters(48, 7168, 50304, 2048), 48, 7168,
                            7168, 7168, 2, 28672, 50304},
                    Decoder{"gpt3_175b_decode", gpt_parameters(96, 12288, 50304, 2048), 96, 12288,
                            12288, 12288, 2, 49152, 50304},
                    Decoder{"mtnlg_530b_decode", gpt_parameters(105, 20480, 50304, 2048), 105,
                            20480, 20480, 20480, 2, 81920, 50304},
                    // As a GPT, but with two more rows of positions.
                    Decoder{"opt_66b_decode", gpt_parameters(64, 9216, 50272, 2050), 64, 9216, 9216,
                            9216, 2, 36864, 50272}),
    [](const auto& suite) { return suite.param.file; });

// A model with experts: its matrices once, of the experts only those that a token goes to.
struct ExpertDecoder {
  std::string file;
  std::int64_t parameters;
  std::int64_t block_macs;  // projections, router, chosen experts, mean of all blocks
  std::int64_t layers, query_width, head;
};

class PublishedExperts : public testing::TestWithParam<ExpertDecoder> {};

TEST_P(PublishedExperts, HasItsParameters) {
  EXPECT_EQ(describe_model(GetParam().file).total.parameters, GetParam().parameters);
}

TEST_P(PublishedExperts, NeedsTheProductsOfTheChosenExperts) {
  const ExpertDecoder& model = GetParam();
  EXPECT_EQ(describe_model(model.file).total.macs,
            model.layers * (model.block_macs + 2 * model.query_width * 513) + model.head);
}

// Mixtral, Qwen1.5-MoE: model cards. GLaM (143 B) and Grok-1 (314 B) are published rounded; ours
// are the sums of their matrices and of two norms a block and a final one.
INSTANTIATE_TEST_SUITE_P(
    ModelCards, PublishedExperts,
    testing::Values(
        // Query and output 2 * 4096^2, key and value 2 * 4096 * 1024, router 4096 * 8, two experts.
        ExpertDecoder{"mixtral_8x7b_decode", 46'702'792'704,
                      2LL * 4096 * 4096 + 2 * 4096 * 1024 + 4096 * 8 + 2LL * 3 * 4096 * 14336, 32,
                      4096, 4096LL * 32000},
        // 4 * 2048^2, router 2048 * 60, four experts, the shared one and its gate of 2048.
        ExpertDecoder{
            "qwen1_5_moe_a2_7b_decode", 14'315'784'192,
            4LL * 2048 * 2048 + 2048 * 60 + 4LL * 3 * 2048 * 1408 + 3LL * 2048 * 5632 + 2048, 24,
            2048, 2048LL * 151936},
        // 32 blocks of 4 * 4096^2 and 2 * 4096; 16 of 64 experts of 2 * 4096 * 16384 and a router,
        // 16 of an MLP of 3 * 4096 * 16384. Products: half of the blocks has two experts.
        ExpertDecoder{
            "glam_143b_decode",
            32LL * (4LL * 4096 * 4096 + 2 * 4096) +
                16 * (64 * 2LL * 4096 * 16384 + 4096 * 64 + 3LL * 4096 * 16384) + 256000LL * 4096 +
                4096,
            4LL * 4096 * 4096 + (2 * 2LL * 4096 * 16384 + 4096 * 64 + 3LL * 4096 * 16384) / 2, 32,
            4096, 4096LL * 256000},
        // 64 blocks of 2 * 6144^2 + 2 * 6144 * 1024, 2 * 6144, a router and 8 experts of 3 * 6144 *
        // 32768; a tied table of 131072 words.
        ExpertDecoder{"grok1_decode",
                      64LL * (2LL * 6144 * 6144 + 2 * 6144 * 1024 + 2 * 6144 + 6144 * 8 +
                              8 * 3LL * 6144 * 32768) +
                          131072LL * 6144 + 6144,
                      2LL * 6144 * 6144 + 2 * 6144 * 1024 + 6144 * 8 + 2 * 3LL * 6144 * 32768, 64,
                      6144, 6144LL * 131072}),
    [](const auto& suite) { return suite.param.file; });

TEST(Mistral7b, SeesItsWindowOnly) {
  // A window of 4,096: with 8,191 tokens cached, a token sees as many as with 4,095.
  const auto macs = [](const std::string& context) {
    return describe_model("mistral_7b_decode", {"workload.context=" + context}).total.macs;
  };
  EXPECT_EQ(macs("8191"), macs("4095"));
  // One token less cached is 2 * 4096 products less in each of 32 blocks.
  EXPECT_EQ(macs("4095") - macs("4094"), 32LL * 2 * 4096);
}

TEST(Opt350m, HasItsPublishedParametersWithTheProjectedEmbeddingAndNoFinalNorm) {
  // 50272 * 512 tokens, 2 * 512 * 1024 to and fro, 2050 * 1024 positions, 24 blocks of 12 * 1024^2
  // + 13 * 1024.
  EXPECT_EQ(describe_model("opt_350m_decode").total.parameters, 331'196'416);
  // The projections take part; the norms stand behind the sums and multiply nothing.
  EXPECT_EQ(describe_model("opt_350m_decode").total.macs,
            24LL * (12 * 1024 * 1024 + 2 * 1024 * 513) + 2 * 512 * 1024 + 50272LL * 512);
}

TEST(Prefill, OfAPromptMultipliesEachBlockByItsTokensAndTheHeadOnce) {
  // Llama-3-8B: 32 blocks of 2 * 4096^2 + 2 * 4096 * 1024 + 3 * 4096 * 14336 for 512 tokens, 512 *
  // 513 / 2 pairs of attention, 128256 * 4096 for the last token.
  EXPECT_EQ(describe_model("llama3_8b_prefill").total.macs,
            32LL * (512LL * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336) +
                    2LL * 4096 * (512 * 513 / 2)) +
                128256LL * 4096);
}

TEST(Prefill, BehindACacheSeesWhatIsInIt) {
  // 256 tokens behind 256 others: the pairs of 512 tokens less those of the first 256, 2 * 4096
  // products each in each of the 32 blocks.
  const auto macs = [](const std::vector<std::string>& overrides) {
    return describe_model("llama3_8b_prefill", overrides).total.macs;
  };
  const std::int64_t alone = macs({"workload.prompt=256"});
  const std::int64_t behind = macs({"workload.prompt=256", "workload.context=256"});
  EXPECT_EQ(behind - alone, 32LL * 2 * 4096 * 256 * 256);
}

}  // namespace
}  // namespace orrery::workload
