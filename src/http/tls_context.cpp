// SPDX-License-Identifier: Apache-2.0
#include "http/tls_context.h"

#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "base/file.h"
#include "base/format.h"

namespace darkroom::http {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFile = std::size_t{4} << 20;

struct FreeBio {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Certificate = std::unique_ptr<X509, FreeCertificate>;
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

/// Nobody sits at the terminal of a server.
int no_password(char* /*password*/, int /*size*/, int /*writes*/, void* /*self*/) {
    return -1;
}

std::string last_reason() {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason == nullptr ? "unknown reason" : reason;
}

Error bad_file(std::string_view what, const fs::path& file) {
    return Error{
        ErrorCode::invalid_argument, format("{}: {} ({})", what, file.string(), last_reason())};
}

Result<std::shared_ptr<SSL_CTX>> new_context(const SSL_METHOD* method) {
    ERR_clear_error();
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(method), SSL_CTX_free);
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
        return Error{ErrorCode::unavailable, "no TLS 1.2 in this OpenSSL: " + last_reason()};
    }
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
    // Thousands of event streams wait; tickets need no memory here.
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    return context;
}

Result<Bio> read_pem(const fs::path& file, std::string& text) {
    DARKROOM_TRY_ASSIGN(text, read_file(file, kMaxFile));
    Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    DARKROOM_CHECK(bio != nullptr, "no memory for a file");
    return Result<Bio>(std::move(bio));
}

Result<void> use_certificate(SSL_CTX* context, const fs::path& file) {
    std::string text;
    auto bio = read_pem(file, text);
    if (!bio) return bio.error().with_context("the TLS certificate");
    const Certificate own(PEM_read_bio_X509(bio->get(), nullptr, no_password, nullptr));
    if (!own) return bad_file("the file holds no certificate in PEM", file);
    if (SSL_CTX_use_certificate(context, own.get()) != 1) {
        return bad_file("the TLS certificate is refused", file);
    }
    for (;;) {
        const Certificate between(PEM_read_bio_X509(bio->get(), nullptr, no_password, nullptr));
        if (!between) break;
        if (SSL_CTX_add1_chain_cert(context, between.get()) != 1) {
            return bad_file("a certificate of the chain is refused", file);
        }
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        return bad_file("a certificate of the chain is broken", file);
    }
    return {};
}

Result<void> use_key(SSL_CTX* context, const TlsFiles& files) {
    std::string text;
    auto bio = read_pem(files.key, text);
    if (!bio) return bio.error().with_context("the TLS key");
    ERR_clear_error();
    const Key key(PEM_read_bio_PrivateKey(bio->get(), nullptr, no_password, nullptr));
    OPENSSL_cleanse(text.data(), text.size());
    if (!key) return bad_file("the file holds no key in PEM, or one with a password", files.key);
    const bool fits =
        SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1;
    if (fits) return {};
    return bad_file(
        format("the TLS key does not belong to the certificate {}", files.certificate.string()),
        files.key);
}

}  // namespace

Result<TlsContext> TlsContext::of_server(const TlsFiles& files) {
    DARKROOM_TRY_ASSIGN(std::shared_ptr<SSL_CTX> context, new_context(TLS_server_method()));
    DARKROOM_TRY(use_certificate(context.get(), files.certificate));
    DARKROOM_TRY(use_key(context.get(), files));
    return TlsContext(std::move(context));
}

Result<TlsContext> TlsContext::of_client(const fs::path& authorities) {
    DARKROOM_TRY_ASSIGN(std::shared_ptr<SSL_CTX> context, new_context(TLS_client_method()));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (authorities.empty()) {
        SSL_CTX_set_default_verify_paths(context.get());
    } else {
        DARKROOM_TRY(read_file(authorities, kMaxFile));
        if (SSL_CTX_load_verify_file(context.get(), authorities.c_str()) != 1) {
            return bad_file("the file holds no authorities in PEM", authorities);
        }
    }
    return TlsContext(std::move(context));
}

TlsChannel TlsContext::accept() const {
    SSL* connection = SSL_new(context_.get());
    DARKROOM_CHECK(connection != nullptr, "no memory for TLS");
    SSL_set_accept_state(connection);
    return TlsChannel(connection);
}

TlsChannel TlsContext::connect(const std::string& host) const {
    SSL* connection = SSL_new(context_.get());
    DARKROOM_CHECK(connection != nullptr, "no memory for TLS");
    TlsChannel channel(connection);
    SSL_set_connect_state(connection);
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str()) == 1) {
        return channel;
    }
    std::string name = host;
    // SSL_set_tlsext_host_name, which is a macro with a cast in it.
    const bool is_set =
        SSL_set1_host(connection, host.c_str()) == 1 &&
        SSL_ctrl(
            connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
    DARKROOM_CHECK(is_set, "no name of a host: {}", host);
    return channel;
}

}  // namespace darkroom::http
