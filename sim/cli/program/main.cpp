// SPDX-License-Identifier: Apache-2.0
#include "cli/program.h"

int main(int argc, char** argv) {
  return orrery::cli::run_program(argc, argv);
}

// The SystemC library has a main() of its own, which is not used, and wants this to exist.
extern "C" int sc_main(int argc, char** argv) {
  return orrery::cli::run_program(argc, argv);
}
