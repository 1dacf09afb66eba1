// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <map>
#include <sstream>

#include "base/random.h"
#include "tests/workload/workload_files.h"
#include "workload/topology_table.h"

namespace orrery::workload {
namespace {

const std::string kConvolutionHeader =
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
    "Strides,\n";

class TopologyTest : public WorkloadFiles {
 protected:
  Graph table(const std::string& text) const {
    write("table.csv", text);
    return load("kind: topology\nfile: table.csv\n").graph;
  }
  std::string table_error(const std::string& text) const {
    write("table.csv", text);
    return error_of("kind: topology\nfile: table.csv\n");
  }
};

TEST_F(TopologyTest, RoundsTheOutputSizeUp) {
  // ceil((224 - 7 + 2) / 2) = 110, one more than the 109 windows that fit: the last hangs over.
  const Graph graph = table(kConvolutionHeader + "conv1, 224, 224, 7, 7, 3, 64, 2,\n");
  EXPECT_EQ(tensor_named(graph, "conv1").shape, (Shape{1, 110, 110, 64}));
  const auto& attributes = std::get<Convolution>(operator_named(graph, "conv1").attributes);
  EXPECT_EQ(attributes.pad_bottom, 1);  // 109 * 2 + 7 - 224
  EXPECT_EQ(attributes.pad_top, 0);
}

TEST_F(TopologyTest, AddsNoRowsWhereTheStrideDivides) {
  // (9 - 3 + 2) / 2 = 4 rows, (7 - 3 + 2) / 2 = 3 columns, all within the image.
  const Graph graph = table(kConvolutionHeader + "c, 9, 7, 3, 3, 1, 2, 2\n");
  EXPECT_EQ(tensor_named(graph, "c").shape, (Shape{1, 4, 3, 2}));
  EXPECT_EQ(std::get<Convolution>(operator_named(graph, "c").attributes).pad_bottom, 0);
}

TEST_F(TopologyTest, CountsAWindowThatLiesOutsideTheImageAsSCALESimDoes) {
  // ceil((56 - 1 + 2) / 2) = 29 windows of one element; the last starts at 56, behind the image.
  const Graph graph = table(kConvolutionHeader + "shortcut, 56, 56, 1, 1, 64, 128, 2,\n");
  EXPECT_EQ(tensor_named(graph, "shortcut").shape, (Shape{1, 29, 29, 128}));
}

TEST_F(TopologyTest, ReadsProductsWhateverTheOrderOfTheColumns) {
  const Graph graph = table("Layer, k, M, N\nfc, 512, 3, 1000\n");
  EXPECT_EQ(tensor_named(graph, "fc.input").shape, (Shape{3, 512}));
  EXPECT_EQ(tensor_named(graph, "fc.weight").shape, (Shape{512, 1000}));
  EXPECT_EQ(tensor_named(graph, "fc").shape, (Shape{3, 1000}));
}

TEST_F(TopologyTest, GivesEachLayerAnInputOfItsOwn) {
  const Graph graph = table("Layer, M, N, K\na, 2, 3, 4\nb, 5, 6, 7\n");
  for (const Operator& op : graph.operators) {
    EXPECT_EQ(tensor_of(graph, op.inputs[0]).role, TensorRole::kInput);
    EXPECT_EQ(tensor_of(graph, op.output).role, TensorRole::kOutput);
  }
  EXPECT_EQ(operator_named(graph, "b").where.line, 3);
}

TEST_F(TopologyTest, ReadsLinesAsSpreadsheetsWriteThem) {
  const Graph graph = table("\xEF\xBB\xBFLayer,M,N,K,\r\n\r\na,2,3,4,\r\n,,,,\r\nb , 5,6,7\r\n");
  ASSERT_EQ(graph.operators.size(), 2U);
  EXPECT_EQ(graph.operators[1].name, "b");
  EXPECT_EQ(graph.operators[1].where.line, 5);
}

TEST_F(TopologyTest, LocatesEveryMistakeByLineAndColumn) {
  EXPECT_EQ(table_error("Layer, M, N, K\na, 2, x, 4\na, 2, 3, 0\nc, 1, 2\n"),
            "table.csv:2:7: N: found 'x'; expected an integer from 1 to 2147483647\n"
            "table.csv:3:1: duplicate layer 'a', first at line 2; expected each name once\n"
            "table.csv:3:10: K: found '0'; expected an integer from 1 to 2147483647\n"
            "table.csv:4:7: 3 values; expected 4, as in the first line");
}

TEST_F(TopologyTest, AcceptsTheLargestSizeAndNoLargerOne) {
  EXPECT_NO_THROW((void)table("Layer, M, N, K\na, 2147483647, 1, 1\n"));
  EXPECT_THAT(table_error("Layer, M, N, K\na, 2147483648, 1, 1\n"), testing::HasSubstr(":2:4: M:"));
}

TEST_F(TopologyTest, RefusesMissingAndRepeatedColumns) {
  EXPECT_EQ(table_error("Layer, M, N\na, 2, 3\n"),
            "table.csv:1:1: no column 'K'; expected the columns M, N, K");
  EXPECT_EQ(table_error("Layer, M, N, K, m\na, 2, 3, 4, 2\n"),
            "table.csv:1:17: column 'M' twice; expected each column once");
  EXPECT_EQ(table_error("Layer, M, N, K\n"),
            "table.csv:1:1: the table has no layers; expected a line for each layer");
}

TEST_F(TopologyTest, ReportsMistakesOfATableWithinTheFileAtTheValue) {
  EXPECT_EQ(error_of("kind: topology\nfile: \"Layer, M, N, K\\na, 2, x, 4\\n\"\n"),
            "workload.yaml:2:7: line 2, column 7 of the table: N: found 'x'; expected an integer "
            "from 1 to 2147483647");
}

// Whatever a table holds, reading it ends in layers or in a user error.
TEST(TopologyTables, WithRandomMistakesAreReadOrRefused) {
  const std::string table = kConvolutionHeader + "a, 9, 7, 3, 3, 1, 2, 2\nb, 9, 7, 3, 3, 1, 2, 2\n";
  base::Random random(1);
  int refused = 0;
  for (int i = 0; i < 5'000; ++i) {
    std::string text = table;
    for (std::int64_t change = random.integer(1, 4); change > 0; --change) {
      const auto at =
          static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(text.size()) - 1));
      switch (random.integer(0, 2)) {
        case 0:
          text.erase(at, static_cast<std::size_t>(random.integer(1, 20)));
          break;
        case 1:
          text.insert(at, 1, ",\n -9\0\xFF\""[random.integer(0, 7)]);
          break;
        default:
          text[at] = static_cast<char>(random.integer(0, 255));
      }
    }
    try {
      EXPECT_FALSE(parse_topology(text, "table.csv").empty());
    } catch (const base::UserError& error) {
      EXPECT_FALSE(error.diagnostics().empty());
      ++refused;
    }
  }
  // Some changes, of a digit into another, leave a table behind; most do not.
  EXPECT_GT(refused, 2'500);
  EXPECT_LT(refused, 5'000);
}

// M, N and K of every layer against the rows of tests/data/scalesim_compute_cycles.csv, which
// SCALE-Sim itself wrote: the smaller tables are our own extract of them.
TEST(ScaleSimTopologies, AgreeWithTheRowsOfTheirSimulator) {
  const std::string data = std::string(ORRERY_SOURCE_DIR) + "/tests/data/";
  std::ifstream stream(data + "scalesim_compute_cycles.csv");
  std::map<std::string, Graph> graphs;
  for (const std::string name : {"gpt2", "named_gemm"}) {
    graphs.emplace(name == "gpt2" ? "gpt2_mnk" : name,
                   load_workload(data + "scalesim/" + name + "_mnk.yaml").graph);
  }
  const std::string shipped = std::string(ORRERY_SOURCE_DIR) + "/workloads/layers/scalesim_";
  for (const std::string name : {"resnet18", "alexnet"}) {
    graphs.emplace(name, load_workload(shipped + name + ".yaml").graph);
  }
  std::string line;
  int rows = 0;
  while (std::getline(stream, line)) {
    std::vector<std::string> cells;
    std::istringstream cell_stream(line);
    for (std::string cell; std::getline(cell_stream, cell, ',');) {
      cells.push_back(cell);
    }
    if (cells.size() < 5 || !graphs.contains(cells[0])) {
      continue;
    }
    const Graph& graph = graphs.at(cells[0]);
    const Operator& op = graph.operators.at(std::stoul(cells[1]));
    const Shape& weight = tensor_of(graph, op.inputs[1]).shape;
    EXPECT_EQ(tensor_of(graph, op.output).shape, (Shape{std::stoll(cells[2]), weight[1]}));
    EXPECT_EQ(weight, (Shape{std::stoll(cells[4]), std::stoll(cells[3])}));
    ++rows;
  }
  EXPECT_EQ(rows, 6 * 37);  // 21 + 5 + 6 + 5 layers, three dataflows on two arrays each
}

}  // namespace
}  // namespace orrery::workload
