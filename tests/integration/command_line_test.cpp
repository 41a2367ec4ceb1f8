// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <fstream>
#include <span>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "image/png.h"
#include "integration/checkpoint_file.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr int kFailure = 1;
constexpr int kUsage = 2;
constexpr std::size_t kMaxPacked = std::size_t{1} << 30;
constexpr std::size_t kMaxPicture = std::size_t{1} << 20;
constexpr const char* kTensor = "model.diffusion_model.out.2.weight";

class CommandLine : public testing::Test {
  protected:
    [[nodiscard]] std::vector<std::string> generate(std::vector<std::string> more = {}) const {
        std::vector<std::string> words = {
            "generate", "a fox", "--steps", "2", "--seed", "1", "-o", picture_.string()};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }

    void expect_failure(
        const std::vector<std::string>& arguments,
        int status,
        const std::vector<std::string>& words) const {
        const Finished finished = run_darkroom(arguments);
        EXPECT_EQ(finished.status, status) << finished.errors;
        for (const std::string& word : words)
            EXPECT_THAT(finished.errors, HasSubstr(word));
        EXPECT_FALSE(fs::exists(picture_));
    }

    void write(const fs::path& path, const std::string& text) const {
        ASSERT_TRUE(write_file(path, text));
    }

    /// The bundled checkpoint, changed.
    [[nodiscard]] std::string damaged(void (*damage)(CheckpointFile&)) const {
        CheckpointFile checkpoint = CheckpointFile::read(bundled_checkpoint());
        damage(checkpoint);
        const fs::path path = folder_ / "damaged.safetensors";
        checkpoint.write(path);
        return path.string();
    }

    using Colour = std::array<std::uint8_t, 3>;
    /// A picture of 128 x 128 pixels with a square in it.
    void write_square(const fs::path& path, Colour inside, Colour outside) const {
        constexpr std::size_t kSide = 128;
        image::Image picture{.width = kSide, .height = kSide, .channels = 3};
        for (std::size_t i = 0; i < kSide * kSide; ++i) {
            const std::size_t x = i % kSide;
            const std::size_t y = i / kSide;
            const bool is_inside = x > 40 && x < 88 && y > 40 && y < 88;
            const Colour& colour = is_inside ? inside : outside;
            picture.pixels.insert(picture.pixels.end(), colour.begin(), colour.end());
        }
        ASSERT_TRUE(write_file(path, image::encode_png(picture, {}).value()));
    }

    TemporaryFolder folder_;
    fs::path picture_ = folder_ / "fox.png";
};

TEST_F(CommandLine, GenerateWritesThePictureAndPrintsItsName) {
    const Finished finished = run_darkroom(generate());
    EXPECT_EQ(finished.status, 0) << finished.errors;
    EXPECT_EQ(finished.output, picture_.string() + "\n");
    EXPECT_GT(fs::file_size(picture_), 1000u);
}

TEST_F(CommandLine, GenerateInInt8DrawsTheSameFromTheWeightCacheAndSaysSoInItsReceipt) {
    const auto draw = [&] {
        const Finished finished =
            run_darkroom(generate({"--dtype", "int8", "--cache", (folder_ / "cache").string()}));
        EXPECT_EQ(finished.status, 0) << finished.errors;
        return read_file(picture_, kMaxPicture).value();
    };
    const std::string packed = draw();
    EXPECT_THAT(packed, HasSubstr("/int8-"));
    EXPECT_EQ(draw(), packed);
    const Finished other = run_darkroom(generate());
    EXPECT_EQ(other.status, 0) << other.errors;
    EXPECT_THAT(read_file(picture_, kMaxPicture).value(), Not(HasSubstr("/int8-")));
}

TEST_F(CommandLine, ExplainsItself) {
    const Finished version = run_darkroom({"--version"});
    EXPECT_EQ(version.status, 0);
    EXPECT_THAT(version.output, StartsWith("darkroom "));
    const Finished help = run_darkroom({"--help"});
    EXPECT_EQ(help.status, 0);
    for (const char* word : {"generate", "serve", "doctor", "bench", "Exit status"})
        EXPECT_THAT(help.output, HasSubstr(word));
    expect_failure({}, kUsage, {"--help"});
    expect_failure({"paint"}, kUsage, {"paint"});
}

TEST_F(CommandLine, FlagsOfTheOwnEngineAreRefusedWithAServer) {
    for (const char* flag : {"--dtype", "--threads", "--cache"}) {
        const std::string value = std::string(flag) == "--threads" ? "2" : "f32";
        expect_failure(
            {"generate",
             "x",
             "--server",
             "http://127.0.0.1:1",
             flag,
             value,
             "-o",
             picture_.string()},
            kUsage,
            {flag, "--server"});
    }
}

TEST_F(CommandLine, WrongValuesNameTheFlag) {
    expect_failure(generate({"--size", "0x0"}), kUsage, {"--size", "0x0"});
    expect_failure(generate({"--size", "99999999x8"}), kUsage, {"width"});
    expect_failure(generate({"--sampler", "nonsense"}), kUsage, {"nonsense", "DPM++ 2M"});
    expect_failure({"generate", "x", "--steps", "0", "-o", picture_.string()}, kUsage, {"steps"});
    expect_failure(
        {"generate", "x", "--steps", "10000", "-o", picture_.string()}, kUsage, {"1000"});
    expect_failure(generate({"--dtype", "fp8"}), kUsage, {"--dtype", "int8", "fp8"});
    expect_failure(
        {"generate", "x", "--steps", "two", "-o", picture_.string()}, kUsage, {"--steps"});
}

TEST_F(CommandLine, GenerateStartsFromAPictureAndKeepsWhatTheMaskKeeps) {
    constexpr std::size_t kSide = 128;
    const fs::path init = folder_ / "init.png";
    const fs::path mask = folder_ / "mask.png";
    write_square(init, {200, 40, 40}, {250, 250, 250});
    write_square(mask, {255, 255, 255}, {0, 0, 0});
    const auto flags = [&](std::vector<std::string> more) {
        more.insert(more.end(), {"--init", init.string(), "--mask", mask.string()});
        return generate(std::move(more));
    };
    const auto drawn = [&](const std::vector<std::string>& words) {
        const Finished finished = run_darkroom(words);
        EXPECT_EQ(finished.status, 0) << finished.errors;
        const std::string file = read_file(picture_, kMaxPicture).value();
        return image::decode_png(std::as_bytes(std::span(file))).value();
    };
    const image::DecodedPng here = drawn(flags({"--strength", "0.6"}));
    ASSERT_EQ(here.image.width, kSide);
    ASSERT_EQ(here.image.height, kSide);
    EXPECT_THAT(here.texts.front().text, HasSubstr("Denoising strength: 0.6"));
    const std::string original = read_file(init, kMaxPicture).value();
    const image::Image start = image::decode_png(std::as_bytes(std::span(original)))->image;
    const auto pixel = [](const image::Image& picture, std::size_t x, std::size_t y) {
        const auto* first = &picture.pixels[(y * picture.width + x) * picture.channels];
        return std::vector<std::uint8_t>(first, first + 3);
    };
    EXPECT_EQ(pixel(here.image, 2, 2), pixel(start, 2, 2));
    EXPECT_NE(here.image.pixels, start.pixels);

    Server server(folder_ / "data");
    const image::DecodedPng there = drawn(flags({"--strength", "0.6", "--server", server.url()}));
    EXPECT_EQ(there.image.pixels, here.image.pixels);
    const image::DecodedPng nearer = drawn(flags({"--strength", "0"}));
    EXPECT_NE(nearer.image.pixels, here.image.pixels);
}

TEST_F(CommandLine, WhatCannotBeStartedFromIsNamed) {
    expect_failure(generate({"--mask", "mask.png"}), kUsage, {"--mask", "--init"});
    expect_failure(generate({"--strength", "0.5"}), kUsage, {"--strength", "--init"});
    const std::string text = (folder_ / "text.png").string();
    write(text, "no picture");
    expect_failure(generate({"--init", text, "--strength", "2"}), kUsage, {"--strength", "0 to 1"});
    expect_failure(generate({"--init", text}), kFailure, {"--init", text});
    expect_failure(generate({"--init", text + ".gone"}), kFailure, {"--init", ".gone"});
    expect_failure(
        generate({"--init", text, "--server", "http://127.0.0.1:1"}), kFailure, {"--init"});
}

TEST_F(CommandLine, AMissingCheckpointIsNamed) {
    expect_failure(
        generate({"-m", "/nowhere/x.safetensors"}), kFailure, {"/nowhere/x.safetensors"});
}

TEST_F(CommandLine, BrokenCheckpointFilesAreNamed) {
    const std::string whole = read_file(bundled_checkpoint(), std::size_t{256} << 20).value();
    const std::vector<std::pair<std::string, std::string>> files = {
        {whole.substr(0, whole.size() / 2), "outside the file"},
        {whole.substr(0, 100), "header"},
        {"", "safetensors"},
        {std::string(7, '\xFF') + std::string(1, '\0') + "{}", "header"}};
    const fs::path path = folder_ / "broken.safetensors";
    for (const auto& [bytes, words] : files) {
        write(path, bytes);
        expect_failure(generate({"-m", path.string()}), kFailure, {"broken.safetensors", words});
        expect_failure({"doctor", path.string()}, kFailure, {"broken.safetensors", words});
    }
}

TEST_F(CommandLine, OtherFormatsAreNotYetSupported) {
    const fs::path path = folder_ / "old.ckpt";
    write(path, std::string("PK\x03\x04") + std::string(100, 'x'));
    expect_failure(generate({"-m", path.string()}), kFailure, {"old.ckpt", "not yet supported"});
}

TEST_F(CommandLine, WeightsOfAWrongTypeAreNamed) {
    const std::string file = damaged([](CheckpointFile& checkpoint) {
        CheckpointFile::Entry& entry = checkpoint.at(kTensor);
        entry.dtype = "I64";
        entry.bytes.resize(entry.bytes.size() * 4);
    });
    expect_failure(generate({"-m", file}), kFailure, {kTensor, "I64"});
    const Finished doctor = run_darkroom({"doctor", file});
    EXPECT_EQ(doctor.status, kFailure);
    EXPECT_THAT(doctor.output, HasSubstr(kTensor));
}

TEST_F(CommandLine, WeightsThatAreNotNumbersAreNamed) {
    const std::string file = damaged(
        [](CheckpointFile& checkpoint) { checkpoint.at(kTensor).bytes.replace(0, 2, "\x01\x7E"); });
    expect_failure(generate({"-m", file}), kFailure, {kTensor, "NaN"});
    const Finished doctor = run_darkroom({"doctor", file});
    EXPECT_EQ(doctor.status, kFailure);
    EXPECT_THAT(doctor.output, HasSubstr(kTensor));
}

TEST_F(CommandLine, DoctorKnowsAWholeCheckpointFromOneWithAHole) {
    const Finished whole = run_darkroom({"doctor", bundled_checkpoint().string()});
    EXPECT_EQ(whole.status, 0) << whole.errors;
    EXPECT_THAT(whole.output, HasSubstr("Stable Diffusion 1"));
    EXPECT_THAT(whole.output, HasSubstr("\nhealthy\n"));
    constexpr const char* kGone = "first_stage_model.decoder.conv_in.bias";
    const std::string file = damaged([](CheckpointFile& checkpoint) { checkpoint.erase(kGone); });
    const Finished hole = run_darkroom({"doctor", file});
    EXPECT_EQ(hole.status, kFailure);
    EXPECT_THAT(hole.output, HasSubstr(kGone));
    EXPECT_THAT(hole.output, HasSubstr("NOT healthy"));
}

TEST_F(CommandLine, OutputFoldersAreCheckedBeforeAnythingIsDrawn) {
    expect_failure({"generate", "x", "-o", "/nowhere/x.png"}, kFailure, {"-o", "/nowhere"});
    expect_failure(
        {"generate", "x", "-o", folder_.path().string()}, kFailure, {"-o", "is a folder"});
}

TEST_F(CommandLine, AReadOnlyOutputFolderIsNamed) {
    fs::path locked = folder_ / "locked";
    fs::create_directory(locked);
    fs::permissions(locked, fs::perms::owner_read | fs::perms::owner_exec);
    // Permissions do not hold root back; the kernel's own folders do.
    if (std::ofstream(locked / "probe")) locked = "/sys";
    const std::string output = (locked / "x.png").string();
    expect_failure({"generate", "x", "-o", output}, kFailure, {"-o", locked.string()});
}

TEST_F(CommandLine, AFullDiskIsAMessageAndLeavesNothingBehind) {
    // Files may have 16 blocks: too few for the picture, enough for what is printed.
    std::vector<std::string> words = {
        "sh", "-c", "ulimit -f 16; trap '' XFSZ; exec \"$@\" >/dev/null", "sh", DARKROOM_PROGRAM};
    for (const std::string& word : generate())
        words.push_back(word);
    const Finished finished = run_program(words);
    EXPECT_EQ(finished.status, kFailure);
    EXPECT_THAT(finished.errors, HasSubstr(picture_.string()));
    EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(CommandLine, DoctorFindsDamageInTheWeightCache) {
    const fs::path cache = folder_ / "cache";
    fs::create_directory(cache);
    ASSERT_EQ(run_darkroom(generate({"--cache", cache.string()})).status, 0);
    fs::remove(picture_);
    const fs::path packed = fs::directory_iterator(cache)->path();
    const Finished whole = run_darkroom({"doctor", packed.string()});
    EXPECT_EQ(whole.status, 0) << whole.errors;
    EXPECT_THAT(whole.output, HasSubstr("\nhealthy\n"));
    EXPECT_THAT(whole.output, HasSubstr("cpu/"));

    const std::string bytes = read_file(packed, kMaxPacked).value();
    std::string damaged = bytes;
    // Between two entries there is less than this.
    constexpr std::size_t kRun = 64;
    damaged.replace(bytes.size() / 2, kRun, kRun, '\x7F');
    write(packed, damaged);
    const Finished flipped = run_darkroom({"doctor", packed.string()});
    EXPECT_EQ(flipped.status, kFailure);
    EXPECT_THAT(flipped.output, HasSubstr("packed weights of "));
    EXPECT_THAT(flipped.output, HasSubstr("NOT healthy: delete that file"));

    write(packed, bytes.substr(0, bytes.size() / 2));
    expect_failure({"doctor", packed.string()}, kFailure, {packed.string(), "damaged"});
    expect_failure({"doctor", "/nowhere.packed"}, kFailure, {"/nowhere.packed"});
}

TEST_F(CommandLine, WhatTwoCheckpointsShareIsInTheWeightCacheOnce) {
    const std::string retrained = damaged([](CheckpointFile& checkpoint) {
        checkpoint.at("model.diffusion_model.out.2.weight").bytes[0] ^= 1;
    });
    const fs::path cache = folder_ / "cache";
    fs::create_directory(cache);
    const auto draw = [&](std::vector<std::string> more) {
        EXPECT_EQ(run_darkroom(generate(std::move(more))).status, 0);
        return read_file(picture_, kMaxPicture).value();
    };
    const std::string alone = draw({"--model", retrained});
    (void)draw({"--cache", cache.string()});
    const fs::path first = fs::directory_iterator(cache)->path();
    EXPECT_EQ(draw({"--model", retrained, "--cache", cache.string()}), alone);
    EXPECT_EQ(draw({"--model", retrained, "--cache", cache.string()}), alone) << "mapped";
    for (const auto& file : fs::directory_iterator(cache)) {
        if (file.path() == first) continue;
        EXPECT_LT(file.file_size() * 10, fs::file_size(first)) << file.path();
    }
}

TEST_F(CommandLine, AServersPicturesHaveTheSizeOfTheCheckpointThatDraws) {
    const TemporaryFolder models;
    // Without metadata a checkpoint of this family is taken for one of 512 pixels.
    CheckpointFile::read(bundled_checkpoint()).write(models / "first.safetensors");
    fs::copy_file(bundled_checkpoint(), models / "icons-128.safetensors");
    const Server server(folder_ / "data", models.path());
    const auto width = [&](const std::vector<std::string>& more) -> std::uint32_t {
        std::vector<std::string> words = generate({"--server", server.url()});
        words.insert(words.end(), more.begin(), more.end());
        const Finished finished = run_darkroom(words);
        EXPECT_EQ(finished.status, 0) << finished.errors;
        const std::string file = read_file(picture_, kMaxPicture).value();
        return image::decode_png(std::as_bytes(std::span(file))).value().image.width;
    };
    EXPECT_EQ(width({"--model", "icons-128"}), 128u);
    ASSERT_TRUE(server.post("/sdapi/v1/options", R"({"sd_model_checkpoint": "icons-128"})"));
    EXPECT_EQ(width({}), 128u);
}

TEST_F(CommandLine, ServeNamesThePortInUse) {
    const TemporaryFolder data;
    const Server server(data.path());
    expect_failure(
        {"serve",
         "--port",
         server.port(),
         "--data",
         (folder_ / "data").string(),
         "--models",
         models_folder().string()},
        kFailure,
        {server.port()});
}

TEST_F(CommandLine, ServeChecksItsFolders) {
    const std::string data = (folder_ / "data").string();
    const std::vector<std::string> serve = {"serve", "--port", "0"};
    const auto with = [&](std::initializer_list<std::string> more) {
        std::vector<std::string> words = serve;
        words.insert(words.end(), more);
        return words;
    };
    expect_failure(
        with({"--data", data, "--models", "/nowhere"}), kFailure, {"--models", "/nowhere"});
    expect_failure(with({"--data", "/dev/null/x"}), kFailure, {"--data", "/dev/null/x"});
    expect_failure(with({"--compat", "lax", "--data", data}), kUsage, {"--compat"});
}

TEST_F(CommandLine, OneDataFolderServesOneServer) {
    const Server server(folder_.path());
    expect_failure(
        {"serve",
         "--port",
         "0",
         "--data",
         folder_.path().string(),
         "--models",
         models_folder().string()},
        kFailure,
        {folder_.path().string()});
}

TEST(Bench, TheGatewayIsMeasuredWithoutAnEngine) {
    const Finished finished = run_darkroom(
        {"bench", "gateway", "--json", "--seconds", "1", "--connections", "4", "--streams", "20"});
    ASSERT_EQ(finished.status, 0) << finished.errors;
    const json::Value results = json::parse(finished.output).value()["results"];
    ASSERT_EQ(results.as_array().size(), 3U);
    for (const std::size_t load : {0U, 1U}) {
        EXPECT_GT(results[load]["answers"].as_integer(), 0);
        EXPECT_EQ(results[load]["refused"].as_integer(), 0);
    }
    EXPECT_EQ(results[2]["streams"].as_integer(), 20);
    EXPECT_GT(results[2]["told_all_ms"].as_double(), 0.0);
}

}  // namespace
}  // namespace darkroom::integration
