// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "tests/command/forms.h"
#include "tests/command/list_source.h"

namespace orrery::command {

// A sound header: eight lines, so that the first command stands in the ninth.
inline std::vector<std::string> header_lines() {
  return {"orrery-stream 1", "workload w",    "platform p", "engine load",
          "engine array",    "engine vector", "tier dram",  "layer l gemm"};
}

inline std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line + "\n";
  }
  return text;
}

// The header, these commands, the end.
inline std::string stream(const std::vector<std::string>& commands) {
  return joined(header_lines()) + joined(commands) + "end\n";
}

// A stream without commands whose header has these lines in place of one (counted from 1).
inline std::string header_with(std::size_t line, const std::vector<std::string>& replacement) {
  std::vector<std::string> lines = header_lines();
  const auto place = lines.begin() + static_cast<std::ptrdiff_t>(line) - 1;
  lines.insert(lines.erase(place), replacement.begin(), replacement.end());
  lines.emplace_back("end");
  return joined(lines);
}

// A sound move behind this beginning.
inline std::string move_as(const std::string& begin) {
  return begin + " move source=tier:dram@0 destination=scratchpad@0 row_bytes=64";
}

// A stream whose header has one more line.
inline std::string with_header_line(const std::string& line,
                                    const std::vector<std::string>& commands) {
  return joined(header_lines()) + line + "\n" + joined(commands) + "end\n";
}
inline std::string meeting(const std::string& numbers, const std::vector<std::string>& commands) {
  return with_header_line("rendezvous " + numbers, commands);
}

inline std::string replaced(std::string line, const std::string& old, const std::string& by) {
  return line.replace(line.find(old), old.size(), by);
}

// One sound command with a part replaced.
inline std::string move_with(const std::string& old, const std::string& by) {
  return stream({replaced(move_as("1 load 0"), old, by)});
}
inline std::string tile_with(const std::string& old, const std::string& by) {
  return stream(
      {replaced("1 array 0 compute dataflow=ws m=2 n=3 k=4 a=scratchpad@0/int8[2:32][4:8] "
                "b=scratchpad@8/int8[4:24][3:8] c=accumulator:array@0/int32[2:96][3:32]",
                old, by)});
}
inline std::string vector_with(const std::string& old, const std::string& by) {
  return stream(
      {replaced("1 vector 0 vector rows=2 columns=3 source=accumulator:array@0/int32[2:96][3:32] "
                "destination=scratchpad@0/int8[2:24][3:8]",
                old, by)});
}

// The message with which a stream ends, "no error" where it is read to its end.
inline std::string error_of(const Form& form, const std::string& bytes,
                            std::optional<Extents> extents = std::nullopt) {
  try {
    (void)drain(*form.open(bytes, std::move(extents)));
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "no error";
}

struct TextCase {
  const char* name;
  std::string text;
  const char* message;
};

}  // namespace orrery::command
