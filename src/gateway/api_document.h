// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

/// What docs/api/openapi.yaml says, for the test that holds it against the routes.
namespace darkroom::gateway {

/// The text of each response, by status. A response that is a reference to a component is that
/// component's text.
using DocumentedResponses = std::map<int, std::string>;

/// The operations of the document, by "GET /path". It reads the layout of our own file (two spaces
/// a level, paths and components at the top), not YAML at large.
std::map<std::string, DocumentedResponses> read_api_document(std::string_view text);

}  // namespace darkroom::gateway
