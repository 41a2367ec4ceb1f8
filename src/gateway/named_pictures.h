// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gateway/gateway.h"
#include "gateway/image_fetcher.h"
#include "runtime/task.h"

namespace darkroom::gateway {

/// Replaces each text that is the id of an upload or a URL by the base64 of what it names. Fails
/// with invalid_argument and the field for an upload that is not there, is not complete or is no
/// picture, else as ImageFetcher::fetch.
runtime::Task<void> bring_pictures(Parts& parts, std::string tenant, std::vector<ImageText> texts);

}  // namespace darkroom::gateway
