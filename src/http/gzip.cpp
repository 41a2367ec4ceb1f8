// SPDX-License-Identifier: Apache-2.0
#include "http/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/format.h"

namespace darkroom::http {
namespace {

constexpr int kGzipWindow = 15 + 16;
constexpr std::size_t kPieceBytes = 32U << 10;

/// zlib takes its input as a pointer to non-const that it does not write through.
Bytef* input_bytes(std::string_view text) {
    return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
}

/// An inflating z_stream that cleans up after itself.
struct Inflater {
    Inflater() { DARKROOM_CHECK(inflateInit2(&stream, kGzipWindow) == Z_OK, "inflateInit2"); }
    ~Inflater() { inflateEnd(&stream); }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    z_stream stream{};
};

/// "gzip;q=0.5" without the name: false for a quality of nought.
bool has_quality(std::string_view parameters) {
    const std::size_t q = parameters.find("q=");
    if (q == std::string_view::npos) return true;
    const std::string_view value = trimmed(parameters.substr(q + 2));
    return value.find_first_of("123456789") != std::string_view::npos;
}

}  // namespace

struct GzipEncoder::State {
    State() {
        const int made =
            deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY);
        DARKROOM_CHECK(made == Z_OK, "deflateInit2: {}", made);
    }
    ~State() { deflateEnd(&stream); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    z_stream stream{};
    std::string out;
};

GzipEncoder::GzipEncoder() : state_(std::make_unique<State>()) {}

GzipEncoder::~GzipEncoder() = default;

void GzipEncoder::run(std::string_view piece, int flush) {
    z_stream& stream = state_->stream;
    stream.next_in = input_bytes(piece);
    stream.avail_in = static_cast<uInt>(piece.size());
    std::array<Bytef, kPieceBytes> buffer{};
    do {
        stream.next_out = buffer.data();
        stream.avail_out = static_cast<uInt>(buffer.size());
        deflate(&stream, flush);
        const std::size_t made = buffer.size() - stream.avail_out;
        state_->out.append(reinterpret_cast<const char*>(buffer.data()), made);
    } while (stream.avail_out == 0);
}

void GzipEncoder::append(std::string_view piece) {
    DARKROOM_CHECK(piece.size() <= (1U << 30), "piece of {} bytes", piece.size());
    run(piece, Z_NO_FLUSH);
}

std::string GzipEncoder::finish() {
    run({}, Z_FINISH);
    return std::move(state_->out);
}

Result<std::string> gunzip(std::string_view compressed, std::size_t limit_bytes) {
    Inflater inflater;
    z_stream& stream = inflater.stream;
    std::string out;
    std::array<Bytef, kPieceBytes> buffer{};
    std::size_t offset = 0;
    for (int status = Z_OK; status != Z_STREAM_END;) {
        if (stream.avail_in == 0) {
            const std::string_view piece = compressed.substr(offset, kPieceBytes);
            if (piece.empty()) return Error{ErrorCode::corrupt_input, "gzip data is cut short"};
            stream.next_in = input_bytes(piece);
            stream.avail_in = static_cast<uInt>(piece.size());
            offset += piece.size();
        }
        stream.next_out = buffer.data();
        stream.avail_out = static_cast<uInt>(buffer.size());
        status = inflate(&stream, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
            return Error{ErrorCode::corrupt_input, "gzip data is damaged"};
        }
        const std::size_t made = buffer.size() - stream.avail_out;
        if (made > limit_bytes - out.size()) {
            return Error{
                ErrorCode::payload_too_large,
                format("gzip data expands beyond the limit in bytes: {}", limit_bytes)};
        }
        out.append(reinterpret_cast<const char*>(buffer.data()), made);
    }
    return out;
}

bool accepts_gzip(const Headers& headers) {
    for (const std::string_view element : comma_separated(headers.get("Accept-Encoding"))) {
        const std::size_t semicolon = std::min(element.find(';'), element.size());
        const std::string_view name = trimmed(element.substr(0, semicolon));
        if (equal_ignoring_case(name, "gzip") || name == "*") {
            return has_quality(element.substr(semicolon));
        }
    }
    return false;
}

bool is_compressible(std::string_view content_type) {
    const std::string_view type = trimmed(content_type.substr(0, content_type.find(';')));
    if (equal_ignoring_case(type, "text/event-stream")) return false;
    if (equal_ignoring_case(type.substr(0, 5), "text/")) return true;
    constexpr std::array<std::string_view, 5> kTypes = {
        "application/json",
        "application/javascript",
        "application/xml",
        "application/manifest+json",
        "image/svg+xml"};
    return std::ranges::any_of(
        kTypes, [&](std::string_view known) { return equal_ignoring_case(type, known); });
}

}  // namespace darkroom::http
