// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "engine/cpu/kernels/panel_layout.h"
#include "engine/cpu/state.h"

namespace darkroom::engine {
namespace {

/// Where the packed keys, the packed values and the workspaces of the threads lie.
struct AttentionPlan {
    AttentionPlan(
        const Tensor& q, const Tensor& k, std::int64_t head_count, const cpu::KernelTable& table)
        : query_block(std::int64_t{table.width} * table.max_vectors),
          samples(q.shape()[0]),
          queries(q.shape()[1]),
          keys(k.shape()[1]),
          channels(q.shape()[2]),
          heads(head_count),
          size(channels / head_count) {}

    /// Queries that a job takes at most.
    std::int64_t query_block;
    std::int64_t samples;
    std::int64_t queries;
    std::int64_t keys;
    std::int64_t channels;
    std::int64_t heads;
    std::int64_t size;

    [[nodiscard]] std::int64_t query_blocks() const {
        return cpu::ceil_divide(queries, query_block);
    }
};

/// Elements that the kernels ask for; see attention_packing.h.
struct PackedSizes {
    PackedSizes(const AttentionPlan& plan, int step)
        : keys(plan.keys * cpu::whole_steps(plan.size, step)),
          values(cpu::whole_steps(plan.keys, step) * plan.size),
          workspace_floats(plan.query_block * (plan.size + cpu::whole_steps(plan.size, step))) {}

    std::int64_t keys;
    std::int64_t values;
    std::int64_t workspace_floats;
};

}  // namespace

Tensor CpuBackend::attention(
    const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) {
    DARKROOM_CHECK(
        q.shape().rank() == 3 && k.shape().rank() == 3 && k.shape() == v.shape() &&
            options.heads > 0 && q.shape()[2] % options.heads == 0 &&
            k.shape() == q.shape().with(1, k.shape()[1]) && k.shape()[1] > 0,
        "attention of {} to {} with {} heads",
        to_string(q.shape()),
        to_string(k.shape()),
        options.heads);
    const cpu::ElementKernels& kernels = state_->kernels_of(q.dtype());
    DARKROOM_CHECK(
        kernels.attend != nullptr && k.dtype() == q.dtype() && v.dtype() == q.dtype(),
        "attention in {}",
        to_string(q.dtype()));
    const AttentionPlan plan(q, k, options.heads, state_->table);
    const PackedSizes sizes(plan, kernels.step);
    const std::int64_t pairs = plan.samples * plan.heads;
    const Tensor packed_keys = empty({pairs, sizes.keys}, q.dtype());
    const Tensor packed_values = empty({pairs, sizes.values}, q.dtype());
    const Tensor workspaces =
        empty({state_->workers.threads(), sizes.workspace_floats}, DType::f32);
    Tensor result = empty(q.shape(), q.dtype());

    const auto element = static_cast<std::int64_t>(size_of(q.dtype()));
    // The byte where a head's channels begin in a row of a tensor.
    const auto at = [&](const Tensor& x, std::int64_t sample, std::int64_t row, std::int64_t head) {
        const std::int64_t line = sample * x.shape()[1] + row;
        return x.data() + (line * plan.channels + head * plan.size) * element;
    };
    state_->workers.run(pairs, [&](std::int64_t pair, int) {
        const std::int64_t sample = pair / plan.heads;
        const std::int64_t head = pair % plan.heads;
        cpu::PackJob job{.rows = plan.keys, .size = plan.size, .stride = plan.channels};
        job.source = at(k, sample, 0, head);
        job.packed = packed_keys.data() + pair * sizes.keys * element;
        kernels.pack_keys(job);
        job.source = at(v, sample, 0, head);
        job.packed = packed_values.data() + pair * sizes.values * element;
        kernels.pack_values(job);
    });

    const std::int64_t blocks = plan.query_blocks();
    const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(plan.size)));
    state_->workers.run(pairs * blocks, [&](std::int64_t piece, int thread) {
        const std::int64_t pair = piece / blocks;
        const std::int64_t row = piece % blocks * plan.query_block;
        const std::int64_t sample = pair / plan.heads;
        const std::int64_t head = pair % plan.heads;
        float* workspace = workspaces.values<float>().data() + thread * sizes.workspace_floats;
        kernels.attend(
            {.queries = at(q, sample, row, head),
             .output = at(result, sample, row, head),
             .keys = packed_keys.data() + pair * sizes.keys * element,
             .values = packed_values.data() + pair * sizes.values * element,
             .workspace = workspace,
             .stride = plan.channels,
             .size = plan.size,
             .rows = std::min(plan.query_block, plan.queries - row),
             .key_count = plan.keys,
             .first_row = row,
             .causal = options.causal,
             .scale = scale});
    });
    return result;
}

}  // namespace darkroom::engine
