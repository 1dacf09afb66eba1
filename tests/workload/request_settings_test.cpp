// SPDX-License-Identifier: Apache-2.0
// Requests as the source of a decode step's contexts, and the shipped distributions.
#include "workload/request_settings.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "config/yaml.h"
#include "requests/attention_estimate.h"
#include "requests/batch_snapshot.h"
#include "requests/channel_assignment.h"
#include "tests/workload/workload_files.h"

namespace orrery::workload {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

RequestSettings settings_of(const std::string& text) {
  config::Reader reader("requests");
  auto settings = RequestSettings::schema().read(config::parse_yaml(text, "requests.yaml"), reader);
  reader.diagnostics().throw_if_any();
  return std::move(*settings);
}

std::string shipped(const std::string& name) {
  return std::string(ORRERY_SOURCE_DIR) + "/workloads/lengths/" + name + ".yaml";
}

// Of 200,000 draws, sorted.
struct Sample {
  std::vector<std::int64_t> values;

  [[nodiscard]] double mean() const {
    return static_cast<double>(std::accumulate(values.begin(), values.end(), std::int64_t{0})) /
           static_cast<double>(values.size());
  }
  [[nodiscard]] double quantile(double share) const {
    return static_cast<double>(
        values[static_cast<std::size_t>(share * static_cast<double>(values.size()))]);
  }
};

// The row of docs/batched_decode.md.
std::string figures(const Sample& sample) {
  std::string text = fmt::format("{:.2f}", sample.mean());
  for (const double share : {0.5, 0.9, 0.95, 0.99}) {
    text += fmt::format(" | {}", sample.quantile(share));
  }
  return text;
}

struct Samples {
  Sample prompt, output;

  explicit Samples(const std::string& name) {
    const auto lengths =
        settings_of("{distribution: " + shipped(name) + ", batch: 1}").distribution->compiled();
    base::Random random(1);
    for (int i = 0; i < 200'000; ++i) {
      const requests::RequestLengths drawn = lengths.draw(random);
      prompt.values.push_back(drawn.prompt);
      output.values.push_back(drawn.output);
    }
    std::sort(prompt.values.begin(), prompt.values.end());
    std::sort(output.values.begin(), output.values.end());
    testing::Test::RecordProperty(name, figures(prompt) + " | " + figures(output));
  }
};

void expect_within(double found, double published, double percent) {
  EXPECT_NEAR(found, published, published * percent / 100.0);
}

// The published figures: mean, median, 90th and 99th percentile of the rows.
TEST(ShippedLengths, ShareGptHasThePublishedFigures) {
  const Samples samples("sharegpt");
  expect_within(samples.prompt.mean(), 80.04, 3);
  expect_within(samples.prompt.quantile(0.5), 17, 3);
  expect_within(samples.prompt.quantile(0.9), 118, 3);
  expect_within(samples.prompt.quantile(0.95), 302, 3);
  expect_within(samples.prompt.quantile(0.99), 1262, 3);
  expect_within(samples.output.mean(), 295.67, 3);
  expect_within(samples.output.quantile(0.5), 261, 3);
  expect_within(samples.output.quantile(0.9), 576, 3);
  expect_within(samples.output.quantile(0.95), 727, 3);
  expect_within(samples.output.quantile(0.99), 961, 3);
}

TEST(ShippedLengths, AlpacaHasThePublishedFigures) {
  const Samples samples("alpaca");
  expect_within(samples.prompt.mean(), 12.13, 3);
  expect_within(samples.prompt.quantile(0.5), 11, 3);
  expect_within(samples.prompt.quantile(0.9), 17, 3);
  expect_within(samples.prompt.quantile(0.99), 27, 3);
  expect_within(static_cast<double>(samples.prompt.values.back()), 99, 3);
  expect_within(samples.output.mean(), 55.79, 3);
  expect_within(samples.output.quantile(0.5), 41, 3);
  expect_within(samples.output.quantile(0.9), 122, 3);
  expect_within(samples.output.quantile(0.99), 249, 3);
  expect_within(static_cast<double>(samples.output.values.back()), 1005, 3);
}

// The published snapshots of 512 requests: mean 286 to 326, median about 200 to 235, 90th
// percentile 570 to 690, 3 to 10 requests at 2,048. Lengths there count the token that is being
// made, contexts do not. Prompt and output are drawn independently of each other, so fewer requests
// are long in both: 2 to 10 at the cap is asked for.
TEST(ShippedLengths, SnapshotsOfShareGptLieWhereThePublishedOnesDo) {
  std::int64_t sum = 0, median = 0, p90 = 0, capped = 0;
  constexpr std::int64_t kSnapshots = 10;
  for (std::int64_t i = 0; i < kSnapshots; ++i) {
    const auto settings =
        settings_of("{distribution: " + shipped("sharegpt") +
                    ", batch: 512, cap: 2047, snapshot: " + std::to_string(i) + "}");
    const auto summary = requests::summarize(settings.context_lengths(1));
    RecordProperty("snapshot" + std::to_string(i), requests::summary_text(summary));
    sum += summary.sum;
    median += summary.median;
    p90 += summary.p90;
    capped += summary.most == 2047 ? summary.at_most : 0;
  }
  EXPECT_GE(sum, 286 * 512 * kSnapshots);
  EXPECT_LE(sum, 326 * 512 * kSnapshots);
  EXPECT_GE(median, 200 * kSnapshots);
  EXPECT_LE(median, 235 * kSnapshots);
  EXPECT_GE(p90, 570 * kSnapshots);
  EXPECT_LE(p90, 690 * kSnapshots);
  EXPECT_GE(capped, 2 * kSnapshots);
  EXPECT_LE(capped, 10 * kSnapshots);
}

// Of 512 requests on 32 channels the fullest channel holds so many times the mean number of tokens.
// Published: 1.29 to 1.60 packed, 1.60 to 2.54 in turn. Ours are packed all at once and not as they
// come, and lie below in both.
TEST(ShippedLengths, PackingEvensOutTheChannels) {
  const requests::PimAttentionShape shape{.heads = 8, .head_size = 128, .layers = 1};
  const requests::Channels channels{32, 32'768};
  for (std::int64_t i = 0; i < 10; ++i) {
    const auto settings =
        settings_of("{distribution: " + shipped("sharegpt") +
                    ", batch: 512, cap: 2047, snapshot: " + std::to_string(i) + "}");
    const auto all = requests::channel_requests(
        settings.context_lengths(1),
        [&](std::int64_t tokens) { return requests::attention_cycles(shape, {}, tokens); },
        [&](std::int64_t tokens) { return requests::tiles_of(shape, tokens); });
    const auto imbalance = [&](requests::ChannelRule rule) {
      return requests::imbalance_per_mille(requests::assign_channels(rule, all, channels, {})
                                               .sum(all, &requests::ChannelRequest::tokens));
    };
    const std::int64_t packed = imbalance(requests::ChannelRule::kMinLoad);
    const std::int64_t in_turn = imbalance(requests::ChannelRule::kRoundRobin);
    RecordProperty("snapshot" + std::to_string(i),
                   std::to_string(packed) + " packed, " + std::to_string(in_turn) + " in turn");
    EXPECT_LT(packed, in_turn);
    EXPECT_LE(packed, 1200);
    EXPECT_GE(in_turn, 1300);
    EXPECT_LE(in_turn, 2540);
  }
}

TEST(RequestSettings, AListIsRepeatedUpToTheBatch) {
  EXPECT_THAT(settings_of("{contexts: [5, 0, 7]}").context_lengths(1), ElementsAre(5, 0, 7));
  EXPECT_THAT(settings_of("{contexts: [5, 0, 7], batch: 5}").context_lengths(1),
              ElementsAre(5, 0, 7, 5, 0));
  EXPECT_THAT(settings_of("{contexts: [300], batch: 3}").context_lengths(1),
              ElementsAre(300, 300, 300));
}

TEST(RequestSettings, ATraceInTheFileIsDrawnFrom) {
  // Outputs of one token are finished after each cycle, so contexts are prompts.
  const auto settings = settings_of("{trace: \"0,7,1\\n1,9,1\\n\", batch: 40}");
  const auto contexts = settings.context_lengths(1);
  EXPECT_EQ(contexts.size(), 40U);
  EXPECT_THAT(contexts, testing::Each(testing::AnyOf(7, 9)));
  EXPECT_THAT(contexts, testing::Contains(7));
  EXPECT_THAT(contexts, testing::Contains(9));
}

TEST(RequestSettings, TheSeedIsTheWorkloadsUnlessStated) {
  const std::string source = "distribution: " + shipped("alpaca") + ", batch: 20";
  const auto own = settings_of("{" + source + ", seed: 4}");
  const auto open = settings_of("{" + source + "}");
  EXPECT_EQ(own.context_lengths(1), own.context_lengths(2));
  EXPECT_EQ(own.context_lengths(1), open.context_lengths(4));
  EXPECT_NE(open.context_lengths(1), open.context_lengths(2));
}

TEST(RequestSettings, TheResolvedFormGivesTheSameBatch) {
  const auto settings =
      settings_of("{distribution: " + shipped("sharegpt") + ", batch: 9, cap: 2047}");
  const config::Node resolved = RequestSettings::schema().write(settings);
  config::Reader reader("requests");
  const auto again = RequestSettings::schema().read(resolved, reader);
  reader.diagnostics().throw_if_any();
  EXPECT_EQ(settings.context_lengths(1), again->context_lengths(1));
}

class RequestWorkloads : public WorkloadFiles {};

const std::string kTinyGpt = R"(
kind: llm
phase: decode
config: {model_type: gpt2, n_embd: 24, n_layer: 2, n_head: 6, vocab_size: 50, n_positions: 16}
)";

TEST_F(RequestWorkloads, GiveEachSequenceItsContext) {
  const Graph graph = load(kTinyGpt + "requests: {contexts: [3, 15, 0]}\n").graph;
  const auto tensor = [&](const std::string& name) {
    const auto found = std::find_if(graph.tensors.begin(), graph.tensors.end(),
                                    [&](const Tensor& one) { return one.name == name; });
    return found->shape;
  };
  EXPECT_THAT(tensor("layer0.attention.query"), ElementsAre(3, 1, 24));
  // 4 + 16 + 1 tokens, the new ones with them; 6 heads of 4.
  EXPECT_THAT(tensor("layer1.attention.core.key_cache"), ElementsAre(21, 6, 4));
  for (const Operator& op : graph.operators) {
    if (const auto* attention = std::get_if<Attention>(&op.attributes)) {
      EXPECT_THAT(*attention->past_lengths, ElementsAre(3, 15, 0));
      // 21 pairs of a query and a key, 6 heads, 4 + 4 multiply-accumulates each.
      EXPECT_EQ(useful_macs(graph, op), 21 * 6 * 8);
    }
    if (const auto* embedding = std::get_if<Embedding>(&op.attributes);
        embedding != nullptr && embedding->rows == EmbeddingRows::kPosition) {
      EXPECT_THAT(*embedding->past_lengths, ElementsAre(3, 15, 0));
    }
  }
  EXPECT_THAT(graph.notes, ElementsAre(HasSubstr("3 requests with 0 to 15 tokens in the cache: "
                                                 "mean 6.0, median 3")));
}

TEST_F(RequestWorkloads, OneContextForAllIsThePlainDecodeStep) {
  const Graph plain = load(kTinyGpt + "batch: 3\ncontext: 5\n").graph;
  const Graph listed = load(kTinyGpt + "requests: {contexts: [5], batch: 3}\n").graph;
  ASSERT_EQ(plain.operators.size(), listed.operators.size());
  for (std::size_t i = 0; i < plain.operators.size(); ++i) {
    EXPECT_EQ(useful_macs(plain, plain.operators[i]), useful_macs(listed, listed.operators[i]));
  }
  for (std::size_t i = 0; i < plain.tensors.size(); ++i) {
    EXPECT_EQ(plain.tensors[i].bytes(), listed.tensors[i].bytes());
  }
}

TEST_F(RequestWorkloads, BlocksAloneReadAnInput) {
  const Graph graph = load(kTinyGpt + "batch: 2\ncontext: 3\nblocks_only: true\nlayers: 1\n").graph;
  EXPECT_EQ(graph.operators.front().name, "layer0.attention.norm");
  EXPECT_EQ(graph.operators.back().name, "layer0.mlp.residual");
  EXPECT_EQ(graph.tensors.front().name, "hidden");
  EXPECT_THAT(graph.tensors.front().shape, ElementsAre(2, 1, 24));
}

TEST_F(RequestWorkloads, ATensorShareHasItsPartOfEveryProduct) {
  const std::string block = kTinyGpt + "batch: 2\ncontext: 3\nblocks_only: true\n";
  const Graph whole = load(block).graph;
  const Graph share =
      load(block, {"workload.parallel.tensor=3", "workload.parallel.all_reduce=false"}).graph;
  ASSERT_EQ(whole.operators.size(), share.operators.size());
  for (std::size_t i = 0; i < whole.operators.size(); ++i) {
    EXPECT_EQ(whole.operators[i].name, share.operators[i].name);
    EXPECT_EQ(useful_macs(whole, whole.operators[i]), 3 * useful_macs(share, share.operators[i]));
  }
  EXPECT_THAT(share.notes, ElementsAre(HasSubstr("one of 3 devices by tensor parallelism; the "
                                                 "all-reduce behind attention")));
}

TEST_F(RequestWorkloads, SharesAreSummedBehindBothPartsOfABlock) {
  const Graph share = load(kTinyGpt + "batch: 2\ncontext: 3\nblocks_only: true\nlayers: 1\n",
                           {"workload.parallel.tensor=3"})
                          .graph;
  for (const std::string part : {"layer0.attention", "layer0.mlp"}) {
    const Operator& op = operator_named(share, part + ".all_reduce");
    // 2 * 24 elements in 3 chunks of 16, sent and received in 4 steps.
    EXPECT_THAT(tensor_of(share, op.inputs[1]).shape, ElementsAre(2, 4, 16));
    EXPECT_EQ(operator_named(share, part + ".residual").inputs[1], op.output);
  }
  EXPECT_THAT(share.notes, ElementsAre("one of 3 devices by tensor parallelism"));
}

TEST_F(RequestWorkloads, DevicesThatShareAKeyValueHeadHaveItEach) {
  const std::string llama = R"(
kind: llm
phase: decode
context: 6
blocks_only: true
config: {model_type: llama, hidden_size: 24, num_hidden_layers: 1, num_attention_heads: 8,
         num_key_value_heads: 2, head_dim: 8, intermediate_size: 40, vocab_size: 50}
)";
  const Graph share = load(llama, {"workload.parallel.tensor=4"}).graph;
  for (const Operator& op : share.operators) {
    if (const auto* attention = std::get_if<Attention>(&op.attributes)) {
      EXPECT_EQ(attention->heads, 2);
      EXPECT_EQ(attention->kv_heads, 1);
    }
  }
}

}  // namespace
}  // namespace orrery::workload
