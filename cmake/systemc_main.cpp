// SPDX-License-Identifier: Apache-2.0

// The SystemC library wants this symbol of every executable. Orrery's programs have a main() of
// their own and build their modules when they need them, so it is never called.
extern "C" int sc_main(int /*argc*/, char** /*argv*/) {
  return 0;
}
