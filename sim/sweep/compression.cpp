// SPDX-License-Identifier: Apache-2.0
#include "sweep/compression.h"

#include <boost/iostreams/device/back_inserter.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>

#include "base/error.h"

namespace orrery::sweep {
namespace {

namespace io = boost::iostreams;

template <class Filter>
std::string filtered(const std::string& input, const Filter& filter) {
  std::string output;
  io::filtering_ostream stream;
  stream.push(filter);
  stream.push(io::back_inserter(output));
  stream.write(input.data(), static_cast<std::streamsize>(input.size()));
  // Errors of the last block would be swallowed by the destructor.
  stream.strict_sync();
  io::close(stream);
  return output;
}

}  // namespace

std::string compress(const std::string& text) {
  return filtered(text, io::gzip_compressor(io::gzip_params(io::gzip::best_speed)));
}

std::string decompress(const std::string& bytes) {
  try {
    return filtered(bytes, io::gzip_decompressor());
  } catch (const std::exception&) {
    throw base::UserError(
        base::Diagnostic{{"", 0, 0}, "", "a result in the store is damaged", "another folder", ""});
  }
}

}  // namespace orrery::sweep
