// SPDX-License-Identifier: Apache-2.0
#include "http/tls_channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/check.h"

namespace darkroom::http {
namespace {

Error failure_of(const SSL* connection) {
    const long verdict = SSL_get_verify_result(connection);
    if (verdict != X509_V_OK) {
        return Error{
            ErrorCode::unavailable,
            std::string("the server does not prove who it is: ") +
                X509_verify_cert_error_string(verdict)};
    }
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    return Error{
        ErrorCode::unavailable,
        std::string("TLS failed: ") + (reason == nullptr ? "protocol error" : reason)};
}

bool wants_more(const SSL* connection, int outcome) {
    return SSL_get_error(connection, outcome) == SSL_ERROR_WANT_READ;
}

}  // namespace

void TlsChannel::Free::operator()(ssl_st* connection) const {
    SSL_free(connection);
}

TlsChannel::TlsChannel(ssl_st* connection) : connection_(connection) {
    BIO* incoming = BIO_new(BIO_s_mem());
    BIO* outgoing = BIO_new(BIO_s_mem());
    DARKROOM_CHECK(incoming != nullptr && outgoing != nullptr, "no memory for TLS");
    SSL_set_bio(connection, incoming, outgoing);
}

void TlsChannel::feed(std::string_view bytes) {
    if (bytes.empty()) return;
    std::size_t count = 0;
    const int written =
        BIO_write_ex(SSL_get_rbio(connection_.get()), bytes.data(), bytes.size(), &count);
    DARKROOM_CHECK(written == 1 && count == bytes.size(), "no memory for TLS");
}

std::size_t TlsChannel::outgoing_bytes() const {
    return BIO_ctrl_pending(SSL_get_wbio(connection_.get()));
}

std::string TlsChannel::take_outgoing() {
    std::string bytes(outgoing_bytes(), '\0');
    if (bytes.empty()) return bytes;
    std::size_t count = 0;
    BIO_read_ex(SSL_get_wbio(connection_.get()), bytes.data(), bytes.size(), &count);
    bytes.resize(count);
    return bytes;
}

Result<TlsChannel::Handshake> TlsChannel::shake_hands() {
    ERR_clear_error();
    const int outcome = SSL_do_handshake(connection_.get());
    if (outcome == 1) return Handshake::done;
    if (wants_more(connection_.get(), outcome)) return Handshake::wants_more;
    if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) return Handshake::plain_http;
    return failure_of(connection_.get());
}

Result<std::optional<std::size_t>> TlsChannel::read(std::span<char> space) {
    ERR_clear_error();
    std::size_t count = 0;
    const int outcome = SSL_read_ex(connection_.get(), space.data(), space.size(), &count);
    if (outcome == 1) return std::optional<std::size_t>(count);
    if (wants_more(connection_.get(), outcome)) return std::optional<std::size_t>();
    if (SSL_get_error(connection_.get(), outcome) == SSL_ERROR_ZERO_RETURN) {
        return std::optional<std::size_t>(0);
    }
    return failure_of(connection_.get());
}

TlsChannel::Waiting TlsChannel::waiting() {
    ERR_clear_error();
    char byte = 0;
    std::size_t count = 0;
    const int outcome = SSL_peek_ex(connection_.get(), &byte, 1, &count);
    if (outcome == 1) return Waiting::bytes;
    return wants_more(connection_.get(), outcome) ? Waiting::nothing : Waiting::end;
}

Result<void> TlsChannel::write(std::string_view bytes) {
    ERR_clear_error();
    std::size_t count = 0;
    const int outcome = SSL_write_ex(connection_.get(), bytes.data(), bytes.size(), &count);
    if (outcome == 1 && count == bytes.size()) return {};
    return failure_of(connection_.get());
}

void TlsChannel::close() {
    SSL_shutdown(connection_.get());
    ERR_clear_error();
}

}  // namespace darkroom::http
