// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command/byte_reader.h"
#include "command/command.h"
#include "command/stream_checker.h"

namespace orrery::command {

// A stream in binary form, read as it is drained. Throws the mistakes of one command together.
class BinaryReader : public Source {
 public:
  BinaryReader(std::unique_ptr<std::istream> in, std::string file, std::optional<Extents> extents);

  [[nodiscard]] const StreamHeader& header() const override { return header_; }
  [[nodiscard]] bool next(Command& command) override;

 private:
  void read_header();
  void read_sharing(unsigned char version);
  void read_pim_memories();
  [[nodiscard]] PimMemory::Digits pim_digits();
  [[nodiscard]] PimCommand pim_command();
  [[nodiscard]] std::vector<std::string> names(std::size_t most, const char* what);
  [[nodiscard]] LayerInfo layer_info();
  void check_end();

  void read_command(unsigned tag, Command& command);
  void read(Move& move);
  void read(ComputeTile& tile);
  void read(VectorCommand& command);
  void read(Barrier& /*barrier*/) {}
  void read(Rendezvous& rendezvous) { rendezvous.number = in_.natural(); }
  void read(PimProgram& program);
  [[nodiscard]] PimStep pim_step(std::size_t memory_in_file);
  [[nodiscard]] PimProgram::End pim_end();
  [[nodiscard]] EngineIndex engine();
  [[nodiscard]] Space space();
  [[nodiscard]] Space space_in_file();
  [[nodiscard]] Move::End end();
  [[nodiscard]] unsigned wide_type_number();
  [[nodiscard]] ElementType element_type(unsigned number);
  [[nodiscard]] View view();
  [[nodiscard]] timing::Dataflow dataflow(unsigned index);
  [[nodiscard]] VectorStage stage();

  ByteReader in_;
  StreamChecker checker_;
  StreamHeader header_;
  std::size_t engines_ = 0;  // in the file
  std::size_t tiers_ = 0;
  std::vector<std::size_t> pim_commands_;  // in the file, by its PIM memory
  std::int64_t last_layer_ = 0;
  bool finished_ = false;
};

}  // namespace orrery::command
