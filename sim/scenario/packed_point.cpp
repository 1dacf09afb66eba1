// SPDX-License-Identifier: Apache-2.0
#include "scenario/packed_point.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <tuple>
#include <utility>

#include "config/document.h"
#include "config/yaml.h"
#include "report/base64.h"
#include "report/build_info.h"
#include "report/hash.h"
#include "report/json.h"
#include "scenario/config_search.h"
#include "scenario/stream_input.h"
#include "sweep/remote_pool.h"

namespace orrery::scenario {
namespace {

namespace fs = std::filesystem;

using report::Json;

constexpr std::int64_t kLargestStream = std::int64_t{1} << 30;

// Both machines must have the same program; of a changed checkout only that it was changed is
// known.
std::string program_name() {
  const report::BuildInfo& build = report::build_info();
  return build.version + " (" + build.commit + ')';
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

// A folder of this process alone, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "orrery-XXXXXX").string();
    base::require_invariant(mkdtemp(name.data()) != nullptr, "a temporary folder can be made",
                            std::strerror(errno));
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void write_file(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  base::require_invariant(file.good(), "a stream fits on the worker's disk", path.string());
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// Messages name the user's files, which the resolved configuration does not: its nodes get the
// positions of those that stand at their places in `source`, and no others.
void copy_positions(const config::Node* source, config::Node& node) {
  node.set_where(source == nullptr ? base::SourcePosition{} : source->where());
  for (config::Node::Entry& entry : node.entries()) {
    copy_positions(source == nullptr ? nullptr : source->find(entry.key), entry.value);
  }
  for (std::size_t i = 0; i < node.items().size(); ++i) {
    const bool known = source != nullptr && i < source->items().size();
    copy_positions(known ? &source->items()[i] : nullptr, node.items()[i]);
  }
}

// What the user wrote, in the order of the resolved configuration; nothing where a file is no YAML.
config::Node source_of(const ScenarioRequest& request) {
  config::Node source = config::Node::map();
  const std::array<std::tuple<const char*, FileFamily, std::string>, 3> files{
      {{"platform", FileFamily::kPlatform, request.platform},
       {"workload", FileFamily::kWorkload, request.workload},
       {"mapping", FileFamily::kMapping, request.mapping}}};
  for (const auto& [section, family, file] : files) {
    try {
      source.set(section, file.empty() ? config::Node::map()
                                       : config::load_document(find_config(family, file, section)));
    } catch (const base::UserError&) {
      source.set(section, config::Node::map());
    }
  }
  for (const config::Override& change : request.overrides) {
    config::apply_override(source, change);
  }
  return source;
}

// Calls visit(node) for a tree, from the top, in the order of the file.
template <class NodeType, class Visit>
void walk(NodeType& node, const Visit& visit) {
  visit(node);
  for (auto& entry : node.entries()) {
    walk(entry.value, visit);
  }
  for (auto& item : node.items()) {
    walk(item, visit);
  }
}

// Of every node: 0, or file, line and column.
Json pack_positions(const config::Node& document) {
  Json positions = Json::array();
  walk(document, [&](const config::Node& node) {
    const base::SourcePosition& where = node.where();
    positions.push_back(where.file.empty() ? Json(0) : Json{where.file, where.line, where.column});
  });
  return positions;
}

void unpack_positions(const Json& positions, config::Node& document) {
  std::size_t next = 0;
  walk(document, [&](config::Node& node) {
    const Json& where = positions.at(next++);
    node.set_where(where.is_array()
                       ? base::SourcePosition{where.at(0).get<std::string>(),
                                              where.at(1).get<int>(), where.at(2).get<int>()}
                       : base::SourcePosition{});
  });
}

// resolved.yaml of a point, and where its parts come from.
Json pack_configuration(const StudyPoint& point) {
  const std::string text = load_scenario(point.request).resolved;
  config::Node document = config::parse_yaml(text, "resolved.yaml");
  const config::Node source = source_of(point.request);
  copy_positions(&source, document);
  return {{"text", text}, {"positions", pack_positions(document)}};
}

Json pack_streams(const std::vector<std::string>& files) {
  Json streams = Json::array();
  for (const std::string& file : files) {
    streams.push_back(
        {{"file", file}, {"content", report::to_base64(config::read_text(file, kLargestStream))}});
  }
  return streams;
}

// A point on the machine that simulates it.
class UnpackedPoint {
 public:
  explicit UnpackedPoint(const Json& packed) {
    point_.config_hash = packed.at("config_hash").get<std::string>();
    for (const Json& text : packed.at("not_applicable")) {
      study_.not_applicable.push_back({text.get<std::string>(), {}, {}});
    }
    const Json& resolved = packed.at("resolved");
    config::Node document =
        config::parse_yaml(resolved.at("text").get<std::string>(), "resolved.yaml");
    if (packed.at("streams").empty()) {
      unpack_positions(resolved.at("positions"), document);
      point_.request.document = std::move(document);
    } else {
      unpack_streams(document, packed.at("streams"));
    }
  }

  [[nodiscard]] PointRun run() const {
    PointRun run = run_point(study_, point_);
    for (const auto& [here, there] : names_) {
      run.error = replace_all(run.error, here, there);
    }
    return run;
  }

 private:
  // Their names are in the configuration's hash: they keep them, each in a folder of its own.
  void unpack_streams(const config::Node& resolved, const Json& streams) {
    folder_.emplace();
    point_.request.platform = (folder_->path() / "platform.yaml").string();
    write_file(point_.request.platform, config::write_yaml(*resolved.find("platform")));
    for (const Json& stream : streams) {
      const std::string there = stream.at("file").get<std::string>();
      const fs::path here =
          folder_->path() / std::to_string(names_.size()) / fs::path(there).filename();
      write_file(here, report::from_base64(stream.at("content").get<std::string>()));
      point_.streams.push_back(here.string());
      names_.emplace_back(here.string(), there);
    }
  }

  sweep::Study study_;  // only what it allows
  StudyPoint point_;
  std::optional<TemporaryFolder> folder_;
  std::vector<std::pair<std::string, std::string>> names_;  // of streams: here, at the sender
};

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

template <class T>
std::optional<T> read_optional(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional<T>(json.get<T>());
}

// The answer to a request; empty where the other end has been closed meanwhile.
std::string answer_request(const std::string& request, const sweep::LineChannel& channel,
                           std::optional<std::uint64_t> limit_bytes) {
  const Json packed = Json::parse(request);
  if (const auto sender = packed.at("program").get<std::string>(); sender != program_name()) {
    return sweep::write_refusal(fmt::format(
        "the workers on '{}' have Orrery {}, this is {}; expected the same on every machine",
        host_name(), program_name(), sender));
  }
  const UnpackedPoint point(packed);
  std::atomic<bool> abandoned = false;
  sweep::WorkerReport answer;
  sweep::PoolOptions options;
  options.limit_seconds = read_optional<double>(packed.at("limit_seconds"));
  options.limit_bytes = read_optional<std::uint64_t>(packed.at("limit_bytes"));
  options.limit_bytes = options.limit_bytes ? options.limit_bytes : limit_bytes;
  options.interrupt = &abandoned;
  options.waiting = [&] { abandoned = channel.abandoned(); };
  options.ended = [&](const sweep::WorkerReport& report) { answer = report; };
  const auto work = [&](std::size_t) { return write_point_run(point.run()); };
  return sweep::run_jobs({0}, work, options) ? sweep::write_answer(answer) : std::string();
}

}  // namespace

std::string pack_point(const sweep::Study& study, const StudyPoint& point,
                       const PointLimits& limits) {
  Json allowed = Json::array();
  for (const sweep::LocatedText& text : study.not_applicable) {
    allowed.push_back(text.value);
  }
  Json resolved = point.streams.empty()
                      ? pack_configuration(point)
                      : Json{{"text", load_streams(point.request, point.streams).resolved}};
  return Json{{"program", program_name()},
              {"config_hash", point.config_hash},
              {"resolved", std::move(resolved)},
              {"streams", pack_streams(point.streams)},
              {"not_applicable", std::move(allowed)},
              {"limit_seconds", or_null(limits.seconds)},
              {"limit_bytes", or_null(limits.bytes)}}
      .dump();
}

void serve_points(sweep::LineChannel& channel, std::optional<std::uint64_t> limit_bytes) {
  while (const std::optional<std::string> request = channel.receive(-1)) {
    if (!channel.send(answer_request(*request, channel, limit_bytes))) {
      return;
    }
  }
}

}  // namespace orrery::scenario
