// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "engine/models/vae/vae.h"
#include "engine/ops/attention.h"
#include "engine/ops/norm.h"

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

RowBands VaeResBlock::operator()(RowBands x) const {
    RowBands skip = shortcut_ ? RowBands(x.band_pixels()) : x;
    const Tensor scales1 = norm1_.scales(x.all());
    RowBands h = convolve_bands(conv1_.spec(), x, [&](const ConvolutionBand& band) {
        if (shortcut_) skip.append((*shortcut_)(x.joined(band.result), {.wide = true}));
        const Tensor operand = ops::normalise(x.pieces(band.input), scales1, Activation::silu);
        return conv1_.band(operand, band.padding, {.wide = true});
    });
    const Tensor scales2 = norm2_.scales(h.all());
    return convolve_bands(conv2_.spec(), h, [&](const ConvolutionBand& band) {
        const Tensor operand = ops::normalise(h.pieces(band.input), scales2, Activation::silu);
        Tensor y = conv2_.band(operand, band.padding, {.residual = skip.joined(band.result)});
        skip.give_up_above(band.result.end);
        return y;
    });
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

RowBands VaeMiddle::operator()(RowBands x) const {
    const std::int64_t band_pixels = x.band_pixels();
    const Tensor h = block1_(std::move(x)).joined();
    const Shape& map = h.shape();
    const Tensor normed = norm_(h).reshape({map[0], map[1] * map[2], map[3]});
    const Tensor attended = ops::attention(q_(normed), k_(normed), v_(normed), {.heads = 1});
    return block2_(RowBands(out_(attended.reshape(map), {.residual = h}), band_pixels));
}

RowBands convolved(const Conv2d& convolution, RowBands x) {
    return convolve_bands(convolution.spec(), x, [&](const ConvolutionBand& band) {
        return convolution.band(x.joined(band.input), band.padding, {.wide = true});
    });
}

RowBands normed_convolution(const GroupNorm& norm, const Conv2d& convolution, RowBands x) {
    const Tensor scales = norm.scales(x.all());
    return convolve_bands(convolution.spec(), x, [&](const ConvolutionBand& band) {
        const Tensor operand = ops::normalise(x.pieces(band.input), scales, Activation::silu);
        return convolution.band(operand, band.padding, {.wide = true});
    });
}

}  // namespace darkroom::engine
