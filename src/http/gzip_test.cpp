// SPDX-License-Identifier: Apache-2.0
#include "http/gzip.h"

#include <string>

#include <gtest/gtest.h>

namespace darkroom::http {
namespace {

std::string compressed(std::string_view text) {
    GzipEncoder encoder;
    encoder.append(text.substr(0, text.size() / 2));
    encoder.append(text.substr(text.size() / 2));
    return encoder.finish();
}

Headers accepting(std::string_view value) {
    Headers headers;
    headers.add("Accept-Encoding", value);
    return headers;
}

TEST(Gzip, RoundTripsEverySize) {
    for (const std::size_t size : {0U, 1U, 1000U, 300'000U}) {
        std::string text;
        for (std::size_t i = 0; i < size; ++i)
            text += static_cast<char>((i * i) >> 3);
        EXPECT_EQ(gunzip(compressed(text), size).value(), text) << size;
    }
}

TEST(Gzip, ExpansionIsLimited) {
    const std::string bomb = compressed(std::string(1'000'000, 'a'));
    EXPECT_EQ(gunzip(bomb, 999'999).error().code, ErrorCode::payload_too_large);
}

TEST(Gzip, DamagedDataIsAnError) {
    const std::string good = compressed(std::string(1000, 'a'));
    EXPECT_EQ(gunzip(good.substr(0, good.size() - 1), 1000).error().code, ErrorCode::corrupt_input);
    EXPECT_EQ(gunzip("no gzip at all", 1000).error().code, ErrorCode::corrupt_input);
    EXPECT_EQ(gunzip("", 1000).error().code, ErrorCode::corrupt_input);
}

TEST(AcceptsGzip, ReadsTheHeader) {
    EXPECT_TRUE(accepts_gzip(accepting("gzip")));
    EXPECT_TRUE(accepts_gzip(accepting("br;q=1, GZIP;q=0.5")));
    EXPECT_TRUE(accepts_gzip(accepting("*")));
    EXPECT_FALSE(accepts_gzip(accepting("gzip;q=0")));
    EXPECT_FALSE(accepts_gzip(accepting("gzip; q=0.000")));
    EXPECT_FALSE(accepts_gzip(accepting("identity, br")));
    EXPECT_FALSE(accepts_gzip(Headers()));
}

TEST(IsCompressible, GoesByType) {
    EXPECT_TRUE(is_compressible("text/html; charset=utf-8"));
    EXPECT_TRUE(is_compressible("application/json"));
    EXPECT_FALSE(is_compressible("image/png"));
    EXPECT_FALSE(is_compressible("text/event-stream"));
    EXPECT_FALSE(is_compressible(""));
}

}  // namespace
}  // namespace darkroom::http
