// SPDX-License-Identifier: Apache-2.0
#include "memory/trace/trace_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace orrery::memory::trace {

namespace {

constexpr const char* kLineForm = "address R|W [cycle]";

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// The whole text as a number; nullopt also where it does not fit 64 bits.
std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint64_t> parse_address_text(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  return hexadecimal ? parse_number(text.substr(2), 16) : parse_number(text, 10);
}

std::string found(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  return fmt::format("found '{}{}'", text.substr(0, kLongest), text.size() > kLongest ? "..." : "");
}

}  // namespace

TraceReader::TraceReader(const std::filesystem::path& path, const TraceLimits& limits,
                         Pacing pacing)
    : file_(path.string()), lines_(path), limits_(limits), pacing_(pacing) {
  base::require_invariant(limits.access_bytes > 0 && limits.request_bytes > 0,
                          "bursts and requests have bytes");
}

bool TraceReader::next(TraceRequest& request) {
  std::string_view line;
  while (lines_.next(line)) {
    const bool is_request = parse(line, request);
    if (!mistakes_.empty()) {
      fail();
    }
    if (is_request) {
      ++(request.is_pim ? pim_commands_ : request.is_write ? writes_ : reads_);
      return true;
    }
  }
  if (reads_ + writes_ + pim_commands_ == 0) {
    mistakes_.add({{file_, 0, 0}, "", "holds no request", kLineForm, ""});
    mistakes_.throw_if_any();
  }
  return false;
}

void TraceReader::fail() {
  try {
    std::string_view line;
    TraceRequest ignored;
    while (mistakes_.items().size() < kMostMistakes && lines_.next(line)) {
      (void)parse(line, ignored);
    }
  } catch (const base::UserError& error) {
    for (const base::Diagnostic& diagnostic : error.diagnostics()) {
      mistakes_.add(diagnostic);
    }
  }
  throw base::UserError(mistakes_.items());
}

TraceReader::Fields TraceReader::split(std::string_view line) {
  Fields fields;
  std::size_t i = 0;
  while (fields.count < fields.items.size()) {
    while (i < line.size() && is_blank(line[i])) {
      ++i;
    }
    if (i == line.size() || line[i] == '#') {
      break;
    }
    const std::size_t begin = i;
    while (i < line.size() && !is_blank(line[i]) && line[i] != '#') {
      ++i;
    }
    fields.items[fields.count++] = {line.substr(begin, i - begin), begin + 1};
    fields.end_column = i + 1;
  }
  return fields;
}

void TraceReader::parse_pim(std::string_view line, TraceRequest& request) {
  request.is_pim = true;
  const PimLine parsed =
      parse_pim_line(line, *limits_.spec, limits_.channels, kLastCycle,
                     [this](std::size_t column, const std::string& message,
                            const std::string& expected, const std::string& suggestion) {
                       mistakes_.add({lines_.position(column), "", message, expected, suggestion});
                     });
  request.channel = parsed.channel;
  request.step = parsed.step;
  request.cycle = parsed.cycle;
}

bool TraceReader::parse(std::string_view line, TraceRequest& request) {
  if (limits_.spec != nullptr && is_pim_line(line)) {
    parse_pim(line, request);
    return true;
  }
  request.is_pim = false;
  const Fields fields = split(line);
  if (fields.count == 0) {
    return false;
  }
  parse_address(fields.items[0], request);
  parse_direction(fields, request);
  parse_cycle(fields, request);
  if (fields.count > 3) {
    mistake(fields.items[3].column, found(fields.items[3].text) + " after the cycle", kLineForm);
  }
  return true;
}

void TraceReader::parse_address(const Field& field, TraceRequest& request) {
  const auto address = parse_address_text(field.text);
  if (!address) {
    mistake(field.column, found(field.text),
            "an address of at most 64 bits, decimal or 0x hexadecimal");
    return;
  }
  const std::uint64_t access = limits_.access_bytes;
  const std::uint64_t first = *address / access;
  const std::uint64_t bursts = (limits_.request_bytes - 1) / access + 1;
  const std::uint64_t all = limits_.capacity / access;
  if (bursts > all || first > all - bursts) {
    mistake(field.column,
            fmt::format("{} bytes at {} lie beyond the capacity", bursts * access, field.text),
            fmt::format("an address below 0x{:x}", bursts > all ? 0 : (all - bursts + 1) * access));
  }
  request.address = *address;
}

void TraceReader::parse_direction(const Fields& fields, TraceRequest& request) {
  if (fields.count < 2) {
    mistake(fields.end_column, "the line ends after the address", kLineForm);
    return;
  }
  const Field& field = fields.items[1];
  if (field.text != "R" && field.text != "W") {
    mistake(field.column, found(field.text), "R or W");
  }
  request.is_write = field.text == "W";
}

void TraceReader::parse_cycle(const Fields& fields, TraceRequest& request) {
  const bool present = fields.count > 2;
  if (pacing_ == Pacing::kByTrace && fields.count > 1) {
    pacing_ = present ? Pacing::kAtCycle : Pacing::kClosedLoop;
    closed_by_trace_ = !present;
  }
  request.cycle = 0;
  if (!present) {
    if (pacing_ == Pacing::kAtCycle && fields.count > 1) {
      mistake(fields.end_column, "no cycle, though requests are offered at cycles", kLineForm);
    }
    return;
  }
  const Field& field = fields.items[2];
  const auto cycle = parse_number(field.text, 10);
  if (!cycle || *cycle > static_cast<std::uint64_t>(kLastCycle)) {
    mistake(field.column, found(field.text), fmt::format("a cycle, from 0 to {}", kLastCycle));
    return;
  }
  if (pacing_ != Pacing::kAtCycle) {
    if (closed_by_trace_) {
      mistake(field.column, found(field.text) + ", though the first request has no cycle",
              "address R|W");
    }
    return;
  }
  request.cycle = static_cast<Cycle>(*cycle);
  if (request.cycle < last_cycle_) {
    mistake(field.column, fmt::format("cycle {} after cycle {}", request.cycle, last_cycle_),
            "cycles that do not go backwards");
  }
  last_cycle_ = request.cycle;
}

void TraceReader::mistake(std::size_t column, std::string message, std::string expected) {
  mistakes_.add({lines_.position(column), "", std::move(message), std::move(expected), ""});
}

}  // namespace orrery::memory::trace
