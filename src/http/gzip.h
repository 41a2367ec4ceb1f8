// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/headers.h"

namespace darkroom::http {

/// Compresses a text in pieces (RFC 1952, fastest level).
class GzipEncoder {
  public:
    GzipEncoder();
    ~GzipEncoder();
    GzipEncoder(const GzipEncoder&) = delete;
    GzipEncoder& operator=(const GzipEncoder&) = delete;

    void append(std::string_view piece);
    /// The whole compressed text; the object is spent afterwards.
    std::string finish();

  private:
    void run(std::string_view piece, int flush);

    struct State;
    std::unique_ptr<State> state_;
};

/// Undoes gzip. Fails with corrupt_input, and with payload_too_large past `limit_bytes`.
Result<std::string> gunzip(std::string_view compressed, std::size_t limit_bytes);

/// True when the Accept-Encoding field admits gzip.
bool accepts_gzip(const Headers& headers);

/// True for text, JSON, JavaScript, XML and SVG; event streams are left alone.
bool is_compressible(std::string_view content_type);

}  // namespace darkroom::http
