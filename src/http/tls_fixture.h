// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/tls_context.h"

namespace darkroom::http {

/// Of "localhost", 127.0.0.1 and ::1, its own authority, valid from 2000 to 9999.
inline const TlsFiles kTlsFiles{
    DARKROOM_SOURCE_DIR "/tests/tls/certificate.pem", DARKROOM_SOURCE_DIR "/tests/tls/key.pem"};

}  // namespace darkroom::http
