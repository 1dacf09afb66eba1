// SPDX-License-Identifier: Apache-2.0
#include "sweep/line_channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace orrery::sweep {
namespace {

bool send_all(int socket, std::string_view text) {
  while (!text.empty()) {
    // Not a signal but an error where nobody reads any more.
    const ssize_t n = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (n < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(n < 0 ? 0 : static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

LineChannel::~LineChannel() {
  close(socket_);
}

bool LineChannel::send(std::string_view line) {
  return send_all(socket_, std::string(line) + '\n');
}

std::optional<std::string> LineChannel::receive(int milliseconds) {
  std::optional<std::string> line = take_line();
  while (!line && fill(milliseconds)) {
    line = take_line();
  }
  return line;
}

bool LineChannel::abandoned() const {
  pollfd handle{socket_, POLLRDHUP, 0};
  return poll(&handle, 1, 0) > 0 && (handle.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

// Waits for something to read; false where nothing came.
bool LineChannel::fill(int milliseconds) {
  pollfd handle{socket_, POLLIN, 0};
  if (closed_ || poll(&handle, 1, milliseconds) <= 0) {
    return false;
  }
  std::array<char, 65536> block{};
  const ssize_t n = recv(socket_, block.data(), block.size(), 0);
  if (n < 0 && errno == EINTR) {
    return true;
  }
  closed_ = n <= 0;
  received_.append(block.data(), closed_ ? 0 : static_cast<std::size_t>(n));
  return !closed_;
}

std::optional<std::string> LineChannel::take_line() {
  const std::size_t end = received_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = received_.size();
    return std::nullopt;
  }
  std::string line = received_.substr(0, end);
  received_.erase(0, end + 1);
  searched_ = 0;
  return line;
}

}  // namespace orrery::sweep
