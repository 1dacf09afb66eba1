// SPDX-License-Identifier: Apache-2.0
// Subcommands that simulate nothing.
#include <gmock/gmock.h>

#include "report/json.h"
#include "tests/cli/process.h"

namespace orrery::cli {
namespace {

namespace fs = std::filesystem;
using report::Json;
using testing::HasSubstr;

const fs::path kRoot = ORRERY_SOURCE_DIR;

std::string output_of(const std::vector<std::string>& arguments) {
  const Outcome outcome = run_orrery(arguments);
  EXPECT_EQ(outcome.code, 0) << outcome.errors;
  EXPECT_EQ(outcome.errors, "");
  return outcome.output;
}

// The texts are long: say only that they differ.
void expect_up_to_date(const std::vector<std::string>& arguments, const std::string& file) {
  EXPECT_TRUE(output_of(arguments) == read_file(kRoot / file))
      << file << " is out of date: run scripts/generate_docs";
}

TEST(Generated, ParameterPageIsUpToDate) {
  expect_up_to_date({"list", "parameters", "--markdown"}, "docs/parameters.md");
}

TEST(Generated, CommandPageIsUpToDate) {
  expect_up_to_date({"list", "commands", "--markdown"}, "docs/commands.md");
}

TEST(Generated, SchemasForEditorsAreUpToDate) {
  for (const std::string kind : {"platform", "workload", "mapping"}) {
    expect_up_to_date({"list", "parameters", "--json-schema", kind},
                      "configs/schema/" + kind + ".schema.json");
  }
}

TEST(Validate, AcceptsEveryShippedFile) {
  std::vector<std::string> arguments{"validate"};
  for (const std::string folder :
       {"configs/platforms", "configs/dram", "configs/energy", "workloads/models",
        "workloads/models/hf", "workloads/layers", "workloads/requests"}) {
    for (const fs::directory_entry& entry : fs::directory_iterator(kRoot / folder)) {
      if (entry.is_regular_file()) {
        arguments.push_back(entry.path().string());
      }
    }
  }
  const std::string output = output_of(arguments);
  EXPECT_THAT(output, HasSubstr("edge.yaml (platform)\n"));
  EXPECT_THAT(output, HasSubstr("ddr4_2400.yaml (DRAM standard)\n"));
  EXPECT_THAT(output, HasSubstr("nm28.yaml (energy coefficients)\n"));
  EXPECT_THAT(output, HasSubstr("resnet18.yaml (workload)\n"));
  EXPECT_THAT(output, HasSubstr("gpt2.json (Hugging Face config)\n"));
}

TEST(Validate, KnowsWhatTheProgramItselfWrites) {
  const fs::path folder = fresh_folder();
  (void)output_of({"run", "-p", "edge", "-w", "tiny_gemm", "-o", (folder / "out").string()});
  (void)output_of({"lower", "-p", "edge", "-w", "tiny_gemm", "-o", (folder / "text").string()});
  (void)output_of({"lower", "-p", "edge", "-w", "tiny_gemm", "--format", "binary", "-o",
                   (folder / "binary").string()});
  EXPECT_THAT(output_of({"validate", (folder / "out/resolved.yaml").string()}),
              HasSubstr("(resolved configuration)"));
  for (const std::string form : {"text", "binary"}) {
    EXPECT_THAT(output_of({"validate", (folder / form).string()}), HasSubstr("(command stream)"));
  }
  fs::remove_all(folder);
}

TEST(Describe, CountsWithoutSimulating) {
  const Json json = Json::parse(output_of({"describe", "tiny_gemm", "--json"}));
  // [13, 37] x [37, 29] with a bias of 29: 13 * 37 * 29 products, 37 * 29 + 29 parameters
  EXPECT_EQ(json["total"]["macs"], 13949);
  EXPECT_EQ(json["total"]["parameters"], 1102);
  EXPECT_THAT(output_of({"describe", "tiny_gemm"}), HasSubstr("1,102"));
}

TEST(Describe, TakesOverrides) {
  const Json json =
      Json::parse(output_of({"describe", "gpt2_decode", "--set", "workload.batch=3", "--json"}));
  const Json once = Json::parse(output_of({"describe", "gpt2_decode", "--json"}));
  EXPECT_EQ(json["total"]["macs"].get<std::int64_t>(),
            3 * once["total"]["macs"].get<std::int64_t>());
}

TEST(List, NamesEveryKindOnItsOwn) {
  EXPECT_EQ(Json::parse(output_of({"list", "engines", "--json"}))[0]["kind"], "systolic_array");
  EXPECT_THAT(output_of({"list", "engines"}), HasSubstr("vector_unit"));
  EXPECT_THAT(output_of({"list", "operators"}), HasSubstr("matrix_multiplication"));
  EXPECT_THAT(output_of({"list", "types"}), HasSubstr("bitmod_fp3"));
  EXPECT_THAT(output_of({"list", "parameters"}), HasSubstr("accumulator_capacity"));
  const Json dram = Json::parse(output_of({"list", "dram", "--json"}));
  bool found = false;
  for (const Json& spec : dram) {
    if (spec["name"] == "ddr4_2400") {
      found = true;
      // 64 bytes in 4 cycles of 5/6 ns = 19.2 GB/s
      EXPECT_DOUBLE_EQ(spec["peak_bytes_per_second"].get<double>(), 19.2e9);
      EXPECT_EQ(spec["capacity_bytes"], 8LL << 30);
    }
  }
  EXPECT_TRUE(found);
}

TEST(Lower, PrintsTheLoopNestOfEachLayer) {
  EXPECT_THAT(output_of({"lower", "-p", "edge", "-w", "tiny_gemm", "--loops"}),
              HasSubstr("product"));
}

TEST(Version, NamesWhatWasBuiltFromWhat) {
  const std::string text = output_of({"--version"});
  EXPECT_THAT(text, HasSubstr("orrery 0."));
  EXPECT_THAT(text, HasSubstr("commit "));
  EXPECT_THAT(text, HasSubstr("-ffp-contract=off"));
  EXPECT_THAT(text, HasSubstr("SystemC   2.3."));
}

TEST(Help, ComesFromEverySubcommand) {
  for (const std::string command : {"run", "compare", "lower", "validate", "describe", "list"}) {
    EXPECT_THAT(output_of({"--help"}), HasSubstr("  " + command + " "));
    EXPECT_THAT(output_of({command, "--help"}), HasSubstr("Usage: orrery " + command));
  }
}

TEST(Output, IsAnErrorWhenItCannotBeWritten) {
  const fs::path folder = fresh_folder();
  const Outcome outcome = run_orrery({"lower", "-p", "edge", "-w", "tiny_gemm", "-o", "/dev/full"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.errors, "error: /dev/full: cannot be written: No space left on device\n");
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

}  // namespace
}  // namespace orrery::cli
