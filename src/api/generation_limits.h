// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "api/refusal.h"
#include "base/result.h"
#include "domain/generation.h"

namespace darkroom::api {

// Bounds of one request; docs/a1111-fields.md lists them for callers.
inline constexpr std::int64_t kMaxSteps = 1000;
inline constexpr std::int64_t kMinSide = 8;
inline constexpr std::int64_t kMaxSide = 16384;
/// Of one picture.
inline constexpr std::int64_t kMaxPixels = std::int64_t{16} * 1024 * 1024;
/// Of all pictures of a request together.
inline constexpr std::int64_t kMaxTotalPixels = std::int64_t{256} * 1024 * 1024;
/// batch_size times n_iter.
inline constexpr std::int64_t kMaxPictures = 64;
inline constexpr std::int64_t kMaxPromptBytes = std::int64_t{1024} * 1024;
/// Leaves room for counting up inside 63 bits.
inline constexpr std::int64_t kMaxSeed = 9'000'000'000'000'000'000;
inline constexpr double kMaxCfgScale = 1000.0;
inline constexpr double kMaxEta = 100.0;
inline constexpr double kMaxNoise = 100.0;
inline constexpr double kMaxSigma = 1e9;
inline constexpr std::int64_t kMaxClipSkip = 12;
inline constexpr std::int64_t kMaxSeedDelta = 2147483647;
inline constexpr std::int64_t kMaxMaskBlur = 256;
/// Of all pictures that a request brings along, its mask included.
inline constexpr std::int64_t kMaxInputPixels = std::int64_t{64} * 1024 * 1024;
inline constexpr std::int64_t kMaxInputBytes = std::int64_t{256} * 1024 * 1024;

/// One entry per limit that the generation breaks, named by the request field.
std::vector<FieldError> limit_errors(const domain::Generation& generation);

/// The first of limit_errors as an Error. Fails with invalid_argument.
Result<void> check_limits(const domain::Generation& generation);

}  // namespace darkroom::api
