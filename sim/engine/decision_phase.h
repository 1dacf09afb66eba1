// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <systemc>
#include <vector>

namespace orrery::engine {

// Someone who chooses between streams and so must have seen all that happens at this time first.
class Decider {
 public:
  virtual ~Decider() = default;
  virtual void decide() = 0;
};

// Lets engines choose once nothing else is left to happen at this time, in the order of their
// indices: with one stream an engine that looks too early is woken again, but between two streams
// it would have chosen already.
class DecisionPhase : public sc_core::sc_module {
 public:
  DecisionPhase(const sc_core::sc_module_name& name, std::size_t engines);

  // The engine decides at this time; asking again before it has changes nothing.
  void request(std::size_t engine, Decider& decider);

 private:
  SC_HAS_PROCESS(DecisionPhase);
  void step();

  sc_core::sc_event wake_;
  std::vector<Decider*> requested_;  // by engine; null: not
};

}  // namespace orrery::engine
