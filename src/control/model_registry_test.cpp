// SPDX-License-Identifier: Apache-2.0
#include "control/model_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/random.h"
#include "base/sha256.h"
#include "runtime/block_on.h"
#include "runtime/io_threads.h"
#include "storage/memory/in_memory_model_store.h"
#include "storage/memory/in_memory_task_store.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;
using domain::ModelSource;
using domain::ModelStatus;
using domain::ModelType;
using ::testing::HasSubstr;

/// Files that say "weights" are good ones.
Result<domain::ModelFacts> inspect(const fs::path& path) {
    const std::string text = read_file(path, 1000).value();
    if (!text.starts_with("weights")) return Error{ErrorCode::corrupt_input, "no weights in it"};
    return domain::ModelFacts{.family = text == "weights of a lora" ? "unknown" : "sd1"};
}

class ModelRegistryTest : public ::testing::Test {
  protected:
    ModelRegistryTest() {
        fs::create_directories(models_folder_);
        fs::create_directories(import_folder_ / "styles");
        EXPECT_TRUE(models_.scan());
        open();
    }
    ~ModelRegistryTest() override {
        registry_ = nullptr;
        fs::remove_all(root_);
    }

    void open() {
        registry_ = nullptr;
        registry_ =
            ModelRegistry::open({models_, uploads_, store_, tasks_, clock_}, {import_folder_})
                .value();
    }

    std::string upload(const std::string& name, const std::string& text, ModelType type) {
        const std::string id = uploads_.begin({"local", type, name, text.size()}).value().id;
        EXPECT_TRUE(uploads_.append({"local", id}, {0, text.size(), text}));
        return id;
    }
    ModelOrder order_of_upload(
        const std::string& name,
        const std::string& text,
        ModelType type = ModelType::stable_diffusion) {
        ModelOrder order{"local", type, name};
        order.source = {ModelSource::Kind::upload, upload(name, text, type)};
        return order;
    }
    static ModelOrder order_of_import(const std::string& name, const std::string& path) {
        ModelOrder order{"local", ModelType::lora, name};
        order.source = {ModelSource::Kind::import, path};
        return order;
    }

    Result<void> end_of(const OrderAnswer& answer) {
        runtime::Task<void> ended = answer.registration->ended().wait(
            0, runtime::Deadline::after(std::chrono::seconds(60)));
        EXPECT_TRUE(runtime::block_on(io_.executor(), std::move(ended)));
        return *answer.registration->outcome();
    }
    Result<void> add(ModelOrder order) {
        DARKROOM_TRY_ASSIGN(const OrderAnswer answer, registry_->add(std::move(order)));
        return answer.registration ? end_of(answer) : Result<void>();
    }
    domain::ModelFile only(const std::string& name) {
        const auto files = registry_->find({name});
        EXPECT_EQ(files.size(), 1u) << name;
        return files.empty() ? domain::ModelFile{} : files.front();
    }
    std::string text_of(const std::string& below) {
        return read_file(models_folder_ / below, 1000).value_or("none");
    }
    /// Files that are not models yet.
    std::size_t staged() {
        std::error_code error;
        return static_cast<std::size_t>(std::distance(
            fs::directory_iterator(models_folder_ / ".uploads", error), fs::directory_iterator()));
    }

    fs::path root_ = fs::temp_directory_path() / ("darkroom-registry-" + random_id());
    fs::path models_folder_ = root_ / "models";
    fs::path import_folder_ = root_ / "import";
    FakeClock clock_;
    storage::InMemoryTaskStore tasks_{clock_};
    storage::InMemoryModelStore store_;
    ModelFolder models_{models_folder_, root_ / "hashes.json", inspect};
    UploadFolder uploads_{models_folder_ / ".uploads", clock_};
    runtime::IoThreads io_{1};
    std::unique_ptr<ModelRegistry> registry_;
};

TEST_F(ModelRegistryTest, AnUploadBecomesAModelInTheFolderOfItsType) {
    ModelOrder order = order_of_upload("sub/a.safetensors", "weights", ModelType::vae);
    order.etag = "v1";
    order.note = "for skies";
    ASSERT_TRUE(add(order));
    EXPECT_EQ(text_of("VAE/sub/a.safetensors"), "weights");
    const domain::ModelFile file = only("sub/a.safetensors");
    EXPECT_EQ(file.type, ModelType::vae);
    EXPECT_EQ(file.status, ModelStatus::loaded);
    EXPECT_EQ(file.sha256, sha256_hex("weights"));
    EXPECT_EQ(file.etag, "v1");
    EXPECT_EQ(file.note, "for skies");
    EXPECT_EQ(file.registered_ms, clock_.now_ms);
    EXPECT_EQ(registry_->add(order).value().kind, OrderAnswer::Kind::unchanged);
    open();
    EXPECT_EQ(only("sub/a.safetensors").etag, "v1");
    EXPECT_EQ(staged(), 0u);
}

TEST_F(ModelRegistryTest, AUrlThatIsNotAllowedIsRefusedBeforeAnythingBegins) {
    ModelOrder order{"local", ModelType::lora, "a.safetensors"};
    order.source = {ModelSource::Kind::url, "https://example.org/a.safetensors"};
    EXPECT_EQ(registry_->add(order).error().code, ErrorCode::permission_denied);
    EXPECT_TRUE(registry_->find({"a.safetensors"}).empty());
    EXPECT_EQ(staged(), 0u);
}

TEST_F(ModelRegistryTest, AFileOfTheImportFolderIsCopied) {
    ASSERT_TRUE(write_file(import_folder_ / "styles" / "x.safetensors", "weights of a lora"));
    const ModelOrder order = order_of_import("a.safetensors", "styles/x.safetensors");
    ASSERT_TRUE(add(order));
    EXPECT_EQ(text_of("Lora/a.safetensors"), "weights of a lora");
    EXPECT_EQ(only("a.safetensors").source, "styles/x.safetensors");
    EXPECT_EQ(registry_->add(order).value().kind, OrderAnswer::Kind::unchanged);
    EXPECT_EQ(staged(), 0u);
}

TEST_F(ModelRegistryTest, NothingOutsideTheImportFolderIsReached) {
    ASSERT_TRUE(write_file(root_ / "secret.safetensors", "weights"));
    fs::create_symlink(root_ / "secret.safetensors", import_folder_ / "link.safetensors");
    fs::create_directory_symlink(root_, import_folder_ / "folder");
    for (const char* path :
         {"../secret.safetensors",
          "styles/../../secret.safetensors",
          "/etc/passwd",
          "link.safetensors",
          "folder/secret.safetensors",
          "styles",
          "none.safetensors"}) {
        EXPECT_FALSE(registry_->add(order_of_import("a.safetensors", path))) << path;
    }
    EXPECT_TRUE(registry_->list().empty());
}

TEST_F(ModelRegistryTest, AModelIsNeverWrittenThroughALink) {
    fs::create_directories(root_ / "elsewhere");
    fs::create_directory_symlink(root_ / "elsewhere", models_folder_ / "VAE");
    const Result<void> added = add(order_of_upload("a.safetensors", "weights", ModelType::vae));
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, ErrorCode::conflict);
    EXPECT_TRUE(fs::is_empty(root_ / "elsewhere"));
    EXPECT_EQ(staged(), 0u);
}

TEST_F(ModelRegistryTest, AFileThatCannotBeUsedIsRefusedAndLeavesNothingBehind) {
    for (const char* text : {"nonsense", "weights of a lora"}) {
        const Result<void> added = add(order_of_upload("a.safetensors", text));
        ASSERT_FALSE(added) << text;
        EXPECT_EQ(added.error().code, ErrorCode::corrupt_input);
        const domain::ModelFile file = only("a.safetensors");
        EXPECT_EQ(file.status, ModelStatus::failed);
        EXPECT_THAT(file.reason, HasSubstr("cannot be used"));
        EXPECT_EQ(staged(), 0u);
    }
    EXPECT_TRUE(models_.files().empty());
    ASSERT_TRUE(add(order_of_upload("a.safetensors", "weights")));
    EXPECT_EQ(only("a.safetensors").status, ModelStatus::loaded);
}

TEST_F(ModelRegistryTest, AReplacementIsANewFileUnderTheOldPath) {
    ASSERT_TRUE(write_file(models_folder_ / "a.safetensors", "weights by hand"));
    const MappedFile open = MappedFile::open(models_folder_ / "a.safetensors").value();
    ModelOrder order = order_of_upload("a.safetensors", "weights, new");
    order.etag = "v2";
    const OrderAnswer answer = registry_->change(order).value();
    ASSERT_TRUE(end_of(answer));
    EXPECT_EQ(text_of("a.safetensors"), "weights, new");
    EXPECT_EQ(open.bytes().size(), std::string("weights by hand").size());
    EXPECT_EQ(models_.models().front().sha256, sha256_hex("weights, new"));
    EXPECT_EQ(registry_->change(order).value().kind, OrderAnswer::Kind::unchanged);
}

TEST_F(ModelRegistryTest, AChangeWantsAFileThatIsThereAndASourceForAnotherEtag) {
    ModelOrder order{"local", ModelType::lora, "a.safetensors"};
    EXPECT_EQ(registry_->change(order).error().code, ErrorCode::not_found);
    ASSERT_TRUE(add(order_of_upload("a.safetensors", "weights", ModelType::lora)));
    EXPECT_EQ(registry_->change(order).value().kind, OrderAnswer::Kind::unchanged);
    order.etag = "v2";
    EXPECT_EQ(registry_->change(order).error().field, "source");
    order.note = "a note";
    EXPECT_EQ(registry_->change(order).value().kind, OrderAnswer::Kind::changed);
    EXPECT_EQ(only("a.safetensors").note, "a note");
}

TEST_F(ModelRegistryTest, AnUploadIsRegisteredAsWhatItWasAnnounced) {
    ModelOrder order = order_of_upload("a.safetensors", "weights");
    order.name = "b.safetensors";
    EXPECT_EQ(registry_->add(order).error().code, ErrorCode::invalid_argument);
    order.name = "a.safetensors";
    order.tenant = "stranger";
    EXPECT_EQ(registry_->add(order).error().code, ErrorCode::not_found);
    order.tenant = "local";
    EXPECT_TRUE(add(order));
}

TEST_F(ModelRegistryTest, ADeletedModelIsGoneAndMayComeBack) {
    ASSERT_TRUE(add(order_of_upload("a.safetensors", "weights")));
    ASSERT_TRUE(registry_->remove({"a.safetensors"}));
    EXPECT_EQ(text_of("Stable-diffusion/a.safetensors"), "none");
    EXPECT_TRUE(registry_->find({"a.safetensors"}).empty());
    ASSERT_EQ(registry_->list().size(), 1u);
    EXPECT_EQ(registry_->list().front().status, ModelStatus::deleted);
    EXPECT_EQ(registry_->remove({"a.safetensors"}).error().code, ErrorCode::not_found);
    ASSERT_TRUE(add(order_of_upload("a.safetensors", "weights")));
    EXPECT_EQ(only("a.safetensors").status, ModelStatus::loaded);
}

TEST_F(ModelRegistryTest, ACheckpointThatTasksWaitForStays) {
    ASSERT_TRUE(add(order_of_upload("sub/a.safetensors", "weights")));
    domain::NewTask task;
    task.tenant = "local";
    task.kind = "txt2img";
    task.model = "a";
    task.request = "{}";
    task.body_hash = "x";
    const domain::TaskId id = task.id;
    ASSERT_TRUE(storage::wait(tasks_, &storage::TaskStore::submit, task));
    const Result<void> refused = registry_->remove({"sub/a.safetensors"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_THAT(refused.error().message, HasSubstr("in use"));
    ASSERT_TRUE(storage::wait(tasks_, &storage::TaskStore::cancel, id));
    EXPECT_TRUE(registry_->remove({"sub/a.safetensors"}));
}

TEST_F(ModelRegistryTest, ANameOfTwoTypesWantsTheType) {
    ASSERT_TRUE(add(order_of_upload("a.safetensors", "weights", ModelType::vae)));
    ASSERT_TRUE(add(order_of_upload("a.safetensors", "weights", ModelType::lora)));
    EXPECT_EQ(registry_->remove({"a.safetensors"}).error().code, ErrorCode::conflict);
    EXPECT_TRUE(registry_->remove({"a.safetensors", ModelType::vae}));
    EXPECT_EQ(only("a.safetensors").type, ModelType::lora);
}

TEST_F(ModelRegistryTest, ALinkIsDeletedNotWhatItPointsTo) {
    ASSERT_TRUE(write_file(root_ / "big.safetensors", "weights"));
    fs::create_symlink(root_ / "big.safetensors", models_folder_ / "a.safetensors");
    ASSERT_TRUE(registry_->remove({"a.safetensors"}));
    EXPECT_TRUE(fs::exists(root_ / "big.safetensors"));
    EXPECT_FALSE(fs::is_symlink(models_folder_ / "a.safetensors"));
}

}  // namespace
}  // namespace darkroom::control
