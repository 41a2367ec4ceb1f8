// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/diffusion/image_noise.h"
#include "engine/diffusion/sampler_inputs.h"
#include "engine/diffusion/samplers/registry.h"
#include "engine/pipelines/model.h"
#include "engine/pipelines/request.h"

namespace darkroom::engine {

/// What a picture of the request starts from: noise, or `init` (absent without InitPictures) with
/// the noise of the step that the strength leads to. Takes the first draw of `noise`, which
/// outlives the run. As A1111's sample and sample_img2img: samplers in sigma space run the last
/// t_enc + 1 steps of the schedule, those in timesteps the first t_enc timesteps.
SamplerInputs sampler_inputs(
    const Model& model,
    const ImageRequest& request,
    const SamplerSpec& sampler,
    ImageNoise& noise,
    const Tensor& init);

}  // namespace darkroom::engine
