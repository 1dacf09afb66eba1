// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/integer.h"
#include "command/view.h"
#include "lowering/machine/vector_stages.h"
#include "lowering/operators/operators.h"

namespace orrery::lowering {
namespace {

// The ring of workload::AllReduce on a segment of every chunk after the other. Three chunk buffers
// for sums under way and what is received, two for the device's own part.
//
// A device's neighbours are as far as it is: what it receives in a step sets out when it sends in
// that step itself. Each receiving move therefore goes to a buffer that the step before has used
// up, and the first one waits for x.
class AllReduceLayer : public Layer {
 public:
  AllReduceLayer(const LayerRequest& request, std::int64_t segment)
      : machine_(request.machine),
        x_(request.op().inputs[0]),
        exchange_(request.op().inputs[1]),
        y_(request.group.output),
        type_(request.input(0).type),
        devices_(std::get<workload::AllReduce>(request.op().attributes).devices),
        elements_(request.input(0).elements()),
        chunk_(workload::AllReduce{devices_}.chunk(elements_)),
        segment_(segment),
        base_(request.scratchpad_base(bytes(segment, type_))),
        link_(request.tier(exchange_)) {}

  static constexpr std::int64_t kBuffers = 5;
  [[nodiscard]] static std::int64_t bytes(std::int64_t segment, numeric::ElementType type) {
    return kBuffers * aligned_buffer(numeric::row_bytes(type, segment));
  }

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override {
    for (std::int64_t first = 0; first < chunk_; first += segment_) {
      auto ring = segment_steps(emitter, first);
      while (ring.next()) {
        co_yield Step{};
      }
    }
  }

  void describe(command::LayerInfo& info) const override {
    info.tiling = fmt::format("ring of {} devices, {} steps, {} elements a chunk{}", devices_,
                              2 * (devices_ - 1), chunk_,
                              segment_ < chunk_ ? fmt::format(" in segments of {}", segment_) : "");
    info.limited_by = "link";
  }

  [[nodiscard]] std::string loop_nest() const override {
    return fmt::format(
        "for segment of {} elements of each chunk of {}\n"
        "  for step in {}: send the sum so far; receive, add the own part\n"
        "  for step in {}: send what is whole; receive, store\n",
        segment_, chunk_, devices_ - 1, devices_ - 1);
  }

  // 2 (devices - 1) steps of a latency and the bytes of a chunk, which the link carries both ways.
  [[nodiscard]] std::optional<std::int64_t> estimated_cycles() const override {
    const std::int64_t segments = base::divide_up(chunk_, segment_);
    return 2 * (devices_ - 1) *
           (segments * link_.latency_cycles + link_.cycles(2 * numeric::row_bytes(type_, chunk_)));
  }

 private:
  enum Buffer : std::int64_t { kSumEven, kSumOdd, kReceived, kOwnEven, kOwnOdd };

  // A chunk's number for any step.
  [[nodiscard]] std::int64_t wrapped(std::int64_t chunk) const {
    return (chunk % devices_ + devices_) % devices_;
  }
  // Elements of the segment that begins at `first` in that chunk; 0 behind the end of x.
  [[nodiscard]] std::int64_t count(std::int64_t chunk, std::int64_t first) const {
    const std::int64_t end = std::min((chunk + 1) * chunk_, elements_);
    const std::int64_t begin = chunk * chunk_ + first;
    return std::max<std::int64_t>(std::min(begin + segment_, end) - begin, 0);
  }
  [[nodiscard]] std::int64_t address(std::int64_t buffer) const {
    return base_ + buffer * aligned_buffer(numeric::row_bytes(type_, segment_));
  }
  [[nodiscard]] TensorMove move(workload::TensorId tensor, std::int64_t element,
                                std::int64_t elements, std::int64_t buffer) const {
    TensorMove result;
    result.tensor = tensor;
    result.tensor_offset = numeric::row_bytes(type_, element);
    result.buffer = address(buffer);
    result.row_bytes = numeric::row_bytes(type_, elements);
    return result;
  }
  // Of x or y.
  [[nodiscard]] TensorMove part(workload::TensorId tensor, std::int64_t chunk, std::int64_t first,
                                std::int64_t buffer) const {
    return move(tensor, chunk * chunk_ + first, count(chunk, first), buffer);
  }
  // A step's place in the exchange: sent (0) or received (1).
  [[nodiscard]] TensorMove exchanged(std::int64_t side, std::int64_t step, std::int64_t chunk,
                                     std::int64_t first, std::int64_t buffer) const {
    return move(exchange_, (side * 2 * (devices_ - 1) + step) * chunk_ + first, count(chunk, first),
                buffer);
  }

  // sum = received + own, shared by the vector units.
  void add(Emitter& emitter, std::int64_t elements, std::int64_t own, std::int64_t sum) const {
    const auto units = static_cast<std::int64_t>(machine_.vector_units.size());
    const std::int64_t each = base::divide_up(elements, units);
    for (std::int64_t unit = 0; unit * each < elements; ++unit) {
      const std::int64_t width = std::min(each, elements - unit * each);
      const auto view = [&](std::int64_t buffer) {
        return command::matrix_view(Emitter::scratchpad(), type_,
                                    address(buffer) + numeric::row_bytes(type_, unit * each), 1,
                                    width, numeric::row_bytes(type_, width));
      };
      command::VectorCommand command;
      command.rows = 1;
      command.columns = width;
      command.source = view(kReceived);
      command.stages.push_back({command::VectorKind::kAdd, view(own), {}});
      command.destination = view(sum);
      emitter.vector(static_cast<std::size_t>(unit), command);
    }
  }

  [[nodiscard]] base::Generator<Step> segment_steps(Emitter& emitter, std::int64_t first) const {
    const std::int64_t half = devices_ - 1;
    if (count(0, first) > 0) {
      emitter.load(part(x_, 0, first, kSumEven));
    }
    for (std::int64_t step = 0; step < half; ++step) {
      const std::int64_t sent = wrapped(-step);
      const std::int64_t received = wrapped(-step - 1);
      const std::int64_t own = step % 2 == 0 ? kOwnEven : kOwnOdd;
      if (count(received, first) > 0) {
        emitter.load(part(x_, received, first, own));
      }
      if (count(sent, first) > 0) {
        emitter.store(exchanged(0, step, sent, first, kSumEven + step % 2));
      }
      if (count(received, first) > 0) {
        emitter.load_after(exchanged(1, step, received, first, kReceived), x_);
        add(emitter, count(received, first), own, kSumEven + (step + 1) % 2);
      }
      co_yield Step{};
    }
    // What step s receives lies where step s - 1 has sent from.
    const std::array<std::int64_t, 2> places{kReceived, kSumEven + half % 2};
    for (std::int64_t step = 0; step <= half; ++step) {
      const std::int64_t held = wrapped(1 - step);
      const std::int64_t place = places[static_cast<std::size_t>((step + 1) % 2)];
      if (step < half && count(held, first) > 0) {
        emitter.store(exchanged(0, half + step, held, first, place));
      }
      const std::int64_t received = wrapped(-step);
      if (step < half && count(received, first) > 0) {
        emitter.load(
            exchanged(1, half + step, received, first, places[static_cast<std::size_t>(step % 2)]));
      }
      if (count(held, first) > 0) {
        emitter.store(part(y_, held, first, place));
      }
      co_yield Step{};
    }
  }

  const Machine& machine_;
  workload::TensorId x_, exchange_, y_;
  numeric::ElementType type_;
  std::int64_t devices_;
  std::int64_t elements_;
  std::int64_t chunk_;
  std::int64_t segment_;  // elements of a chunk at a time
  std::int64_t base_;
  const Machine::Tier& link_;
};

}  // namespace

std::unique_ptr<Layer> plan_all_reduce(const LayerRequest& request) {
  const workload::Tensor& x = request.input(0);
  const auto& attributes = std::get<workload::AllReduce>(request.op().attributes);
  if (request.output().type != x.type) {
    request.error(fmt::format("a sum of {} as {}", numeric::name(x.type),
                              numeric::name(request.output().type)),
                  "one element type");
    return nullptr;
  }
  for (const LayerRequest::Budget& budget : request.budgets()) {
    const std::int64_t buffer =
        budget.bytes / AllReduceLayer::kBuffers / kBufferAlignment * kBufferAlignment;
    const std::int64_t segment =
        std::min(attributes.chunk(x.elements()), buffer * 8 / numeric::bits(x.type));
    if (segment >= 1) {
      return std::make_unique<AllReduceLayer>(request, segment);
    }
  }
  request.error_too_small(AllReduceLayer::bytes(1, x.type), "smallest segment, one element,");
  return nullptr;
}

}  // namespace orrery::lowering
