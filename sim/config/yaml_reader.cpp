// SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <array>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include "config/yaml.h"

namespace orrery::config {
namespace {

constexpr std::int64_t kLargestFile = 64LL << 20;
constexpr std::size_t kDeepestNesting = 100;
constexpr std::size_t kMostNodes = 1'000'000;

[[noreturn]] void fail(base::SourcePosition where, std::string message, std::string expected = {}) {
  throw base::UserError(
      base::Diagnostic{std::move(where), "", std::move(message), std::move(expected), ""});
}

std::size_t size_of(const Node& node) {
  std::size_t size = 1;
  for (const Node& item : node.items()) {
    size += size_of(item);
  }
  for (const Node::Entry& entry : node.entries()) {
    size += size_of(entry.value);
  }
  return size;
}

// Builds a Node tree from yaml-cpp's events: its own tree keeps no positions of keys and lets a
// later duplicate of a key win silently.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string file) : file_(std::move(file)) {}

  [[nodiscard]] Node take() {
    if (!duplicates_.empty()) {
      throw base::UserError(duplicates_);
    }
    return std::move(root_);
  }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.set_where(position(mark));
    finish(std::move(node), anchor, 1);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override {
    finish(Node::scalar(value, position(mark)), anchor, 1);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      fail(position(mark), "an alias inside the value that it names");
    }
    finish(found->second, 0, size_of(found->second));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Node::sequence(position(mark)), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Node::map(position(mark)), anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    Node node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    bool duplicate_key = false;
    std::string key;
    base::SourcePosition key_where;
    std::map<std::string, int> lines;  // of the keys so far
  };

  [[nodiscard]] base::SourcePosition position(const YAML::Mark& mark) const {
    return {file_, mark.line + 1, mark.column + 1};
  }

  void open(Node node, YAML::anchor_t anchor) {
    if (levels_.size() >= kDeepestNesting) {
      fail(node.where(), "nested too deeply", "at most 100 levels");
    }
    Level level;
    level.node = std::move(node);
    level.anchor = anchor;
    levels_.push_back(std::move(level));
  }

  void close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    finish(std::move(level.node), level.anchor, 1);
  }

  void finish(Node node, YAML::anchor_t anchor, std::size_t added) {
    nodes_ += added;
    if (nodes_ > kMostNodes) {
      fail(node.where(), "the document is too large", "at most a million values");
    }
    if (anchor != 0) {
      anchors_[anchor] = node;
    }
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& parent = levels_.back();
    if (parent.node.is_sequence()) {
      parent.node.append(std::move(node));
    } else if (!parent.has_key) {
      take_key(parent, node);
    } else {
      parent.has_key = false;
      if (!parent.duplicate_key) {
        parent.node.entries().push_back({parent.key, std::move(node), parent.key_where});
      }
    }
  }

  void take_key(Level& parent, const Node& node) {
    if (!node.is_scalar()) {
      fail(node.where(), "a key must be a plain name");
    }
    parent.has_key = true;
    parent.key = node.text();
    parent.key_where = node.where();
    const auto [first, added] = parent.lines.emplace(parent.key, node.where().line);
    parent.duplicate_key = !added;
    if (!added) {
      duplicates_.push_back(
          {parent.key_where, "",
           "duplicate key '" + parent.key + "', first at line " + std::to_string(first->second),
           "each key once", ""});
    }
  }

  std::string file_;
  Node root_;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::vector<base::Diagnostic> duplicates_;
  std::size_t nodes_ = 0;
};

// The length of the well-formed UTF-8 sequence at text[i], or 0.
std::size_t utf8_length(const std::string& text, std::size_t i) {
  const auto lead = static_cast<unsigned char>(text[i]);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || i + length > text.size()) {
    return 0;
  }
  for (std::size_t k = 1; k < length; ++k) {
    if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U) {
      return 0;
    }
  }
  return length;
}

void check_is_text(const std::string& text, const std::string& file) {
  int line = 1;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    if (length == 0 || text[i] == '\0') {
      fail({file, line, 1}, "not a text file: byte " + std::to_string(i) + " is not UTF-8 text",
           "a YAML document");
    }
    line += text[i] == '\n' ? 1 : 0;
    i += length;
  }
}

// Points of a sweep name the same files again and again, and parsing is most of reading them. A
// file is read each time; only what the same text became is kept.
class ParsedFiles {
 public:
  [[nodiscard]] Node parse(const std::string& file, std::string text) {
    const std::lock_guard lock(mutex_);
    const auto known = files_.find(file);
    if (known != files_.end() && known->second.text == text) {
      return known->second.node;
    }
    Node node = parse_yaml(text, file);
    if (text.size() <= kLargestKept) {
      if (files_.size() >= kMostFiles) {
        files_.clear();
      }
      files_.insert_or_assign(file, Parsed{std::move(text), node});
    }
    return node;
  }

 private:
  static constexpr std::size_t kMostFiles = 64;
  static constexpr std::size_t kLargestKept = 1 << 20;

  struct Parsed {
    std::string text;
    Node node;
  };

  std::mutex mutex_;
  std::map<std::string, Parsed> files_;
};

}  // namespace

Node parse_yaml(const std::string& text, const std::string& file) {
  check_is_text(text, file);
  std::istringstream stream(text);
  TreeBuilder builder(file);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      return {};
    }
    TreeBuilder second(file);
    if (parser.HandleNextDocument(second)) {
      fail({file, 0, 0}, "more than one document in the file", "one document");
    }
  } catch (const YAML::Exception& error) {
    fail({file, error.mark.line + 1, error.mark.column + 1}, "not valid YAML: " + error.msg);
  }
  return builder.take();
}

std::string read_text(const std::filesystem::path& path, std::int64_t limit) {
  const std::string file = path.string();
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error || !std::filesystem::exists(status)) {
    fail({file, 0, 0}, "no such file");
  }
  if (std::filesystem::is_directory(status)) {
    fail({file, 0, 0}, "is a folder", "a file");
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    fail({file, 0, 0}, "cannot be opened for reading");
  }
  // In pieces: sizes of pipes and devices are not known beforehand.
  std::string text;
  std::array<char, 1 << 16> piece{};
  while (static_cast<std::int64_t>(text.size()) <= limit &&
         (stream.read(piece.data(), piece.size()), stream.gcount() > 0)) {
    text.append(piece.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad()) {
    fail({file, 0, 0}, "cannot be read");
  }
  if (static_cast<std::int64_t>(text.size()) > limit) {
    fail({file, 0, 0}, "is too large", "at most " + std::to_string(limit >> 20) + " MiB");
  }
  return text;
}

Node read_yaml(const std::filesystem::path& path) {
  static ParsedFiles files;
  return files.parse(path.string(), read_text(path, kLargestFile));
}

}  // namespace orrery::config
