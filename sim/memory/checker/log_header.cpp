// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/log_header.h"

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <optional>
#include <vector>

namespace orrery::memory::checker {

namespace {

using dram::ControllerConfig;

constexpr std::string_view kMagic = "orrery_memory_log";

// One parameter: its name, its text and how to set it; set() is false for a text it cannot be.
struct Field {
  std::string name;
  std::string expected;
  std::function<std::string(const ControllerConfig&)> text;
  std::function<bool(ControllerConfig&, std::string_view)> set;
};

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    return std::nullopt;
  }
  return value;
}

template <class E>
Field choice(std::string name, E ControllerConfig::* member, std::vector<std::string> values) {
  return {std::move(name), fmt::format("one of {}", fmt::join(values, ", ")),
          [member, values](const ControllerConfig& config) {
            return values[static_cast<std::size_t>(config.*member)];
          },
          [member, values](ControllerConfig& config, std::string_view text) {
            for (std::size_t i = 0; i < values.size(); ++i) {
              if (values[i] == text) {
                config.*member = static_cast<E>(i);
                return true;
              }
            }
            return false;
          }};
}

Field number(std::string name, std::int64_t ControllerConfig::* member) {
  return {std::move(name), "a number, 0 or more",
          [member](const ControllerConfig& config) { return std::to_string(config.*member); },
          [member](ControllerConfig& config, std::string_view text) {
            const auto value = parse_integer(text);
            config.*member = value.value_or(0);
            return value.has_value();
          }};
}

Field watermark(std::string name, std::optional<std::int64_t> ControllerConfig::* member) {
  return {std::move(name), "a number or 'default'",
          [member](const ControllerConfig& config) {
            return config.*member ? std::to_string(*(config.*member)) : "default";
          },
          [member](ControllerConfig& config, std::string_view text) {
            config.*member = parse_integer(text);
            return (config.*member).has_value() || text == "default";
          }};
}

// The values of a choice stand in the order of its enumeration.
const std::vector<Field>& fields() {
  using Self = ControllerConfig;
  static const std::vector<Field> kFields = {
      choice("page_policy", &Self::page_policy,
             {"open", "open_adaptive", "closed", "closed_adaptive", "timeout"}),
      number("page_timeout", &Self::page_timeout),
      choice("scheduler", &Self::scheduler, {"fr_fcfs", "fr_fcfs_grouped", "fifo"}),
      number("hit_cap", &Self::hit_cap),
      choice("scheduler_buffer", &Self::buffer, {"read_write", "shared", "bankwise"}),
      number("request_buffer_size", &Self::buffer_size),
      watermark("write_high", &Self::write_high),
      watermark("write_low", &Self::write_low),
      choice("refresh_policy", &Self::refresh_policy, {"all_bank", "per_bank", "none"}),
      number("refresh_max_postponed", &Self::refresh_max_postponed),
      number("refresh_max_pulled_in", &Self::refresh_max_pulled_in),
      choice("power_down", &Self::power_down, {"none", "power_down", "self_refresh"}),
      number("power_down_idle", &Self::power_down_idle)};
  return kFields;
}

class HeaderParser {
 public:
  HeaderParser(std::string_view line, const base::SourcePosition& where)
      : line_(line), where_(where) {}

  LogHeader parse() {
    if (word() != kMagic) {
      complain("not a command log", fmt::format("'{} {} ...'", kMagic, kLogVersion));
      errors_.throw_if_any();
    }
    const std::string version(word());
    if (version != std::to_string(kLogVersion)) {
      complain(fmt::format("version '{}' of the command log", version),
               fmt::format("version {}", kLogVersion));
      errors_.throw_if_any();
    }
    while (header_.spec.empty() && skip_blanks()) {
      entry();
    }
    if (header_.spec.empty()) {
      complain("the header names no spec", "spec=NAME at its end");
    }
    errors_.throw_if_any();
    return header_;
  }

 private:
  bool skip_blanks() {
    at_ = std::min(line_.find_first_not_of(' ', at_), line_.size());
    return at_ < line_.size();
  }

  std::string_view word() {
    skip_blanks();
    start_ = at_;
    at_ = std::min(line_.find(' ', at_), line_.size());
    return line_.substr(start_, at_ - start_);
  }

  void entry() {
    constexpr std::string_view kSpec = "spec=";
    if (line_.substr(at_, kSpec.size()) == kSpec) {
      header_.spec = line_.substr(at_ + kSpec.size());
      return;
    }
    const std::string text(word());
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    std::vector<std::string> known;
    for (const Field& field : fields()) {
      known.push_back(field.name);
      if (field.name == name && equals != std::string::npos) {
        const std::string value = text.substr(equals + 1);
        if (!field.set(header_.controller, value)) {
          complain(fmt::format("'{}' for {}", value, name), field.expected);
        }
        return;
      }
    }
    complain(fmt::format("unknown parameter '{}'", name),
             fmt::format("NAME=VALUE with one of {}", fmt::join(known, ", ")),
             base::nearest_name(name, known));
  }

  void complain(const std::string& message, const std::string& expected,
                const std::string& suggestion = {}) {
    base::SourcePosition where = where_;
    where.column = static_cast<int>(start_) + 1;
    errors_.add({where, "", message, expected, suggestion});
  }

  std::string_view line_;
  base::SourcePosition where_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
  LogHeader header_;
  base::Diagnostics errors_;
};

}  // namespace

std::string to_text(const LogHeader& header) {
  std::string text = fmt::format("{} {}", kMagic, kLogVersion);
  for (const Field& field : fields()) {
    text += fmt::format(" {}={}", field.name, field.text(header.controller));
  }
  return text + " spec=" + header.spec;
}

LogHeader parse_header(std::string_view line, const base::SourcePosition& where) {
  return HeaderParser(line, where).parse();
}

}  // namespace orrery::memory::checker
