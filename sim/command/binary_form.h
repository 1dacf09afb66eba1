// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "command/command.h"
#include "command/extents.h"

namespace orrery::command {

// First bytes of the binary form; the version follows as one byte.
inline constexpr std::string_view kBinaryMagic = "ORRYCMD\n";
inline constexpr unsigned char kBinaryVersion = 1;
// Of streams whose header says what they use or where they meet others.
inline constexpr unsigned char kSharedBinaryVersion = 2;
// Of streams whose header describes PIM memories.
inline constexpr unsigned char kPimBinaryVersion = 3;

// The binary form of a stream; docs/command_stream.md has the layout.
void write_binary(Source& source, std::ostream& out);

// Reads a stream in binary form as it is drained, with the checks of read_text(); positions are
// given as the number of the command. Safe on arbitrary bytes: throws base::UserError for whatever
// the writer could not have written.
[[nodiscard]] std::unique_ptr<Source> read_binary(std::unique_ptr<std::istream> in,
                                                  std::string file,
                                                  std::optional<Extents> extents = std::nullopt);

// Opens a stream file of either form, told apart by its first bytes.
[[nodiscard]] std::unique_ptr<Source> open_stream(const std::filesystem::path& path,
                                                  std::optional<Extents> extents = std::nullopt);

}  // namespace orrery::command
