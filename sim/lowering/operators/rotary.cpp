// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "command/view.h"
#include "lowering/layer/row_layer.h"
#include "lowering/operators/operators.h"

namespace orrery::lowering {
namespace {

using command::VectorCommand;
using command::View;

// Heads of a block of tokens as a matrix of rows x head_size.
struct HeadRows {
  std::int64_t token = 0;
  std::int64_t tokens = 1;
  std::int64_t head = 0;
  std::int64_t heads = 1;
};

View head_view(const View& block, const HeadRows& part, std::int64_t head_size,
               std::int64_t row_bytes) {
  const int bits = numeric::bits(block.type);
  View view;
  view.space = block.space;
  view.type = block.type;
  view.base = block.base + part.token * row_bytes + part.head * head_size * bits / 8;
  view.row = {{part.tokens, row_bytes * 8, {}}, {part.heads, head_size * bits, {}}};
  view.column = {{head_size, bits, {}}};
  command::simplify(view);
  return view;
}

class RotaryCommands {
 public:
  RotaryCommands(const workload::RotaryEmbedding& rotary, std::int64_t tokens,
                 numeric::ElementType in, numeric::ElementType out)
      : rotary_(rotary),
        tokens_(tokens),
        in_row_bytes_(numeric::row_bytes(in, rotary.heads * rotary.head_size)),
        out_row_bytes_(numeric::row_bytes(out, rotary.heads * rotary.head_size)) {}

  // A command's rows have one position, or successive ones: all heads of a token or all tokens of a
  // head, whatever takes fewer commands. Single tokens of several sequences share a command where
  // their positions are one.
  [[nodiscard]] std::vector<VectorCommand> operator()(const RowBlock& block) const {
    std::vector<VectorCommand> commands;
    const auto position =
        static_cast<double>(rotary_.past(block.first_row / tokens_) + block.first_row % tokens_);
    if (tokens_ == 1 && rotary_.past_lengths) {
      for (std::int64_t row = 0; row < block.rows; ++row) {
        commands.push_back(command(block, {row, 1, 0, rotary_.heads},
                                   static_cast<double>(rotary_.past(block.first_row + row)), 0.0));
      }
    } else if (tokens_ == 1) {
      commands.push_back(command(block, {0, block.rows, 0, rotary_.heads}, position, 0.0));
    } else if (block.rows <= rotary_.heads) {
      for (std::int64_t token = 0; token < block.rows; ++token) {
        commands.push_back(command(block, {token, 1, 0, rotary_.heads},
                                   position + static_cast<double>(token), 0.0));
      }
    } else {
      for (std::int64_t head = 0; head < rotary_.heads; ++head) {
        commands.push_back(command(block, {0, block.rows, head, 1}, position, 1.0));
      }
    }
    return commands;
  }

 private:
  [[nodiscard]] VectorCommand command(const RowBlock& block, const HeadRows& part, double position,
                                      double step) const {
    VectorCommand result;
    result.rows = part.tokens * part.heads;
    result.columns = rotary_.head_size;
    result.source = head_view(block.inputs[0], part, rotary_.head_size, in_row_bytes_);
    result.stages.push_back({command::VectorKind::kRotary, {}, {position, step, rotary_.theta}});
    result.destination = head_view(block.result, part, rotary_.head_size, out_row_bytes_);
    return result;
  }

  workload::RotaryEmbedding rotary_;
  std::int64_t tokens_;
  std::int64_t in_row_bytes_;
  std::int64_t out_row_bytes_;
};

}  // namespace

std::unique_ptr<Layer> plan_rotary_embedding(const LayerRequest& request) {
  const auto& rotary = std::get<workload::RotaryEmbedding>(request.op().attributes);
  const workload::Tensor& x = request.input(0);
  const workload::Tensor& y = request.output();
  if (rotary.head_size * numeric::bits(x.type) % 8 != 0 ||
      rotary.head_size * numeric::bits(y.type) % 8 != 0) {
    request.error(fmt::format("heads of {} elements of {} do not begin at whole bytes",
                              rotary.head_size, numeric::name(x.type)));
    return nullptr;
  }
  RowProblem problem;
  problem.columns = rotary.heads * rotary.head_size;
  problem.rows = x.elements() / problem.columns;
  const std::int64_t tokens = x.shape[x.shape.size() - 2];
  problem.group = tokens == 1 ? problem.rows : tokens;
  problem.inputs = {request.op().inputs[0]};
  problem.output = request.group.output;
  problem.what = "rotary embedding";
  problem.commands = RotaryCommands(rotary, tokens, x.type, y.type);
  return plan_rows(request, problem);
}

}  // namespace orrery::lowering
