// SPDX-License-Identifier: Apache-2.0
#include "api/model_requests.h"

#include <algorithm>
#include <utility>

#include "api/python_text.h"
#include "api/serverless_request.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

using domain::ModelSource;

constexpr int kBadRequest = 400;
constexpr int kUnprocessable = 422;
constexpr std::size_t kLongestText = 1024;
constexpr std::size_t kLongestNote = std::size_t{16} << 10;
constexpr std::size_t kHashDigits = 64;

Refusal bad_member(std::string_view name, std::string_view wanted) {
    return message_refusal(kUnprocessable, format("{}: {}", name, wanted));
}

/// A JSON object whose members are found in any case.
class Members {
  public:
    static Outcome<Members> parse(std::string_view body) {
        const auto parsed = json::parse(body);
        if (!parsed || !parsed->is_object()) {
            return message_refusal(kBadRequest, "bad request body");
        }
        return Members(parsed->as_object());
    }
    explicit Members(json::Object object) : object_(std::move(object)) {}

    /// Null counts as absent.
    [[nodiscard]] const json::Value* find(std::string_view name) const {
        for (const auto& [key, value] : object_) {
            if (lower_ascii(key) == lower_ascii(name) && !value.is_null()) return &value;
        }
        return nullptr;
    }

    /// An absent one is empty.
    [[nodiscard]] Outcome<std::string> text(std::string_view name) const {
        const json::Value* value = find(name);
        if (value == nullptr) return std::string();
        if (!value->is_string() || value->as_string().size() > kLongestText) {
            return bad_member(name, format("a text of at most {} bytes", kLongestText));
        }
        return value->as_string();
    }

    [[nodiscard]] Outcome<std::optional<domain::ModelType>> type() const {
        DARKROOM_TRY_ASSIGN(const std::string word, text("type"));
        if (word.empty()) return std::optional<domain::ModelType>();
        const auto type = domain::model_type_from(word);
        if (type) return type;
        return bad_member(
            "type",
            "stableDiffusion, sdVae, lora, embedding, hypernetwork, controlNet or upscaler");
    }

  private:
    json::Object object_;
};

constexpr std::string_view kPictureType = "image";
constexpr std::string_view kSources = R"({"upload": ID}, {"import": PATH} or {"url": URL})";

Outcome<ModelSource> parse_source(const json::Value& value) {
    if (!value.is_object() || value.as_object().size() != 1) return bad_member("source", kSources);
    const Members source(value.as_object());
    using Kind = ModelSource::Kind;
    for (const auto& [name, kind] :
         {std::pair{"upload", Kind::upload}, {"import", Kind::import}, {"url", Kind::url}}) {
        DARKROOM_TRY_ASSIGN(std::string text, source.text(name));
        if (!text.empty()) return ModelSource{kind, std::move(text)};
    }
    return bad_member("source", kSources);
}

Outcome<ModelSource> source_of(const Members& members) {
    if (const json::Value* source = members.find("source")) return parse_source(*source);
    DARKROOM_TRY_ASSIGN(std::string path, members.text("ossPath"));
    if (path.empty()) return ModelSource{};
    const bool is_url = path.find("://") != std::string::npos;
    return ModelSource{
        is_url ? ModelSource::Kind::url : ModelSource::Kind::import, std::move(path)};
}

Outcome<std::optional<std::string>> note_of(const Members& members) {
    const json::Value* note = members.find("note");
    if (note == nullptr) return std::optional<std::string>();
    if (!note->is_string() || note->as_string().size() > kLongestNote) {
        return bad_member("note", format("a text of at most {} bytes", kLongestNote));
    }
    return std::optional<std::string>(note->as_string());
}

bool is_hash(std::string_view text) {
    return text.size() == kHashDigits && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

}  // namespace

Outcome<ModelRequest> parse_model_request(std::string_view body) {
    DARKROOM_TRY_ASSIGN(const Members members, Members::parse(body));
    ModelRequest request;
    DARKROOM_TRY_ASSIGN(request.type, members.type());
    DARKROOM_TRY_ASSIGN(request.name, members.text("name"));
    DARKROOM_TRY_ASSIGN(request.etag, members.text("etag"));
    DARKROOM_TRY_ASSIGN(request.source, source_of(members));
    DARKROOM_TRY_ASSIGN(request.note, note_of(members));
    return request;
}

Outcome<UploadRequest> parse_upload_request(std::string_view body) {
    DARKROOM_TRY_ASSIGN(const Members members, Members::parse(body));
    UploadRequest request;
    const json::Value* type = members.find("type");
    if (type == nullptr) return bad_member("type", "must be there");
    const bool is_picture = type->is_string() && type->as_string() == kPictureType;
    request.type = std::nullopt;
    if (!is_picture) {
        DARKROOM_TRY_ASSIGN(request.type, members.type());
    }
    DARKROOM_TRY_ASSIGN(request.name, members.text("name"));
    if (request.name.empty() && !is_picture) return bad_member("name", "must be there");
    const json::Value* size = members.find("size");
    if (size == nullptr || !size->is_integer() || size->as_integer() <= 0) {
        return bad_member("size", "the number of bytes");
    }
    request.size_bytes = static_cast<std::uint64_t>(size->as_integer());
    DARKROOM_TRY_ASSIGN(const std::string sha256, members.text("sha256"));
    request.sha256 = lower_ascii(sha256);
    if (!request.sha256.empty() && !is_hash(request.sha256)) {
        return bad_member("sha256", "64 hex digits");
    }
    return request;
}

}  // namespace darkroom::api
