// SPDX-License-Identifier: Apache-2.0
#include "report/trace_event_writer.h"

#include <fmt/format.h>

#include "report/json.h"

namespace orrery::report {
namespace {

using base::Femtoseconds;

// Femtoseconds as microseconds. Binary floating point would lose the last digits of long runs.
std::string microseconds(Femtoseconds time) {
  constexpr Femtoseconds kPerMicrosecond = 1'000'000'000;
  return fmt::format("{}.{:09d}", time / kPerMicrosecond, time % kPerMicrosecond);
}

}  // namespace

TraceEventWriter::TraceEventWriter(std::ostream& out) : out_(out) {
  out_ << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
}

std::string TraceEventWriter::quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void TraceEventWriter::name_process(int process, const std::string& name) {
  event(fmt::format(R"({{"ph":"M","pid":{},"name":"process_name","args":{{"name":{}}}}})", process,
                    quoted(name)));
  event(
      fmt::format(R"({{"ph":"M","pid":{},"name":"process_sort_index","args":{{"sort_index":{}}}}})",
                  process, process));
}

void TraceEventWriter::name_track(int process, std::size_t track, const std::string& name) {
  event(fmt::format(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":{}}}}})",
                    process, track, quoted(name)));
}

void TraceEventWriter::span(int process, std::size_t track, const std::string& quoted_name,
                            Femtoseconds start, Femtoseconds end) {
  event(fmt::format(R"({{"ph":"X","pid":{},"tid":{},"name":{},"ts":{},"dur":{}}})", process, track,
                    quoted_name, microseconds(start), microseconds(end - start)));
}

void TraceEventWriter::close() {
  out_ << "\n]}\n";
}

void TraceEventWriter::event(const std::string& json) {
  out_ << (first_ ? "\n" : ",\n") << json;
  first_ = false;
}

}  // namespace orrery::report
