// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/functional/case_maker.h"
#include "tests/functional/random_cases.h"

namespace orrery::testing {

// Decode attention in a memory that computes, all drawn from a seed: lengths below, at and above
// those of a tile and a row, one or several requests a channel, grouped queries, values of another
// size; one to four channels of four to eight banks with short rows under several address maps;
// inputs and caches of one type or of two, INT8 among them;
// command sets with and without composite commands, headers, vectors from rows and from the
// scratchpad, results of two and four bytes, all at a time or some banks'. Family: the command set.
[[nodiscard]] RandomCase pim_attention_case(std::uint64_t seed);
[[nodiscard]] const std::vector<std::string>& pim_families();

// A memory of such a family whose columns and rows hold whole elements.
[[nodiscard]] command::PimMemory draw_pim_memory(CaseMaker& make, const std::string& family,
                                                 std::int64_t element_bytes);

// Another on the same machine, to run beside it.
[[nodiscard]] RandomCase pim_attention_case_beside(const RandomCase& other, std::uint64_t seed);

// Prefill on arrays that leaves its keys and values in banks: prompts below, at and above a tile, a
// block and a row, in all forms of attention. Families as above.
[[nodiscard]] RandomCase pim_prefill_case(std::uint64_t seed);

// Of the inputs and caches of such a case.
[[nodiscard]] workload::ElementTypes types_of(const workload::Graph& graph);

// One attention operator 'y' with inputs and caches of these types.
[[nodiscard]] workload::Graph pim_attention_graph(const workload::Attention& attributes,
                                                  std::int64_t batch,
                                                  const workload::ElementTypes& types);

}  // namespace orrery::testing
