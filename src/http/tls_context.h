// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/tls_channel.h"

struct ssl_ctx_st;

namespace darkroom::http {

/// What a server proves itself with: PEM files.
struct TlsFiles {
    /// The certificate, followed by those between it and its authority.
    std::filesystem::path certificate;
    /// Without a password.
    std::filesystem::path key;
};

/// What one side of TLS 1.2 and 1.3 knows before it meets a peer. A value; thread-safe.
class TlsContext {
  public:
    /// A server's. Fails with what read_file fails with, or with invalid_argument for a file that
    /// is no certificate or key, or a key of another certificate.
    static Result<TlsContext> of_server(const TlsFiles& files);
    /// A client's that believes the authorities in a PEM file; without one those of the system,
    /// which SSL_CERT_FILE and SSL_CERT_DIR may replace. Fails as of_server.
    static Result<TlsContext> of_client(const std::filesystem::path& authorities);

    /// The server's end of a connection.
    [[nodiscard]] TlsChannel accept() const;
    /// The client's end; the peer has to prove that it is `host`, a name or an address.
    [[nodiscard]] TlsChannel connect(const std::string& host) const;

  private:
    explicit TlsContext(std::shared_ptr<ssl_ctx_st> context) : context_(std::move(context)) {}

    std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace darkroom::http
