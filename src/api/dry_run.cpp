// SPDX-License-Identifier: Apache-2.0
#include "api/dry_run.h"

namespace darkroom::api {
namespace {

json::Object count_body(const TokenCount& count) {
    return json::Object{
        {"tokens", static_cast<std::int64_t>(count.tokens)},
        {"chunks", static_cast<std::int64_t>(count.chunks)}};
}

}  // namespace

json::Object dry_run_body(
    const domain::Generation& generation, const PromptTokens& tokens, double predicted_s) {
    const std::int64_t pictures = generation.iterations * generation.batch_size;
    return json::Object{
        {"dryRun", true},
        {"model", generation.model},
        {"pictures", pictures},
        {"width", generation.width},
        {"height", generation.height},
        {"steps", generation.steps},
        {"stepPixels", pictures * generation.steps * generation.width * generation.height},
        {"predictedSeconds", predicted_s},
        {"prompt", count_body(tokens.prompt)},
        {"negativePrompt", count_body(tokens.negative_prompt)}};
}

json::Object dry_run_body(const ExtrasForecast& forecast) {
    return json::Object{
        {"dryRun", true},
        {"pictures", forecast.pictures},
        {"pixels", forecast.pixels},
        {"predictedSeconds", forecast.predicted_s}};
}

}  // namespace darkroom::api
