// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "storage/filesystem/filesystem_object_store.h"
#include "storage/memory/in_memory_object_store.h"

namespace darkroom::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

enum class ObjectStoreKind { memory, unnamed_files, named_files };

ObjectKey key(std::string_view text) {
    return ObjectKey::parse(text).value();
}

class ObjectStoreContract : public ::testing::TestWithParam<ObjectStoreKind> {
  protected:
    ObjectStoreContract() {
        if (GetParam() == ObjectStoreKind::memory) {
            store = std::make_unique<InMemoryObjectStore>(clock_);
        } else {
            const bool allow = GetParam() == ObjectStoreKind::unnamed_files;
            store = FilesystemObjectStore::open(folder_, {.allow_unnamed_files = allow}).value();
        }
    }
    ~ObjectStoreContract() override { std::filesystem::remove_all(folder_); }

    Result<void> put(std::string_view name, std::string_view text) {
        return store->put(key(name), std::as_bytes(std::span(text.data(), text.size())));
    }

    /// The object's text, or the code of the error.
    std::string get(std::string_view name) {
        const auto bytes = store->get(key(name));
        if (!bytes) return std::string(to_string(bytes.error().code));
        return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
    }

    std::vector<std::string> names(std::optional<ObjectKey> prefix = {}) {
        const std::vector<ObjectEntry> entries = store->list({std::move(prefix)}).value();
        std::vector<std::string> result;
        for (const ObjectEntry& entry : entries)
            result.push_back(entry.key.text());
        return result;
    }

    std::unique_ptr<ObjectStore> store;

  private:
    SystemClock clock_;
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-contract-" + random_id());
};

TEST_P(ObjectStoreContract, WhatWasPutIsThere) {
    const std::string binary("\0\xff\n", 3);
    const std::string large(3'000'000, 'x');
    ASSERT_TRUE(put("a/b/c.png", binary));
    ASSERT_TRUE(put("empty", ""));
    ASSERT_TRUE(put("large", large));
    EXPECT_EQ(get("a/b/c.png"), binary);
    EXPECT_EQ(get("empty"), "");
    EXPECT_EQ(get("large"), large);
}

TEST_P(ObjectStoreContract, APutReplaces) {
    ASSERT_TRUE(put("a/b", "a longer text"));
    ASSERT_TRUE(put("a/b", "short"));
    EXPECT_EQ(get("a/b"), "short");
    EXPECT_THAT(names(), ElementsAre("a/b"));
}

TEST_P(ObjectStoreContract, WhatIsNotThereIsNotFound) {
    ASSERT_TRUE(put("a/b", "1"));
    EXPECT_EQ(get("x"), "not_found");
    EXPECT_EQ(get("x/y/z"), "not_found");
    EXPECT_EQ(get("a"), "not_found");
    EXPECT_EQ(get("a/b/c"), "not_found");
}

TEST_P(ObjectStoreContract, AKeyIsAnObjectOrAFolderNeverBoth) {
    ASSERT_TRUE(put("a/b", "1"));
    for (const char* clash : {"a", "a/b/c", "a/b/c/d"}) {
        const Result<void> refused = put(clash, "2");
        ASSERT_FALSE(refused) << clash;
        EXPECT_EQ(refused.error().code, ErrorCode::conflict) << clash;
    }
    EXPECT_EQ(get("a/b"), "1");
    EXPECT_THAT(names(), ElementsAre("a/b"));
    EXPECT_EQ(store->remove(key("a/b")).value(), 1U);
    EXPECT_TRUE(put("a", "2"));
    EXPECT_EQ(get("a"), "2");
}

TEST_P(ObjectStoreContract, ListsAreSortedAndGoBySegments) {
    for (const char* name : {"b/1", "a-b/1", "a/2", "a/10/x", "ab"})
        ASSERT_TRUE(put(name, "123"));
    EXPECT_THAT(names(), ElementsAre("a-b/1", "a/10/x", "a/2", "ab", "b/1"));
    EXPECT_THAT(names(key("a")), ElementsAre("a/10/x", "a/2"));
    EXPECT_THAT(names(key("ab")), ElementsAre("ab"));
    EXPECT_THAT(names(key("nothing")), IsEmpty());
    EXPECT_THAT(names(key("ab/below")), IsEmpty());
}

TEST_P(ObjectStoreContract, PagesTogetherAreTheWholeList) {
    // Keys that sort before, between and behind what is below a folder of nearly the same name.
    for (const char* name :
         {"a/1", "a/2/x", "a/2-y", "a/2.z", "a/20", "a-b/1", "a.c", "a0", "b/c/d/e", "b/c/f"})
        ASSERT_TRUE(put(name, "1"));
    for (const std::optional<ObjectKey>& prefix :
         {std::optional<ObjectKey>(), std::optional(key("a")), std::optional(key("b/c"))}) {
        const std::vector<std::string> all = names(prefix);
        EXPECT_TRUE(std::ranges::is_sorted(all));
        for (std::size_t limit = 1; limit <= all.size() + 1; ++limit) {
            ObjectQuery query{prefix, {}, limit};
            std::vector<std::string> paged;
            while (true) {
                const std::vector<ObjectEntry> page = store->list(query).value();
                ASSERT_LE(page.size(), limit);
                for (const ObjectEntry& entry : page)
                    paged.push_back(entry.key.text());
                if (page.size() < limit) break;
                query.after = page.back().key;
            }
            EXPECT_EQ(paged, all) << "pages of " << limit;
        }
    }
}

TEST_P(ObjectStoreContract, APageBeginsBehindItsKeyWhetherThatIsThereOrNot) {
    for (const char* name : {"a/1", "a/2/x", "a/3", "b"})
        ASSERT_TRUE(put(name, "1"));
    const auto behind = [&](const char* after) {
        std::vector<std::string> found;
        const std::vector<ObjectEntry> page = store->list({{}, key(after)}).value();
        for (const ObjectEntry& entry : page)
            found.push_back(entry.key.text());
        return found;
    };
    EXPECT_THAT(behind("0"), ElementsAre("a/1", "a/2/x", "a/3", "b"));
    EXPECT_THAT(behind("a/2"), ElementsAre("a/2/x", "a/3", "b"));
    EXPECT_THAT(behind("a/2/x"), ElementsAre("a/3", "b"));
    EXPECT_THAT(behind("a/2/x/y"), ElementsAre("a/3", "b"));
    EXPECT_THAT(behind("a/9"), ElementsAre("b"));
    EXPECT_THAT(behind("c"), IsEmpty());
}

TEST_P(ObjectStoreContract, AFolderIsListedInPagesAndRemovedWhole) {
    constexpr std::size_t kMany = 30;
    for (std::size_t i = 0; i < kMany; ++i)
        ASSERT_TRUE(put("a/" + std::to_string(i) + "/x", ""));
    ObjectQuery query{key("a"), {}, 7};
    std::vector<std::string> found;
    while (true) {
        const std::vector<ObjectEntry> page = store->list(query).value();
        for (const ObjectEntry& entry : page)
            found.push_back(entry.key.text());
        if (page.size() < query.limit) break;
        query.after = page.back().key;
    }
    EXPECT_EQ(found.size(), kMany);
    EXPECT_TRUE(std::ranges::is_sorted(found));
    EXPECT_EQ(store->remove(key("a")).value(), kMany);
    EXPECT_THAT(names(), IsEmpty());
}

TEST_P(ObjectStoreContract, APageHasABoundedLength) {
    for (const std::size_t limit : {std::size_t{0}, ObjectQuery::kMostAtOnce + 1})
        EXPECT_EQ(store->list({{}, {}, limit}).error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(store->list({{}, {}, ObjectQuery::kMostAtOnce}));
}

TEST_P(ObjectStoreContract, ListsSaySizeAndTime) {
    SystemClock clock;
    // File systems stamp with the time of the kernel's last tick.
    const std::int64_t before = clock.wall_ms() - 20;
    ASSERT_TRUE(put("a", "12345"));
    const auto entries = store->list({}).value();
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].size_bytes, 5U);
    EXPECT_GE(entries[0].modified_ms, before);
    EXPECT_LE(entries[0].modified_ms, clock.wall_ms());
}

TEST_P(ObjectStoreContract, ARemovalTakesTheObjectAndAllBelow) {
    for (const char* name : {"a/1", "a/b/2", "a/b/c/3", "ab", "b"})
        ASSERT_TRUE(put(name, "x"));
    EXPECT_EQ(store->remove(key("a")).value(), 3U);
    EXPECT_THAT(names(), ElementsAre("ab", "b"));
    EXPECT_EQ(store->remove(key("b")).value(), 1U);
    EXPECT_EQ(store->remove(key("b")).value(), 0U);
    EXPECT_EQ(store->remove(key("b/c")).value(), 0U);
    EXPECT_EQ(store->remove(key("ab/c")).value(), 0U);
    EXPECT_THAT(names(), ElementsAre("ab"));
    EXPECT_TRUE(put("a", "now an object"));
}

TEST_P(ObjectStoreContract, PutsAndRemovalsOfOneFolderMayRace) {
    std::atomic<bool> is_over = false;
    {
        const std::jthread remover([&] {
            while (!is_over) {
                const Result<std::uint64_t> removed = store->remove(key("a/b"));
                EXPECT_TRUE(removed) << removed.error().message;
            }
        });
        for (int i = 0; i < 200; ++i) {
            const Result<void> stored = put("a/b/c/" + std::to_string(i), "x");
            if (stored) continue;
            EXPECT_EQ(stored.error().code, ErrorCode::unavailable) << stored.error().message;
        }
        is_over = true;
    }
    EXPECT_TRUE(put("a/b/c/last", "x"));
    EXPECT_EQ(get("a/b/c/last"), "x");
}

TEST_P(ObjectStoreContract, AReaderSeesAWholeObject) {
    const std::string ones(50'000, '1');
    const std::string twos(70'000, '2');
    ASSERT_TRUE(put("a", ones));
    std::atomic<bool> is_over = false;
    {
        const std::jthread writer([&] {
            for (int i = 0; i < 100; ++i)
                static_cast<void>(put("a", i % 2 == 0 ? twos : ones));
            is_over = true;
        });
        while (!is_over) {
            const std::string seen = get("a");
            ASSERT_TRUE(seen == ones || seen == twos) << seen.size();
        }
    }
}

std::string object_store_name(const ::testing::TestParamInfo<ObjectStoreKind>& info) {
    switch (info.param) {
        case ObjectStoreKind::memory:
            return "Memory";
        case ObjectStoreKind::unnamed_files:
            return "UnnamedFiles";
        case ObjectStoreKind::named_files:
            return "NamedFiles";
    }
    return "Unknown";
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    ObjectStoreContract,
    ::testing::Values(
        ObjectStoreKind::memory, ObjectStoreKind::unnamed_files, ObjectStoreKind::named_files),
    object_store_name);

}  // namespace
}  // namespace darkroom::storage
