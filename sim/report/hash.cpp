// SPDX-License-Identifier: Apache-2.0
#include "report/hash.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>
#include <vector>

#include "base/error.h"

namespace orrery::report {
namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    require(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }

  void add(std::string_view text) {
    require(EVP_DigestUpdate(context_.get(), text.data(), text.size()) == 1);
  }

  [[nodiscard]] std::string hexadecimal() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    require(EVP_DigestFinal_ex(context_.get(), digest.data(), &length) == 1);
    std::string result;
    for (unsigned int i = 0; i < length; ++i) {
      result += fmt::format("{:02x}", digest[i]);
    }
    return result;
  }

 private:
  static void require(bool done) { base::require_invariant(done, "SHA-256 can be computed"); }

  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

}  // namespace

std::string sha256(std::string_view text) {
  Sha256 hash;
  hash.add(text);
  return hash.hexadecimal();
}

std::string sha256_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  Sha256 hash;
  std::vector<char> block(1 << 16);
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    hash.add({block.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (!file.eof()) {
    throw base::UserError(base::Diagnostic{{path.string(), 0, 0}, "", "cannot be read", "", ""});
  }
  return hash.hexadecimal();
}

}  // namespace orrery::report
