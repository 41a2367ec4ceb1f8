// SPDX-License-Identifier: Apache-2.0
#include "engine/models/vae/vae.h"
#include "engine/ops/attention.h"

namespace darkroom::engine {
namespace {

constexpr float kNormEpsilon = 1e-6f;

}  // namespace

VaeResBlock::VaeResBlock(
    WeightSource& source, const std::string& prefix, std::int64_t in, std::int64_t out)
    : norm1_(source, prefix + ".norm1", in, kNormEpsilon),
      norm2_(source, prefix + ".norm2", out, kNormEpsilon),
      conv1_(source, prefix + ".conv1", {in, out}),
      conv2_(source, prefix + ".conv2", {out, out}) {
    if (in != out) {
        shortcut_ =
            Linear(source, prefix + ".nin_shortcut", {in, out}, LinearForm::convolution_1x1);
    }
}

Tensor VaeResBlock::operator()(Tensor x) const {
    // In this order the widest level holds the least at once.
    const Tensor skip = shortcut_ ? (*shortcut_)(x, {.wide = true}) : x;
    Tensor h = norm1_(x, Activation::silu);
    x = {};
    h = conv1_(h, {.wide = true});
    h = norm2_(h, Activation::silu);
    return conv2_(h, {.residual = skip});
}

VaeMiddle::VaeMiddle(WeightSource& source, const std::string& prefix, std::int64_t channels)
    : block1_(source, prefix + ".block_1", channels, channels),
      block2_(source, prefix + ".block_2", channels, channels),
      norm_(source, prefix + ".attn_1.norm", channels, kNormEpsilon) {
    const LinearSpec square{channels, channels};
    const auto form = LinearForm::convolution_1x1;
    q_ = Linear(source, prefix + ".attn_1.q", square, form);
    k_ = Linear(source, prefix + ".attn_1.k", square, form);
    v_ = Linear(source, prefix + ".attn_1.v", square, form);
    out_ = Linear(source, prefix + ".attn_1.proj_out", square, form);
}

Tensor VaeMiddle::operator()(const Tensor& x) const {
    const Tensor h = block1_(x);
    const Shape& map = h.shape();
    const Tensor normed = norm_(h).reshape({map[0], map[1] * map[2], map[3]});
    const Tensor attended = ops::attention(q_(normed), k_(normed), v_(normed), {.heads = 1});
    return block2_(out_(attended.reshape(map), {.residual = h}));
}

}  // namespace darkroom::engine
