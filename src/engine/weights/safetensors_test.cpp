// SPDX-License-Identifier: Apache-2.0
#include "engine/weights/safetensors.h"

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/file.h"

namespace darkroom::engine {
namespace {

std::string file_of(const std::string& header, const std::string& data) {
    std::string file(8, '\0');
    const std::uint64_t size = header.size();
    std::memcpy(file.data(), &size, 8);
    return file + header + data;
}

Result<TensorTable> parse(const std::string& file) {
    return parse_safetensors(std::as_bytes(std::span(file.data(), file.size())));
}

TEST(Safetensors, ReadsShapesTypesAndMetadata) {
    const auto table = parse(file_of(
        R"({"__metadata__":{"a":"b"},"w":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]},)"
        R"("s":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}   )",
        std::string(12, '\0')));
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_EQ(table->metadata.at("a"), "b");
    EXPECT_EQ(table->tensors.at("w").shape, (std::vector<std::int64_t>{2, 2}));
    EXPECT_EQ(table->tensors.at("s").numel(), 1);
}

struct BadHeader {
    const char* header;
    const char* says;
};

class HostileSafetensors : public testing::TestWithParam<BadHeader> {};

TEST_P(HostileSafetensors, IsRefusedWithAReason) {
    const auto table = parse(file_of(GetParam().header, std::string(8, '\0')));
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().code, ErrorCode::corrupt_input);
    EXPECT_NE(table.error().message.find(GetParam().says), std::string::npos)
        << table.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Headers,
    HostileSafetensors,
    testing::Values(
        BadHeader{"[]", "not a JSON object"},
        BadHeader{"{", "not valid JSON"},
        BadHeader{R"({"a":{"dtype":"F99","shape":[8],"data_offsets":[0,8]}})", "unknown dtype"},
        BadHeader{R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,9]}})", "outside the file"},
        BadHeader{R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[-1,8]}})", "outside the file"},
        BadHeader{R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[8,0]}})", "outside the file"},
        BadHeader{R"({"a":{"dtype":"U8","shape":[7],"data_offsets":[0,8]}})", "disagree"},
        BadHeader{R"({"a":{"dtype":"U8","shape":[-8],"data_offsets":[0,8]}})", "not a count"},
        BadHeader{R"({"a":{"dtype":"U8","shape":[8.0],"data_offsets":[0,8]}})", "not a count"},
        BadHeader{
            R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,8]}})",
            "impossibly large"},
        BadHeader{R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0.5,8]}})", "two integers"},
        BadHeader{R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "describes 4"},
        BadHeader{R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})", "gap"},
        BadHeader{
            R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},)"
            R"("b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
            "overlap"},
        BadHeader{
            R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},)"
            R"("a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})",
            "duplicate"},
        BadHeader{R"({"__metadata__":{"a":1}})", "not text"},
        BadHeader{R"({"":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})", "name is empty"},
        BadHeader{R"({"a":{"dtype":[[[[[1]]]]],"shape":[8],"data_offsets":[0,8]}})", "nested"}));

TEST(Safetensors, HeaderLengthsAreCheckedBeforeAnythingIsRead) {
    for (const std::uint64_t size :
         {std::uint64_t{1} << 63, std::uint64_t{100}, UINT64_MAX, std::uint64_t{17} << 20}) {
        std::string file(16, '\0');
        std::memcpy(file.data(), &size, 8);
        EXPECT_FALSE(parse(file)) << size;
    }
    EXPECT_FALSE(parse("abc"));
    EXPECT_FALSE(parse(""));
}

TEST(CheckpointFile, ConvertsEachFloatTypeToF32) {
    std::string data;
    const auto put = [&](auto value) {
        data.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    put(double{1.5});
    put(float{-2.0f});
    put(std::uint16_t{0x3C00});  // 1.0 as F16
    put(std::uint16_t{0xBF80});  // -1.0 as BF16
    put(std::uint8_t{0x38});     // 1.0 as E4M3
    put(std::uint8_t{0x3C});     // 1.0 as E5M2
    const auto path =
        std::filesystem::temp_directory_path() / ("darkroom-st-" + std::to_string(::getpid()));
    ASSERT_TRUE(write_file(
        path,
        file_of(
            R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},)"
            R"("b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},)"
            R"("c":{"dtype":"F16","shape":[1],"data_offsets":[12,14]},)"
            R"("d":{"dtype":"BF16","shape":[1],"data_offsets":[14,16]},)"
            R"("e":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[16,17]},)"
            R"("f":{"dtype":"F8_E5M2","shape":[1],"data_offsets":[17,18]}})",
            data)));
    const auto file = CheckpointFile::open(path);
    ASSERT_TRUE(file) << file.error().message;
    std::vector<float> values;
    for (const auto& [name, tensor] : file->table().tensors) {
        float value = 0;
        file->read_f32(tensor, 0, std::span(&value, 1));
        values.push_back(value);
    }
    EXPECT_EQ(values, (std::vector<float>{1.5f, -2.0f, 1.0f, -1.0f, 1.0f, 1.0f}));
    std::filesystem::remove(path);
}

TEST(CheckpointFile, NamesFormatsThatAreNotReadYet) {
    const auto path =
        std::filesystem::temp_directory_path() / ("darkroom-ck-" + std::to_string(::getpid()));
    ASSERT_TRUE(write_file(path, std::string("PK\x03\x04 and more")));
    const auto file = CheckpointFile::open(path);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::unimplemented);
    EXPECT_NE(file.error().message.find("not yet supported"), std::string::npos);
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace darkroom::engine
