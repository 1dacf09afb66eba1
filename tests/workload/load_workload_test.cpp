// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "config/yaml.h"
#include "tests/workload/workload_files.h"
#include "workload/graph_description.h"

namespace orrery::workload {
namespace {

using testing::HasSubstr;

class LoadWorkload : public WorkloadFiles {
 protected:
  // What a resolved file says and builds must not depend on where it lies.
  void expect_resolved_is_the_same(const std::filesystem::path& path) {
    const Workload first = load_workload(path);
    const std::string text = config::write_yaml(first.resolved);
    const Workload second = load_workload(write("resolved.yaml", text));
    EXPECT_EQ(config::write_yaml(second.resolved), text) << path;
    EXPECT_EQ(second.name, first.name) << path;
    EXPECT_EQ(second.seed, first.seed) << path;
    ASSERT_EQ(second.graph.tensors.size(), first.graph.tensors.size()) << path;
    ASSERT_EQ(second.graph.operators.size(), first.graph.operators.size()) << path;
    for (std::size_t i = 0; i < first.graph.tensors.size(); ++i) {
      EXPECT_EQ(second.graph.tensors[i].name, first.graph.tensors[i].name);
      EXPECT_EQ(second.graph.tensors[i].shape, first.graph.tensors[i].shape);
      EXPECT_EQ(second.graph.tensors[i].type, first.graph.tensors[i].type);
      EXPECT_EQ(second.graph.tensors[i].role, first.graph.tensors[i].role);
    }
    EXPECT_EQ(describe(second.graph).total.macs, describe(first.graph).total.macs) << path;
  }
};

const std::string kGraph =
    "kind: graph\ninputs: {x: {shape: [4, 8]}}\noperators: [{name: a, kind: "
    "matrix_multiplication, inputs: [x], columns: 3}]\n";

TEST_F(LoadWorkload, NamesTheWorkloadAfterItsFileUnlessItSaysItsName) {
  EXPECT_EQ(load(kGraph).name, "workload");
  EXPECT_EQ(load(kGraph + "name: mine\n").name, "mine");
  EXPECT_EQ(load(kGraph + "name: mine\n").graph.name, "mine");
  EXPECT_EQ(load(kGraph).kind, "graph");
}

TEST_F(LoadWorkload, TakesTheSeedFromTheFile) {
  EXPECT_EQ(load(kGraph).seed, 1U);
  EXPECT_EQ(load(kGraph + "seed: 9223372036854775807\n").seed, 9223372036854775807U);
  EXPECT_THAT(error_of(kGraph + "seed: 9223372036854775808\n"), HasSubstr("workload.seed"));
}

TEST_F(LoadWorkload, AppliesTheOverridesBelowWorkloadAndLeavesTheOthers) {
  const Workload workload =
      load(kGraph, {"workload.operators.0.columns=5", "platform.memory=1", "workloads.batch=3"});
  EXPECT_EQ(tensor_named(workload.graph, "a").shape, (Shape{4, 5}));
}

TEST_F(LoadWorkload, LocatesAMistakeOfAnOverrideOnTheCommandLine) {
  EXPECT_EQ(error_of(kGraph, {"workload.batch=none"}),
            "--set workload.batch=none:1:1: workload.batch: found 'none'; expected an integer from "
            "1 to 2147483647");
}

TEST_F(LoadWorkload, FindsFilesRelativeToTheFileThatNamesThem) {
  std::filesystem::create_directories(folder_ / "parts");
  write("parts/model.json",
        R"({"model_type": "gpt2", "n_embd": 8, "n_layer": 1, "n_head": 2, "vocab_size": 9})");
  write("parts/base.yaml", "kind: llm\nconfig: model.json\nphase: decode\ncontext: 3\n");
  EXPECT_EQ(load("extends: parts/base.yaml\nbatch: 2\n").graph.operators.back().name, "lm_head");
  EXPECT_THAT(error_of("extends: parts/base.yaml\nconfig: model.json\n"),
              HasSubstr("workload.yaml:2:9: workload.config: no such file: model.json"));
}

TEST_F(LoadWorkload, FindsFilesNamedOnTheCommandLineFromTheCurrentFolder) {
  const std::filesystem::path model = std::filesystem::relative(
      write("model.json",
            R"({"model_type": "gpt2", "n_embd": 8, "n_layer": 1, "n_head": 2, "vocab_size": 9})"));
  const Workload workload = load("kind: llm\nconfig: absent.json\nphase: decode\ncontext: 3\n",
                                 {"workload.config=" + model.string()});
  EXPECT_EQ(tensor_named(workload.graph, "embedding.weight").shape, (Shape{9, 8}));
}

TEST_F(LoadWorkload, ReadsAResolvedFileBackToTheSameWorkload) {
  const std::string root = std::string(ORRERY_SOURCE_DIR) + "/";
  expect_resolved_is_the_same(root + "workloads/models/resnet18.yaml");
  expect_resolved_is_the_same(root + "workloads/requests/gpt3_7b_alpaca.yaml");
  expect_resolved_is_the_same(root + "workloads/models/gpt2_prefill.yaml");
  expect_resolved_is_the_same(root + "workloads/models/llama2_7b_decode.yaml");
  expect_resolved_is_the_same(root + "workloads/layers/tiny_conv.yaml");
  expect_resolved_is_the_same(root + "workloads/layers/tiny_attention.yaml");
  expect_resolved_is_the_same(root + "workloads/layers/scalesim_resnet18.yaml");
}

TEST_F(LoadWorkload, WritesEveryDefaultIntoTheResolvedFile) {
  const std::string text = config::write_yaml(load(kGraph).resolved);
  for (const std::string line :
       {"kind: graph", "batch: 1", "seed: 1", "name: workload", "weights: fp16", "bias: false"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(LoadWorkload, ReportsMistakesOfTheFileAndOfTheModelAtOnce) {
  write("model.json", R"({"model_type": "gpt2", "n_embd": 0})");
  const std::string message =
      error_of("kind: llm\nconfig: model.json\nphase: decoed\ncontext: 3\n");
  EXPECT_THAT(message, HasSubstr("model.json:1:34: workload.config.n_embd: found '0'"));
  EXPECT_THAT(message, HasSubstr("missing key 'n_layer'"));
  EXPECT_THAT(message, HasSubstr("workload.yaml:3:8: workload.phase: found 'decoed'"));
}

TEST_F(LoadWorkload, RefusesFoldersAndAbsentFiles) {
  EXPECT_THAT(error_of("kind: topology\nfile: .\n"), HasSubstr("is a folder"));
  EXPECT_THROW((void)load_workload(folder_ / "absent.yaml"), base::UserError);
}

TEST(WorkloadCodec, DescribesEveryKindForDocumentation) {
  const auto& type = *workload_codec().type;
  EXPECT_THAT(type.choices, testing::ElementsAre("llm", "topology", "graph", "onnx", "products"));
  for (const auto& kind : type.alternatives) {
    for (const auto& field : kind->fields) {
      EXPECT_FALSE(field.help.empty()) << kind->name << "." << field.key;
    }
  }
}

}  // namespace
}  // namespace orrery::workload
