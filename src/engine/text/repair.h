// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace darkroom::engine {

/// The steps of ftfy.fix_text that need no guess about encodings: HTML references (in text without
/// a `<`), C1 controls read as Windows-1252, Latin ligatures, half and full width, curly quotes,
/// line breaks, terminal escapes, control characters and NFC, repeated until nothing changes.
/// Text that was decoded with a wrong encoding is left as it is. References nested deeper than 16
/// levels (`&amp;amp;...`) keep their inner part, which bounds the time.
std::u32string repair_text(std::u32string_view text);

}  // namespace darkroom::engine
