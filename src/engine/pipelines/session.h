// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/pipelines/model.h"
#include "engine/pipelines/picture.h"
#include "engine/pipelines/request.h"

namespace darkroom::engine {

using RequestId = std::uint64_t;

struct SessionOptions {
    /// Most samples in one UNet call; a picture with guidance has two.
    int max_width = 8;
};

/// What one Session::step did.
struct StepReport {
    enum class Work { none, encode, encode_image, unet, decode };
    Work work = Work::none;
    /// Samples of the UNet call.
    int width = 0;
    double seconds = 0;
};

struct RequestProgress {
    /// Over all pictures of the request.
    int finished_steps = 0;
    int total_steps = 0;
    int finished_pictures = 0;
    int pictures = 0;
};

struct FinishedRequest {
    RequestId id = 0;
    /// The pictures in order; fewer than asked for after an interrupt.
    Result<std::vector<image::Image>> pictures;
    bool interrupted = false;
};

/// Draws several requests at once: continuous batching for U-Net diffusion. Pending network calls
/// of requests with the same model and latent shape share one UNet call; requests join and leave
/// between steps. A request's bytes never depend on its batch mates, and its failure never reaches
/// them. Used by the device thread only.
class Session {
  public:
    explicit Session(SessionOptions options = {}) : options_(options) {}

    /// Admits a request. Fails with invalid_argument for what cannot be drawn; throws
    /// ContractViolation for an id that is in use.
    Result<void> add(RequestId id, std::shared_ptr<const Model> model, ImageRequest request);

    /// True when there is nothing left to do.
    [[nodiscard]] bool idle() const { return requests_.empty(); }
    [[nodiscard]] std::size_t size() const { return requests_.size(); }

    /// Does one piece of work: encodes a request's prompts or a picture it starts from, makes one
    /// UNet call, or decodes one picture.
    StepReport step();

    /// Takes the requests that have ended since the last call.
    std::vector<FinishedRequest> collect();

    [[nodiscard]] std::optional<RequestProgress> progress(RequestId id) const;

    /// Ends a request early: pictures begun are decoded from their last denoised latent (after one
    /// step at least), the others are left out.
    void interrupt(RequestId id);

    /// Forgets a request; it is not collected any more.
    void remove(RequestId id);

  private:
    struct Request {
        RequestId id = 0;
        std::shared_ptr<const Model> model;
        ImageRequest image;
        Guidance guidance;
        bool encoded = false;
        /// Of the pictures it starts from; drawing begins when there is one for each.
        std::vector<Tensor> init_latents;
        bool interrupted = false;
        int next_iteration = 0;
        std::vector<std::unique_ptr<Picture>> drawing;
        std::vector<image::Image> pictures;
        /// When it last had part in a UNet call: the one that waited longest goes first.
        std::uint64_t last_turn = 0;
    };

    bool encode_one();
    bool encode_image_one();
    bool decode_one();
    int call_unet();
    std::vector<std::pair<Request*, Picture*>> choose_batch();
    void begin_iteration(Request& request);
    void settle(RequestId id);
    void fail(RequestId id, Error error);
    Request* find(RequestId id);

    SessionOptions options_;
    std::deque<std::unique_ptr<Request>> requests_;
    std::vector<FinishedRequest> finished_;
    std::uint64_t turn_ = 0;
};

}  // namespace darkroom::engine
