// SPDX-License-Identifier: Apache-2.0
#include "api/txt2img_request.h"

#include <gtest/gtest.h>

#include "base/format.h"

namespace darkroom::api {
namespace {

std::string echoed(const std::string& field, const std::string& value) {
    const auto request = parse_txt2img(format("{{\"{}\": {}}}", field, value));
    if (!request) return json::dump(request.error().body["detail"][0]);
    return json::dump(request->value(field));
}

TEST(Txt2imgRequest, AnEmptyObjectIsAllDefaultsInTheDocumentedOrder) {
    EXPECT_EQ(
        json::dump(parse_txt2img("{}")->parameters),
        R"({"prompt":"","negative_prompt":"","styles":null,"seed":-1,"subseed":-1,)"
        R"("subseed_strength":0,"seed_resize_from_h":-1,"seed_resize_from_w":-1,)"
        R"("sampler_name":null,"scheduler":null,"batch_size":1,"n_iter":1,"steps":50,)"
        R"("cfg_scale":7.0,"width":512,"height":512,"restore_faces":null,"tiling":null,)"
        R"("do_not_save_samples":false,"do_not_save_grid":false,"eta":null,)"
        R"("denoising_strength":null,"s_min_uncond":null,"s_churn":null,"s_tmax":null,)"
        R"("s_tmin":null,"s_noise":null,"override_settings":null,)"
        R"("override_settings_restore_afterwards":true,"refiner_checkpoint":null,)"
        R"("refiner_switch_at":null,"disable_extra_networks":false,"firstpass_image":null,)"
        R"("comments":null,"enable_hr":false,"firstphase_width":0,"firstphase_height":0,)"
        R"("hr_scale":2.0,"hr_upscaler":null,"hr_second_pass_steps":0,"hr_resize_x":0,)"
        R"("hr_resize_y":0,"hr_checkpoint_name":null,"hr_sampler_name":null,)"
        R"("hr_scheduler":null,"hr_prompt":"","hr_negative_prompt":"","force_task_id":null,)"
        R"("sampler_index":"Euler","script_name":null,"script_args":[],"send_images":true,)"
        R"("save_images":false,"alwayson_scripts":{},"infotext":null})");
}

TEST(Txt2imgRequest, CoercesAsPydanticDoes) {
    const struct {
        const char* field;
        const char* sent;
        const char* echo;
    } cases[] = {
        {"steps", "20", "20"},
        {"steps", R"("12")", "12"},
        {"steps", R"(" 12 ")", "12"},
        {"steps", "20.7", "20"},
        {"steps", "-1.5", "-1"},
        {"steps", "true", "1"},
        {"steps", "null", "null"},
        {"cfg_scale", "7", "7.0"},
        {"cfg_scale", R"("1.5")", "1.5"},
        {"cfg_scale", "true", "1.0"},
        {"enable_hr", "1", "true"},
        {"enable_hr", "0.0", "false"},
        {"enable_hr", R"("Yes")", "true"},
        {"enable_hr", R"("OFF")", "false"},
        {"enable_hr", R"("t")", "true"},
        {"prompt", "5", R"("5")"},
        {"prompt", "1.50", R"("1.5")"},
        {"prompt", "true", R"("True")"},
        {"prompt", R"("a\u00e9")", "\"a\xC3\xA9\""},
        {"styles", R"(["a", 1, false])", R"(["a","1","False"])"},
        {"script_args", R"([1, {"a": null}])", R"([1,{"a":null}])"},
        {"override_settings", R"({"a": 1})", R"({"a":1})"},
        {"alwayson_scripts", "[]", "{}"},
    };
    for (const auto& c : cases)
        EXPECT_EQ(echoed(c.field, c.sent), c.echo) << c.field << " " << c.sent;
}

TEST(Txt2imgRequest, RefusesWrongTypesInPydanticsWords) {
    const char* integer = "value is not a valid integer";
    const char* null = "none is not an allowed value";
    const struct {
        const char* field;
        const char* sent;
        const char* message;
        const char* type;
    } cases[] = {
        {"steps", R"("abc")", integer, "type_error.integer"},
        {"steps", R"("1.5")", integer, "type_error.integer"},
        {"steps", "[1]", integer, "type_error.integer"},
        {"steps", "1e300", integer, "type_error.integer"},
        {"cfg_scale", R"("x")", "value is not a valid float", "type_error.float"},
        {"cfg_scale", "{}", "value is not a valid float", "type_error.float"},
        {"tiling", "2", "value could not be parsed to a boolean", "type_error.bool"},
        {"tiling", R"("maybe")", "value could not be parsed to a boolean", "type_error.bool"},
        {"tiling", "[]", "value could not be parsed to a boolean", "type_error.bool"},
        {"prompt", "[]", "str type expected", "type_error.str"},
        {"styles", R"("a")", "value is not a valid list", "type_error.list"},
        {"script_args", "{}", "value is not a valid list", "type_error.list"},
        {"override_settings", "[1]", "value is not a valid dict", "type_error.dict"},
        {"sampler_index", "null", null, "type_error.none.not_allowed"},
        {"script_args", "null", null, "type_error.none.not_allowed"},
        {"send_images", "null", null, "type_error.none.not_allowed"},
        {"save_images", "null", null, "type_error.none.not_allowed"},
        {"alwayson_scripts", "null", null, "type_error.none.not_allowed"},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(
            echoed(c.field, c.sent),
            format(R"({{"loc":["body","{}"],"msg":"{}","type":"{}"}})", c.field, c.message, c.type))
            << c.sent;
    }
    EXPECT_EQ(
        echoed("styles", R"(["a", {}])"),
        R"({"loc":["body","styles",1],"msg":"str type expected","type":"type_error.str"})");
}

TEST(Txt2imgRequest, ReportsEveryBadField) {
    const auto request = parse_txt2img(R"({"width": "x", "prompt": {}, "unknown": {}})");
    EXPECT_EQ(request.error().status, 422);
    const json::Array& detail = request.error().body["detail"].as_array();
    ASSERT_EQ(detail.size(), 2u);
    EXPECT_EQ(detail[0]["loc"][1], json::Value("prompt"));
    EXPECT_EQ(detail[1]["loc"][1], json::Value("width"));
}

TEST(Txt2imgRequest, IgnoresWhatIsNotAField) {
    const auto request = parse_txt2img(R"({"clip_skip": {}, "sd_model": [], "tenant": "x"})");
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(request->parameters, parse_txt2img("{}")->parameters);
}

TEST(Txt2imgRequest, ANullPromptIsAnAssertionError) {
    const auto request = parse_txt2img(R"({"prompt": null})");
    EXPECT_EQ(request.error().status, 500);
    EXPECT_EQ(request.error().body["error"], json::Value("AssertionError"));
}

TEST(Txt2imgRequest, BodiesThatAreNoObjectAreRefused) {
    const std::string missing =
        R"([{"loc":["body"],"msg":"field required","type":"value_error.missing"}])";
    const std::string dict =
        R"([{"loc":["body"],"msg":"value is not a valid dict","type":"type_error.dict"}])";
    const std::pair<const char*, std::string> cases[] = {
        {"", missing}, {"null", missing}, {"[]", dict}, {"\"x\"", dict}, {"3", dict}};
    for (const auto& [body, detail] : cases) {
        const auto request = parse_txt2img(body);
        EXPECT_EQ(request.error().status, 422);
        EXPECT_EQ(json::dump(request.error().body["detail"]), detail) << body;
    }
}

TEST(Txt2imgRequest, MalformedJsonIsADecodeError) {
    EXPECT_EQ(
        json::dump(parse_txt2img("x").error().body),
        R"x({"detail":[{"loc":["body",0],"msg":"Expecting value: line 1 column 1 (char 0)",)x"
        R"("type":"value_error.jsondecode","ctx":{"msg":"Expecting value","doc":"x","pos":0,)"
        R"("lineno":1,"colno":1}}]})");
    const std::pair<const char*, const char*> cases[] = {
        {"{\"a\" 1}", "Expecting ':' delimiter"},
        {"{\"a\": 1 \"b\"", "Expecting ',' delimiter"},
        {"{a: 1}", "Expecting property name enclosed in double quotes"},
        {"{} {}", "Extra data"},
        {"{\"a\": \"b", "Unterminated string starting at"},
        {"{\"a\": \"\n\"}", "Invalid control character at"},
        {"{\"a\":\n tru}", "Expecting value"},
    };
    for (const auto& [body, words] : cases) {
        const Refusal refusal = parse_txt2img(body).error();
        EXPECT_EQ(refusal.body["detail"][0]["ctx"]["msg"], json::Value(words)) << body;
    }
    const auto line = parse_txt2img("{\"a\":\n tru}").error().body["detail"][0]["ctx"]["lineno"];
    EXPECT_EQ(line, json::Value(2));
}

TEST(Txt2imgRequest, HostileBodiesAreRefused) {
    for (const std::string& body :
         {std::string(100000, '['),
          std::string("{\"prompt\": \"\xFF\"}"),
          std::string("{\"steps\": 1, \"steps\": 2}"),
          std::string("{\"cfg_scale\": 1e999}"),
          std::string("{\"cfg_scale\": NaN}"),
          std::string("\0{}", 3)}) {
        EXPECT_EQ(parse_txt2img(body).error().status, 422);
    }
    const auto huge = parse_txt2img(std::string(5000000, 'x'));
    EXPECT_LT(json::dump(huge.error().body).size(), 2000u);
}

}  // namespace
}  // namespace darkroom::api
