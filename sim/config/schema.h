// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/codec.h"

namespace orrery::config {

// Reports every key of `node` that is not among `known`, with the nearest known name.
void report_unknown_keys(const Node& node, Reader& reader, const std::vector<std::string>& known);

// One line of YAML, as a default is shown in documentation.
[[nodiscard]] std::string flow_text(const Node& node);

// The one declaration of a struct's parameters: key, member, type with unit and range, help.
// Reading, writing back, documentation, JSON Schema and --set all follow from it. The default of an
// optional parameter is the member's initialiser in the struct itself.
template <class T>
class Schema {
 public:
  Schema(std::string name, std::string help) {
    parts_->description->name = std::move(name);
    parts_->description->help = std::move(help);
  }

  template <class Member>
  Schema& required(std::string key, Member T::* member, Codec<Member> codec, std::string help) {
    return add(std::move(key), member, std::move(codec), std::move(help), true);
  }

  template <class Member>
  Schema& optional(std::string key, Member T::* member, Codec<Member> codec, std::string help) {
    return add(std::move(key), member, std::move(codec), std::move(help), false);
  }

  // A member of type base::SourcePosition that receives the place of the map in the file.
  Schema& position(base::SourcePosition T::* member) {
    parts_->set_position = [member](T& value, const base::SourcePosition& where) {
      value.*member = where;
    };
    return *this;
  }

  // Members that follow from others, computed when all of them were read without mistake and before
  // the rules. May throw base::UserError.
  Schema& derive(std::function<void(T&)> rule) {
    parts_->derivations.push_back(std::move(rule));
    return *this;
  }

  // A rule over several parameters, checked when all of them were read without mistake.
  Schema& check(std::function<void(const T&, const Node&, Reader&)> rule) {
    parts_->rules.push_back(std::move(rule));
    return *this;
  }

  // A schema of the same parameters whose maps also have a key that someone else reads (`kind`).
  [[nodiscard]] Schema ignoring(std::string key) const {
    Schema other = *this;
    other.parts_ = std::make_shared<Parts>(*parts_);
    other.parts_->ignored.push_back(std::move(key));
    return other;
  }

  [[nodiscard]] std::optional<T> read(const Node& node, Reader& reader) const {
    if (!node.is_map()) {
      reader.mismatch(node, "a map of " + parts_->description->name + " parameters");
      return std::nullopt;
    }
    const std::size_t errors_before = reader.error_count();
    T value{};
    std::vector<std::string> known = parts_->ignored;
    for (const Field& field : parts_->fields) {
      known.push_back(field.key);
      const Node* child = node.find(field.key);
      if (child != nullptr) {
        const Reader::Scope scope(reader, field.key);
        field.read(*child, reader, value);
      } else if (field.required) {
        reader.error(node.where(), "missing key '" + field.key + "'", field.expected);
      }
    }
    report_unknown_keys(node, reader, known);
    if (parts_->set_position) {
      parts_->set_position(value, node.where());
    }
    if (reader.error_count() == errors_before) {
      derive_members(value, reader);
    }
    if (reader.error_count() == errors_before) {
      for (const auto& rule : parts_->rules) {
        rule(value, node, reader);
      }
    }
    if (reader.error_count() != errors_before) {
      return std::nullopt;
    }
    return value;
  }

  // The full map, defaults included.
  [[nodiscard]] Node write(const T& value) const {
    Node node = Node::map();
    for (const Field& field : parts_->fields) {
      Node child = field.write(value);
      if (!child.is_null()) {
        node.set(field.key, std::move(child));
      }
    }
    return node;
  }

  [[nodiscard]] const std::shared_ptr<SchemaDescription>& description() const {
    return parts_->description;
  }

 private:
  struct Field {
    std::string key;
    bool required;
    std::string expected;
    std::function<void(const Node&, Reader&, T&)> read;
    std::function<Node(const T&)> write;
  };

  template <class Member>
  Schema& add(std::string key, Member T::* member, Codec<Member> codec, std::string help,
              bool is_required) {
    auto write = [member, codec](const T& value) { return codec.write(value.*member); };
    const Node default_node = is_required ? Node() : write(T{});
    parts_->description->fields.push_back({key, std::move(help), is_required,
                                           default_node.is_null() ? "" : flow_text(default_node),
                                           codec.type});
    parts_->fields.push_back({std::move(key), is_required, codec.type->expected,
                              [member, codec](const Node& node, Reader& reader, T& value) {
                                if (auto result = codec.read(node, reader)) {
                                  value.*member = std::move(*result);
                                }
                              },
                              write});
    return *this;
  }

  void derive_members(T& value, Reader& reader) const {
    try {
      for (const auto& rule : parts_->derivations) {
        rule(value);
      }
    } catch (const base::UserError& error) {
      for (const base::Diagnostic& diagnostic : error.diagnostics()) {
        reader.diagnostics().add(diagnostic);
      }
    }
  }

  // Shared by all copies of a schema: codecs hold schemas, and schemas codecs, many levels deep.
  struct Parts {
    std::shared_ptr<SchemaDescription> description = std::make_shared<SchemaDescription>();
    std::vector<Field> fields;
    std::vector<std::string> ignored;
    std::vector<std::function<void(T&)>> derivations;
    std::vector<std::function<void(const T&, const Node&, Reader&)>> rules;
    std::function<void(T&, const base::SourcePosition&)> set_position;
  };

  std::shared_ptr<Parts> parts_ = std::make_shared<Parts>();
};

// A nested map read by its own schema.
template <class T>
[[nodiscard]] Codec<T> object(const Schema<T>& schema) {
  auto type = std::make_shared<TypeDescription>();
  type->form = TypeDescription::Form::kObject;
  type->expected = "a map of " + schema.description()->name + " parameters";
  type->object = schema.description();
  return {[schema](const Node& node, Reader& reader) { return schema.read(node, reader); },
          [schema](const T& value) { return schema.write(value); }, type};
}

// One alternative of a family of parts told apart by their key `kind`.
template <class Base>
struct Kind {
  std::string name;
  std::shared_ptr<const SchemaDescription> description;
  std::function<std::shared_ptr<const Base>(const Node&, Reader&)> read;  // null after a mistake
  std::function<std::optional<Node>(const Base&)> write;                  // nullopt: not this kind
};

// Makes a Kind out of the schema of a struct derived from Base (which has a virtual destructor).
template <class Base, class Derived>
[[nodiscard]] Kind<Base> make_kind(const std::string& name, const Schema<Derived>& parameters) {
  const Schema<Derived> schema = parameters.ignoring("kind");
  return {name, schema.description(),
          [schema](const Node& node, Reader& reader) -> std::shared_ptr<const Base> {
            auto value = schema.read(node, reader);
            return value ? std::make_shared<const Derived>(std::move(*value)) : nullptr;
          },
          [schema, name](const Base& value) -> std::optional<Node> {
            const auto* derived = dynamic_cast<const Derived*>(&value);
            if (derived == nullptr) {
              return std::nullopt;
            }
            Node written = schema.write(*derived);
            Node node = Node::map();
            node.set("kind", Node::scalar(name));
            for (Node::Entry& entry : written.entries()) {
              node.set(entry.key, std::move(entry.value));
            }
            return node;
          }};
}

// A map whose `kind` says which of the alternatives reads the rest.
template <class Base>
[[nodiscard]] Codec<std::shared_ptr<const Base>> one_of(std::string family,
                                                        std::vector<Kind<Base>> kinds) {
  using Pointer = std::shared_ptr<const Base>;
  auto type = std::make_shared<TypeDescription>();
  type->form = TypeDescription::Form::kOneOf;
  type->expected = family + " parameters";
  std::vector<std::string> names;
  for (const Kind<Base>& kind : kinds) {
    names.push_back(kind.name);
    type->alternatives.push_back(kind.description);
  }
  type->choices = names;
  auto read = [kinds, names, type](const Node& node, Reader& reader) -> std::optional<Pointer> {
    const Node* kind = node.is_map() ? node.find("kind") : nullptr;
    if (kind == nullptr) {
      reader.error(node.where(), node.is_map() ? "missing key 'kind'" : "found " + node.kind_name(),
                   "one of " + join(names, ", "));
      return std::nullopt;
    }
    std::optional<std::size_t> index;
    {
      const Reader::Scope scope(reader, "kind");
      index = read_choice(*kind, reader, names);
    }
    Pointer value = index ? kinds[*index].read(node, reader) : nullptr;
    return value ? std::optional(std::move(value)) : std::nullopt;
  };
  auto write = [kinds](const Pointer& value) -> Node {
    for (const Kind<Base>& kind : kinds) {
      if (auto node = kind.write(*value)) {
        return *node;
      }
    }
    throw base::InternalError("every part was read by a registered kind", "one_of");
  };
  return {read, write, type};
}

}  // namespace orrery::config
