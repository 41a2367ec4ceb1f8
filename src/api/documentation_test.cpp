// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gtest/gtest.h>

#include "api/options.h"
#include "api/txt2img_request.h"
#include "base/file.h"

namespace darkroom::api {
namespace {

std::string document(const std::string& name) {
    return read_file(DARKROOM_SOURCE_DIR "/docs/" + name, 1 << 20).value();
}

TEST(Documentation, ListsEveryFieldAndOption) {
    const std::string table = document("a1111-fields.md");
    const std::string routes = document("api/openapi.yaml");
    std::vector<std::string> names = {"sd_model_checkpoint"};
    for (const RequestField& field : txt2img_fields())
        names.emplace_back(field.name);
    for (const RequestField& field : request_fields(RequestKind::img2img))
        names.emplace_back(field.name);
    for (const OptionDescription& option : option_table())
        names.emplace_back(option.name);
    for (const std::string& name : names) {
        EXPECT_NE(table.find('`' + name + '`'), std::string::npos) << name;
        EXPECT_NE(routes.find("\n        " + name + ":"), std::string::npos) << name;
    }
}

}  // namespace
}  // namespace darkroom::api
