// SPDX-License-Identifier: Apache-2.0
#include "lowering/matrix/wish_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lowering/layer/layer.h"

namespace orrery::lowering {
namespace {

class WishReader {
 public:
  WishReader(const LayerRequest& request, const MatrixProblem& problem)
      : request_(request),
        mapping_(request.mapping),
        problem_(problem),
        is_product_(has_product_names(request.op())) {}

  std::vector<MatrixWishes> read() {
    const std::size_t before = request_.diagnostics.items().size();
    if (mapping_.tiles) {
      read_tiles(*mapping_.tiles);
    }
    read_common();
    std::vector<MatrixWishes> all;
    if (mapping_.kernels) {
      const MatrixWishes common = wishes_;
      for (const Kernel& kernel : mapping_.kernels->value) {
        wishes_ = common;
        wishes_.stages = kernel.stages;
        read_tiles(kernel.tiles);
        // Of whole tiles the size counts, whatever the layer leaves of it.
        wishes_.columns = size(kernel.tiles, "m");
        wishes_.features = size(kernel.tiles, "n");
        read_cluster(kernel);
        all.push_back(wishes_);
      }
    } else {
      all.push_back(wishes_);
    }
    if (request_.diagnostics.items().size() != before) {
      return {};
    }
    return all;
  }

 private:
  void read_common() {
    if (mapping_.loop_order) {
      read_loop_order(*mapping_.loop_order);
    }
    if (mapping_.arrays_share) {
      wishes_.split_rows = mapping_.arrays_share->value == "m";
    }
    if (mapping_.residency) {
      read_residency(*mapping_.residency);
    }
    if (mapping_.buffers) {
      request_.check_keys(*mapping_.buffers, {"a", "b"});
      wishes_.a_slots = size(*mapping_.buffers, "a");
      wishes_.b_slots = size(*mapping_.buffers, "b");
    }
  }

  static std::optional<std::int64_t> size(const config::Located<Sizes>& sizes,
                                          const std::string& name) {
    for (const auto& [key, value] : sizes.value) {
      if (key == name) {
        return value;
      }
    }
    return std::nullopt;
  }

  // A tile beyond the whole is the whole.
  static std::optional<std::int64_t> size_of(const config::Located<Sizes>& tiles,
                                             const std::string& name, std::int64_t whole) {
    const auto value = size(tiles, name);
    return value ? std::optional(std::min(*value, whole)) : std::nullopt;
  }

  void read_tiles(const config::Located<Sizes>& tiles) {
    Names known = is_product_ ? Names{"m", "n", "k"}
                              : Names{"images", "rows", "columns", "features", "channels", "taps"};
    if (problem_.groups > 1) {
      known.insert(known.begin(), "groups");
      wishes_.groups = size_of(tiles, "groups", problem_.groups);
    }
    request_.check_keys(tiles, known);
    if (is_product_) {
      wishes_.columns = size_of(tiles, "m", problem_.width.output);
      wishes_.features = size_of(tiles, "n", problem_.features);
      wishes_.channels = size_of(tiles, "k", problem_.channels);
      check_groups(tiles);
      check_granules(tiles, {"m", "n", "k"});
      return;
    }
    wishes_.images = size_of(tiles, "images", problem_.images);
    wishes_.rows = size_of(tiles, "rows", problem_.height.output);
    wishes_.columns = size_of(tiles, "columns", problem_.width.output);
    wishes_.features = size_of(tiles, "features", problem_.features);
    wishes_.channels = size_of(tiles, "channels", problem_.channels);
    read_taps(tiles);
    check_groups(tiles);
    check_granules(tiles, {"columns", "features", "channels"});
  }

  // Its tiles are neighbours where m is the outer loop.
  void read_cluster(const Kernel& kernel) {
    wishes_.cluster = kernel.cluster;
    if (kernel.cluster == 1) {
      return;
    }
    if (request_.machine.partitions % kernel.cluster != 0) {
      request_.error_at(kernel.tiles,
                        fmt::format("{} partitions of the scratchpad make no clusters of {} tiles",
                                    request_.machine.partitions, kernel.cluster),
                        "a divisor of their number");
    }
    if (wishes_.m_outer && !*wishes_.m_outer) {
      request_.error_at(*mapping_.loop_order, "loops [n, m, k] keep no clusters together",
                        "[m, n, k], or kernels without clusters");
    }
    wishes_.m_outer = true;
  }

  void read_taps(const config::Located<Sizes>& tiles) {
    const std::int64_t taps = problem_.height.taps * problem_.width.taps;
    const auto wanted = size_of(tiles, "taps", taps);
    if (!wanted) {
      return;
    }
    if (*wanted != 1 && *wanted != taps) {
      request_.error_at(tiles, fmt::format("a tile of {} taps", *wanted),
                        fmt::format("1 tap, or all {}", taps));
      return;
    }
    wishes_.all_taps = *wanted == taps;
  }

  // A tile has a part of one group or several whole ones.
  void check_groups(const config::Located<Sizes>& tiles) {
    const bool parts = wishes_.features.value_or(problem_.features) != problem_.features ||
                       wishes_.channels.value_or(problem_.channels) != problem_.channels;
    if (wishes_.groups.value_or(1) > 1 && parts) {
      request_.error_at(tiles, fmt::format("a tile of parts of {} groups", *wishes_.groups),
                        fmt::format("groups 1, or all {} features and {} channels of a group",
                                    problem_.features, problem_.channels));
    }
  }

  // Tiles begin at whole bytes and with whole blocks.
  void check_granules(const config::Located<Sizes>& tiles,
                      const std::array<const char*, 3>& names) {
    struct Size {
      const char* name;
      std::optional<std::int64_t> tile;
      std::int64_t whole;
      std::int64_t granule;
    };
    const std::array<Size, 4> sizes{
        {{"groups", wishes_.groups, problem_.groups, problem_.group_granule()},
         {names[0], wishes_.columns, problem_.width.output, column_granule(problem_)},
         {names[1], wishes_.features, problem_.features, feature_granule(problem_)},
         {names[2], wishes_.channels, problem_.channels, channel_granule(problem_)}}};
    for (const Size& size : sizes) {
      if (size.tile && *size.tile % size.granule != 0 && *size.tile != size.whole) {
        request_.error_at(
            tiles, fmt::format("{} {} cuts a byte or a block of elements", size.name, *size.tile),
            fmt::format("a multiple of {}, for its element types", size.granule));
      }
    }
  }

  void read_loop_order(const config::Located<Names>& order) {
    static const Names kOuterM{"m", "n", "k"};
    static const Names kOuterN{"n", "m", "k"};
    if (!std::is_permutation(order.value.begin(), order.value.end(), kOuterM.begin(),
                             kOuterM.end())) {
      request_.error_at(
          order, fmt::format("[{}] is no order of its loops", config::join(order.value, ", ")),
          "[m, n, k] or [n, m, k]");
      return;
    }
    if (order.value != kOuterM && order.value != kOuterN) {
      request_.error_at(order,
                        fmt::format("loops [{}] cannot be run", config::join(order.value, ", ")),
                        "[m, n, k] or [n, m, k]: sums stay in the accumulators, so k is innermost");
      return;
    }
    wishes_.m_outer = order.value == kOuterM;
  }

  void read_residency(const config::Located<Names>& residency) {
    if (request_.machine.partitions > 1 && !residency.value.empty()) {
      request_.error_at(residency,
                        "an operand cannot stay where partitions share the tiles of the result",
                        "[]: each tile loads what it multiplies");
    }
    wishes_.keep_a = wishes_.keep_b = false;
    for (const std::string& name : residency.value) {
      if (name != "a" && name != "b") {
        request_.error_at(residency, fmt::format("it has no operand '{}'", name),
                          "a, the input, and b, the weight");
      }
      (name == "a" ? wishes_.keep_a : wishes_.keep_b) = true;
    }
  }

  const LayerRequest& request_;
  const LayerMapping& mapping_;
  const MatrixProblem& problem_;
  bool is_product_;
  MatrixWishes wishes_;
};

}  // namespace

bool is_product(const MatrixProblem& problem) {
  return problem.images == 1 && problem.height.output == 1 &&
         problem.height.taps * problem.width.taps == 1;
}

bool has_product_names(const workload::Operator& op) {
  return std::holds_alternative<workload::MatrixMultiplication>(op.attributes);
}

std::vector<MatrixWishes> matrix_wishes(const LayerRequest& request, const MatrixProblem& problem) {
  return WishReader(request, problem).read();
}

}  // namespace orrery::lowering
