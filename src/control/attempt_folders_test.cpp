// SPDX-License-Identifier: Apache-2.0
#include "control/attempt_folders.h"

#include <gtest/gtest.h>

#include "storage/memory/in_memory_object_store.h"

namespace darkroom::control {
namespace {

const std::string kTask = "0123456789abcdef0123456789abcdef";

storage::ObjectEntry entry(const std::string& key, std::int64_t modified_ms = 5) {
    return {storage::ObjectKey::parse(key).value(), 1, modified_ms};
}

AttemptFolder folder(std::int64_t attempt) {
    return attempt_folders({entry("studio/" + kTask + "/" + std::to_string(attempt) + "/0.png")})
        .at(0);
}

TEST(AttemptFolders, ObjectsOfOneAttemptAreOneFolderAsYoungAsTheNewest) {
    const auto folders = attempt_folders(
        {entry("studio/" + kTask + "/1/0.png", 5),
         entry("studio/" + kTask + "/1/1.png", 9),
         entry("studio/" + kTask + "/2/0.png", 7)});
    ASSERT_EQ(folders.size(), 2U);
    EXPECT_EQ(folders[0].key.text(), "studio/" + kTask + "/1");
    EXPECT_EQ(folders[0].task.text(), kTask);
    EXPECT_EQ(folders[0].objects, 2);
    EXPECT_EQ(folders[0].newest_ms, 9);
    EXPECT_EQ(folders[1].attempt, 2);
}

TEST(AttemptFolders, KeysOfAnotherFormAreNotTouched) {
    EXPECT_TRUE(attempt_folders({entry("studio/uploads/1/a.png"),
                                 entry("studio/" + kTask + "/x/0.png"),
                                 entry("studio/" + kTask + "/0.png"),
                                 entry("readme")})
                    .empty());
}

TEST(AttemptFolders, AnUnfinishedTaskWantsItsNewestAttempt) {
    const PictureOwner owner{domain::TaskState::running, 2, {}};
    EXPECT_TRUE(wants(owner, folder(2)));
    EXPECT_FALSE(wants(owner, folder(1)));
}

TEST(AttemptFolders, AFinishedTaskWantsWhatItsResultNames) {
    const PictureOwner done{domain::TaskState::succeeded, 2, {"studio/" + kTask + "/2/0.png"}};
    EXPECT_TRUE(wants(done, folder(2)));
    EXPECT_FALSE(wants(done, folder(1)));
    const PictureOwner failed{domain::TaskState::failed, 1, {}};
    EXPECT_FALSE(wants(failed, folder(1)));
}

TEST(AttemptFolders, WhatATaskStartsFromIsWantedAsLongAsTheTask) {
    for (const domain::TaskState state : {domain::TaskState::queued, domain::TaskState::running})
        EXPECT_TRUE(wants({state, 2, {}}, folder(0)));
    EXPECT_TRUE(wants({domain::TaskState::failed, 2, {}}, folder(0)));
}

TEST(AttemptFolders, ComeWholeWhateverTheSizeOfAPage) {
    FakeClock clock;
    storage::InMemoryObjectStore objects(clock);
    const std::string other = domain::TaskId::random().text();
    for (const std::string& name :
         {"studio/" + kTask + "/0/input-1",
          "studio/" + kTask + "/1/0.png",
          "studio/" + kTask + "/1/1.png",
          "studio/" + kTask + "/1/2.png",
          "studio/" + other + "/12/0.png",
          std::string("studio/loose"),
          std::string("zebra")}) {
        ASSERT_TRUE(objects.put(storage::ObjectKey::parse(name).value(), {}));
    }
    const auto all = objects.list({}).value();
    const std::vector<AttemptFolder> expected = attempt_folders(all);
    ASSERT_EQ(expected.size(), 3U);
    for (std::size_t size = 1; size <= all.size() + 1; ++size) {
        AttemptFolderPages pages(objects, size);
        std::vector<AttemptFolder> found;
        std::size_t looked_at = 0;
        while (!pages.is_over()) {
            const auto next = pages.next([&](const auto& /*entry*/) { ++looked_at; }).value();
            found.insert(found.end(), next.begin(), next.end());
        }
        EXPECT_EQ(looked_at, all.size());
        ASSERT_EQ(found.size(), expected.size()) << "pages of " << size;
        for (std::size_t i = 0; i < found.size(); ++i) {
            EXPECT_EQ(found[i].key, expected[i].key);
            EXPECT_EQ(found[i].objects, expected[i].objects) << "pages of " << size;
        }
    }
}

TEST(AttemptFolders, AResultThatIsNotReadableNamesNoPictures) {
    EXPECT_TRUE(images_of("").empty());
    EXPECT_TRUE(images_of("{").empty());
}

}  // namespace
}  // namespace darkroom::control
