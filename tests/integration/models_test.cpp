// SPDX-License-Identifier: Apache-2.0
// Model files through the real server: upload, register, draw, replace, delete.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/format.h"
#include "base/sha256.h"
#include "integration/a1111.h"
#include "integration/checkpoint_file.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

constexpr std::size_t kPiece = std::size_t{16} << 20;
constexpr std::size_t kMaxFile = std::size_t{256} << 20;
constexpr std::int64_t kManySteps = 400;
constexpr const char* kName = "sub/uploaded.safetensors";
constexpr const char* kOther = "other.safetensors";

json::Value parsed(const Answer& answer) {
    return answer ? json::parse(answer->body).value_or(json::Value()) : json::Value();
}

class Models : public ::testing::Test {
  protected:
    Models() {
        std::filesystem::create_symlink(bundled_checkpoint(), models_ / kOther);
        server_ = std::make_unique<Server>(data_.path(), models_.path());
    }

    Answer send(
        const std::string& method,
        const std::string& path,
        std::string body = "",
        const http::Headers& headers = {}) {
        http::ClientRequest request;
        request.method = method;
        request.url = path;
        request.headers = headers;
        request.body = std::move(body);
        return server_->send(std::move(request));
    }

    /// Begins the upload of a file of these bytes and returns its path.
    std::string begin_upload(const std::string& bytes) {
        const json::Object plan{
            {"type", "stableDiffusion"},
            {"name", kName},
            {"size", std::uint64_t{bytes.size()}},
            {"sha256", sha256_hex(bytes)}};
        const Answer answer = send("POST", "/uploads", json::dump(plan));
        EXPECT_EQ(answer ? answer->status : 0, 201);
        return answer ? std::string(answer->headers.get("Location")) : std::string();
    }

    static std::string range_of(std::size_t begin, std::size_t end, std::size_t total) {
        return format("bytes {}-{}/{}", begin, end - 1, total);
    }

    /// Sends pieces from there on until the file is whole.
    void send_rest(const std::string& upload, const std::string& bytes, std::size_t begin) {
        while (begin < bytes.size()) {
            const std::size_t end = std::min(begin + kPiece, bytes.size());
            const Answer answer = send(
                "PUT",
                upload,
                bytes.substr(begin, end - begin),
                {{"Content-Range", range_of(begin, end, bytes.size())}});
            ASSERT_TRUE(answer);
            ASSERT_EQ(answer->status, 200) << answer->body;
            begin = end;
        }
    }

    /// Sends half a piece and hangs up.
    void break_off(const std::string& upload, const std::string& bytes, std::size_t begin) {
        const std::size_t end = std::min(begin + kPiece, bytes.size());
        const std::string text = format(
                                     "PUT {} HTTP/1.1\r\nHost: localhost\r\nContent-Range: {}\r\n"
                                     "Content-Length: {}\r\n\r\n",
                                     upload,
                                     range_of(begin, end, bytes.size()),
                                     end - begin) +
                                 bytes.substr(begin, (end - begin) / 2);
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(server_->port())));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        // NOLINTNEXTLINE: the socket interface asks for this cast
        ASSERT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
        ASSERT_EQ(
            ::send(socket, text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
        ::close(socket);
    }

    Answer order(
        const std::string& method,
        const std::string& path,
        const std::string& upload,
        const std::string& etag) {
        const std::string id = upload.substr(upload.rfind('/') + 1);
        return send(
            method,
            path,
            json::dump(json::Object{
                {"type", "stableDiffusion"},
                {"name", kName},
                {"etag", etag},
                {"source", json::Object{{"upload", id}}}}));
    }

    std::vector<std::byte> draw(const std::string& model) {
        json::Object fields = fields_of({});
        fields.set("override_settings", json::Object{{"sd_model_checkpoint", model}});
        const Answer answer = server_->post("/sdapi/v1/txt2img", json::dump(fields));
        EXPECT_EQ(answer ? answer->status : 0, 200);
        return picture_of(*answer);
    }

    void submit(const std::string& task, const std::string& model, std::int64_t steps) {
        json::Object fields = fields_of({.steps = steps});
        fields.set("stable_diffusion_model", model);
        const Answer answer = send(
            "POST", "/txt2img", json::dump(fields), {{"Request-Type", "async"}, {"taskId", task}});
        ASSERT_EQ(answer ? answer->status : 0, 200);
    }

    void expect(const Answer& answer, int status, const std::string& message) {
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, status) << answer->body;
        EXPECT_NE(answer->body.find(message), std::string::npos) << answer->body;
    }

    TemporaryFolder data_;
    TemporaryFolder models_;
    std::unique_ptr<Server> server_;
    const std::string path_ = std::string("/models/") + kName;
};

TEST_F(Models, AnUploadIsResumedRegisteredDrawnWithReplacedAndDeleted) {
    const std::string bytes = read_file(bundled_checkpoint(), kMaxFile).value();
    const std::string upload = begin_upload(bytes);
    const Answer first = send(
        "PUT",
        upload,
        bytes.substr(0, kPiece),
        {{"Content-Range", range_of(0, kPiece, bytes.size())}});
    ASSERT_EQ(first ? first->status : 0, 200);
    break_off(upload, bytes, kPiece);
    const Answer state = send("HEAD", upload);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->headers.get("Upload-Offset"), std::to_string(kPiece));
    expect(order("POST", "/models", upload, "v1"), 409, "not complete");
    send_rest(upload, bytes, kPiece);

    expect(order("POST", "/models", upload, "v1"), 200, "register success");
    expect(order("POST", "/models", upload, "v1"), 200, "models existed");
    const json::Value listed = parsed(server_->get(path_));
    EXPECT_EQ(listed[0]["status"].as_string(), "loaded");
    EXPECT_EQ(listed[0]["sha256"].as_string(), sha256_hex(bytes));
    EXPECT_EQ(listed[0]["family"].as_string(), "sd1");
    const std::vector<std::byte> before = draw(kName);
    EXPECT_FALSE(before.empty());

    CheckpointFile checkpoint = CheckpointFile::read(bundled_checkpoint());
    std::string& bias = checkpoint.at("first_stage_model.decoder.conv_out.bias").bytes;
    bias.assign(bias.size(), '\0');
    checkpoint.write(data_ / "changed.safetensors");
    const std::string changed = read_file(data_ / "changed.safetensors", kMaxFile).value();
    const std::string second = begin_upload(changed);
    send_rest(second, changed, 0);
    expect(order("PUT", path_, second, "v2"), 200, "success");
    expect(order("PUT", path_, second, "v2"), 200, "models existed and not change");
    EXPECT_NE(draw(kName), before);
    expect(order("PUT", "/models/unknown.safetensors", second, "v2"), 422, "name");
    expect(send("PUT", "/models/unknown.safetensors", "{}"), 404, "model not register");

    submit("running", kOther, kManySteps);
    ASSERT_TRUE(eventually([&] { return server_->is_sampling(); }));
    submit("waiting", kName, 1);
    expect(send("DELETE", path_), 409, "in use");
    expect(server_->post("/tasks/waiting/cancellation", ""), 200, "success");
    expect(send("DELETE", path_), 200, "delete success");
    expect(send("DELETE", path_), 404, "model not exist");
    expect(server_->get(path_), 404, "not found");
    EXPECT_EQ(parsed(server_->get("/models")).as_array().size(), 1u);
}

TEST_F(Models, AFileThatIsReplacedByHandIsSeenWithoutARequest) {
    std::filesystem::copy(bundled_checkpoint(), models_ / "hand.safetensors");
    // Unlike GET /models, this does not look at the folder.
    ASSERT_TRUE(eventually([&] {
        const Answer answer = server_->get("/models/hand.safetensors");
        return answer && answer->status == 200 &&
               parsed(answer)[0]["status"].as_string() == "loaded";
    }));
    const std::vector<std::byte> before = draw("hand.safetensors");
    CheckpointFile checkpoint = CheckpointFile::read(bundled_checkpoint());
    std::string& bias = checkpoint.at("first_stage_model.decoder.conv_out.bias").bytes;
    bias.assign(bias.size(), '\0');
    checkpoint.write(models_ / "hand.safetensors");
    // No need to wait: the agent looks at the file before each task.
    EXPECT_NE(draw("hand.safetensors"), before);
}

TEST_F(Models, HostileNamesAreRefusedAndWriteNothing) {
    for (const char* name :
         {"../a.safetensors",
          "/etc/a.safetensors",
          "a/../../b.safetensors",
          "a\\\\b.safetensors",
          "C:\\\\a.safetensors",
          ".uploads/a.safetensors",
          "CON.safetensors",
          "a\\u0000.safetensors",
          "a\\u2215b.safetensors",
          "a.ckpt"}) {
        const std::string begin = std::string(R"({"type": "lora", "name": ")") + name + '"';
        for (const char* path : {"/uploads", "/models"}) {
            const Answer answer =
                send("POST", path, begin + R"(, "size": 10, "source": {"upload": "x"}})");
            ASSERT_TRUE(answer);
            EXPECT_TRUE(answer->status == 422 || answer->status == 400) << name << answer->body;
        }
    }
    for (const char* path :
         {"/models/..%2f..%2fetc%2fpasswd",
          "/models/%2e%2e/a",
          "/models/a%5c..%5cb",
          "/models/%00"}) {
        const Answer answer = send("DELETE", path);
        ASSERT_TRUE(answer);
        EXPECT_TRUE(answer->status == 400 || answer->status == 404) << path << answer->body;
    }
    const Answer cut =
        send("POST", "/uploads", R"({"type": "lora", "name": "a.safetensors", "size": 7})");
    const std::string upload(cut->headers.get("Location"));
    expect(send("PUT", upload, "not st!"), 200, "\"complete\":true");
    const std::string id = upload.substr(upload.rfind('/') + 1);
    expect(
        send(
            "POST",
            "/models",
            R"({"type": "lora", "name": "a.safetensors", "source": {"upload": ")" + id + "\"}}"),
        422,
        "cannot be used");
    EXPECT_EQ(parsed(server_->get("/models?status=loaded")).as_array().size(), 1u);
    EXPECT_FALSE(std::filesystem::exists(models_ / "Lora"));
}

}  // namespace
}  // namespace darkroom::integration
