// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <ostream>
#include <string>

#include "base/clock.h"

namespace orrery::report {

// Chrome's trace event format, which Perfetto and chrome://tracing open. Writes the elements of the
// JSON array one by one: a timeline may be too long for a tree in memory. Times in microseconds
// with nine digits after the point, exact to the femtosecond.
class TraceEventWriter {
 public:
  // The stream must outlive the writer. Writes the beginning of the file.
  explicit TraceEventWriter(std::ostream& out);

  // A group of tracks; groups are shown in the order of their numbers.
  void name_process(int process, const std::string& name);
  void name_track(int process, std::size_t track, const std::string& name);
  // name: as JSON text, from quoted(). Spans of one track must lie apart or inside each other.
  void span(int process, std::size_t track, const std::string& quoted_name,
            base::Femtoseconds start, base::Femtoseconds end);
  // Writes the end of the file. Once.
  void close();

  [[nodiscard]] static std::string quoted(const std::string& text);

 private:
  void event(const std::string& json);

  std::ostream& out_;
  bool first_ = true;
};

}  // namespace orrery::report
