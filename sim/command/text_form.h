// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "command/command.h"
#include "command/extents.h"

namespace orrery::command {

// First line of the text form, with the version.
inline constexpr std::string_view kTextStart = "orrery-stream ";
inline constexpr int kTextVersion = 1;

// The text form of a stream, one command a line; docs/command_stream.md has the grammar. What the
// writer writes, the reader reads back to the same commands, and writing those gives the same text.
void write_text(Source& source, std::ostream& out);

// One command without its line end, as it would stand in the text form.
[[nodiscard]] std::string to_text(const Command& command, const StreamHeader& header);

// Reads a stream in text form as it is drained. `file` names it in messages. Reads the header at
// once; throws base::UserError with file:line:column for what does not follow the grammar, unknown
// engines, tiers and layers, commands that are not numbered in order, dependencies on commands that
// do not come before or belong to another engine, and, where `extents` are given, names that the
// machine does not have and addresses beyond the end of a memory. The source keeps two bytes for
// each command, to check dependencies.
[[nodiscard]] std::unique_ptr<Source> read_text(std::unique_ptr<std::istream> in, std::string file,
                                                std::optional<Extents> extents = std::nullopt);

}  // namespace orrery::command
