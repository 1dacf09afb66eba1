// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "memory/specification/spec_schema.h"

namespace orrery::memory::dram::test {

inline SpecDescription describe(const std::string& name) {
  return load_description(std::string(ORRERY_SOURCE_DIR) + "/configs/dram/" + name + ".yaml");
}

inline Spec shipped(const std::string& name) {
  return Spec::from(describe(name));
}

inline void set(SpecDescription& description, const std::string& parameter,
                const std::string& value) {
  for (ParameterDescription& existing : description.parameters) {
    if (existing.name.text == parameter) {
      existing.value = LocatedText(value);
      return;
    }
  }
  description.parameters.push_back({LocatedText(parameter), LocatedText(value)});
}

// Two ranks, so that the constraints between ranks bind.
inline Spec ddr4_of_two_ranks() {
  SpecDescription description = describe("ddr4_2400");
  description.levels[0].count = 2;
  return Spec::from(description);
}

// A standard whose commands take one or two cycles of one bus, with short refresh intervals.
inline Spec ddr4_with_long_commands() {
  SpecDescription description = describe("ddr4_2400");
  for (CommandDescription& command : description.commands) {
    if (command.name.text == "ACT" || command.name.text == "RD" || command.name.text == "WR") {
      command.cycles = 2;
    }
  }
  set(description, "nREFI", "1000");
  return Spec::from(description);
}

// The HBM2 of the comparison with other simulators (docs/validation): one 128-bit channel, bursts
// of 64 bytes in 2 cycles.
inline SpecDescription comparison_hbm2() {
  SpecDescription description = describe("hbm2_neupims");
  description.levels[0].count = 1;
  description.columns = 32;
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"nCCD_S", "2"}, {"nCCD_L", "2"}, {"nRFC", "260"}, {"nREFI", "3900"}}) {
    set(description, name, value);
  }
  description.address_order = {"column", "bank_group", "bank", "rank", "row"};
  return description;
}

// Likewise the DDR4-2400.
inline SpecDescription comparison_ddr4() {
  SpecDescription description = describe("ddr4_2400");
  description.address_order = {"column", "bank_group", "bank", "rank", "row"};
  return description;
}

}  // namespace orrery::memory::dram::test
