// SPDX-License-Identifier: Apache-2.0
#include "base/disk_space.h"

#include <gtest/gtest.h>

namespace darkroom {
namespace {

TEST(DiskSpace, IsThatOfThePathsFileSystem) {
    const Result<DiskSpace> root = disk_space("/");
    ASSERT_TRUE(root);
    EXPECT_GT(root->total_bytes, 0U);
    EXPECT_LE(root->free_bytes, root->total_bytes);
}

TEST(DiskSpace, AMissingPathIsNotFound) {
    const Result<DiskSpace> missing = disk_space("/nowhere/at/all");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace darkroom
