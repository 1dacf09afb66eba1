// SPDX-License-Identifier: Apache-2.0
#include "analytical/energy.h"

#include <fmt/format.h>

#include "base/integer.h"
#include "base/rational.h"

namespace orrery::analytical {
namespace {

using lowering::ExecutionConfig;
using workload::Product;

constexpr std::int64_t kBitsPerByte = 8;
constexpr std::int64_t kWordBits = 64;

// Adds actions of one product as often as there are products.
class Charge {
 public:
  Charge(const Product& product, std::size_t layer, hardware::EnergyAccount& energy)
      : product_(product), layer_(layer), energy_(energy) {}

  void add(const std::string& action, std::int64_t count) {
    if (count > 0) {
      energy_.add_actions(layer_, action, count * product_.count);
    }
  }

 private:
  const Product& product_;
  std::size_t layer_;
  hardware::EnergyAccount& energy_;
};

void charge_array(const Product& product, const Estimate& estimate, const ArrayForm& array,
                  lowering::ArrayEnergy form, Charge& charge) {
  if (form == lowering::ArrayEnergy::kProcessingElementCycles) {
    const auto arrays = static_cast<std::int64_t>(array.instances.size());
    charge.add("processing_element.cycle",
               estimate.compute_cycles * array.processing_elements * arrays);
    return;
  }
  const ArrayForm::Operations operations = array.operations(product);
  charge.add(operations.action, operations.count);
}

// A step reads a line of each buffer; what comes and goes is written in words.
void charge_lines(const Product& product, const Estimate& estimate, const ArrayForm& array,
                  const ExecutionConfig::LineBuffers& lines, Charge& charge) {
  const auto width = [&](std::int64_t elements, const base::Rational& bits, std::int64_t multiple) {
    const std::int64_t whole = base::ceil(bits / multiple) * multiple;
    return elements * whole / lines.lines_per_operand;
  };
  const std::int64_t weight_line =
      width(array.step.k * array.step.n, product.weights.buffer_bits, lines.weight_bits_multiple);
  const std::int64_t input_line = width(array.step.k * array.step.m, product.inputs.buffer_bits, 1);
  charge.add(fmt::format("buffer.read_{}b", weight_line), estimate.steps);
  charge.add(fmt::format("buffer.read_{}b", input_line), estimate.steps);
  charge.add(fmt::format("buffer.write_word_{}b", weight_line),
             product.weights.words(kWordBits) * estimate.weight_fetches);
  charge.add(
      fmt::format("buffer.write_word_{}b", input_line),
      product.inputs.words(kWordBits) * estimate.input_fetches + product.outputs.words(kWordBits));
}

// Operands at the array's edges; what comes and goes.
void charge_bytes(const Product& product, const Estimate& estimate, const ArrayForm& array,
                  Charge& charge) {
  const base::Rational operand_bits =
      array.input_reads(product) * numeric::bits_per_element(product.input_type) +
      array.weight_reads(product) * numeric::bits_per_element(product.weight_type);
  charge.add("scratchpad.read_byte",
             base::ceil(operand_bits / kBitsPerByte) + estimate.bytes_written);
  charge.add("scratchpad.write_byte", estimate.bytes_read + product.outputs.bytes());
}

}  // namespace

void charge(const Product& product, const Estimate& estimate, const ArrayForm& array,
            const ExecutionConfig& execution, std::size_t layer, hardware::EnergyAccount& energy) {
  Charge account(product, layer, energy);
  if (product.computes()) {
    charge_array(product, estimate, array, execution.array_energy, account);
    if (execution.line_buffers) {
      charge_lines(product, estimate, array, *execution.line_buffers, account);
      return;
    }
    charge_bytes(product, estimate, array, account);
  }
  if (!execution.line_buffers) {
    account.add("fabric.byte", estimate.bytes_read + estimate.bytes_written);
  }
}

}  // namespace orrery::analytical
