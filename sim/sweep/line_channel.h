// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orrery::sweep {

// Lines of text to and from another process, over a connected socket, which it closes at its end.
class LineChannel {
 public:
  explicit LineChannel(int socket) : socket_(socket) {}
  ~LineChannel();
  LineChannel(const LineChannel&) = delete;
  LineChannel& operator=(const LineChannel&) = delete;

  // Without the line feed, which it adds; false where the other process is gone.
  [[nodiscard]] bool send(std::string_view line);

  // The next line; none where none comes in that time, or the other process is gone. Negative:
  // waits as long as it takes.
  [[nodiscard]] std::optional<std::string> receive(int milliseconds);

  // Whether nothing more can come.
  [[nodiscard]] bool closed() const { return closed_; }
  // Whether the other process has gone, known without reading.
  [[nodiscard]] bool abandoned() const;

 private:
  [[nodiscard]] bool fill(int milliseconds);
  [[nodiscard]] std::optional<std::string> take_line();

  int socket_;
  bool closed_ = false;
  std::string received_;
  std::size_t searched_ = 0;  // so far there is no line feed
};

}  // namespace orrery::sweep
