// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace orrery::base {

// A lazy sequence written as a coroutine: loop nests that read like loop nests and hold no more
// than the element at hand. Move-only; next() resumes the coroutine and rethrows what it threw.
template <class T>
class Generator {
 public:
  struct promise_type {
    std::optional<T> value;
    std::exception_ptr error;

    Generator get_return_object() {
      return Generator(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(T next) {
      value = std::move(next);
      return {};
    }
    void return_void() noexcept {}
    void unhandled_exception() { error = std::current_exception(); }
  };

  Generator() = default;
  Generator(Generator&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Generator& operator=(Generator&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Generator() {
    if (handle_) {
      handle_.destroy();
    }
  }

  // The next element, or nullopt at the end.
  [[nodiscard]] std::optional<T> next() {
    if (!handle_ || handle_.done()) {
      return std::nullopt;
    }
    handle_.promise().value.reset();
    handle_.resume();
    if (handle_.promise().error) {
      std::rethrow_exception(std::exchange(handle_.promise().error, {}));
    }
    return std::move(handle_.promise().value);
  }

 private:
  explicit Generator(std::coroutine_handle<promise_type> handle) : handle_(handle) {}

  std::coroutine_handle<promise_type> handle_;
};

}  // namespace orrery::base
