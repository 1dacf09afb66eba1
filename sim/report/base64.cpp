// SPDX-License-Identifier: Apache-2.0
#include "report/base64.h"

#include <openssl/evp.h>

#include <cstddef>

#include "base/error.h"

namespace orrery::report {
namespace {

// Three bytes are four characters.
constexpr std::size_t kBytes = 3;
constexpr std::size_t kCharacters = 4;
// OpenSSL counts in int: blocks of this many groups.
constexpr std::size_t kGroups = std::size_t{1} << 20;

const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += kGroups * kBytes) {
    const std::string_view block = bytes.substr(at, kGroups * kBytes);
    // One character more for the end that OpenSSL writes.
    std::string part((block.size() + kBytes - 1) / kBytes * kCharacters + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(part.data()),
                                     unsigned_bytes(block), static_cast<int>(block.size()));
    text.append(part, 0, static_cast<std::size_t>(size));
  }
  return text;
}

std::string from_base64(std::string_view text) {
  base::require_invariant(text.size() % kCharacters == 0, "base64 comes in groups of four");
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); at += kGroups * kCharacters) {
    const std::string_view block = text.substr(at, kGroups * kCharacters);
    std::string part(block.size() / kCharacters * kBytes, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(part.data()),
                                     unsigned_bytes(block), static_cast<int>(block.size()));
    base::require_invariant(size >= 0, "base64 has 64 characters");
    bytes += part;
  }
  // OpenSSL gives a zero for each '='.
  const std::size_t last = text.find_last_not_of('=');
  bytes.resize(bytes.size() - (text.empty() ? 0 : text.size() - 1 - last));
  return bytes;
}

}  // namespace orrery::report
