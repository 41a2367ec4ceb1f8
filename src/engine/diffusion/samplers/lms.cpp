// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/samplers/lms.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <span>

#include "engine/ops/arithmetic.h"

namespace darkroom::engine {

namespace {

constexpr std::size_t kOrder = 4;

/// Lagrange basis polynomial j over the sigmas of the newest `order` steps (0 is the newest).
double lagrange(std::span<const Step> steps, std::size_t order, std::size_t j, double sigma) {
    const std::size_t newest = steps.size() - 1;
    double product = 1.0;
    for (std::size_t k = 0; k < order; ++k) {
        if (k == j) continue;
        const double node = static_cast<double>(steps[newest - k].sigma);
        product *= (sigma - node) / (static_cast<double>(steps[newest - j].sigma) - node);
    }
    return product;
}

/// Integral of basis polynomial j over the newest step. Two Gauss-Legendre points are exact up to
/// degree 3, which is all that order 4 has.
float coefficient(std::span<const Step> steps, std::size_t order, std::size_t j) {
    const Step& step = steps.back();
    const double middle =
        0.5 * (static_cast<double>(step.sigma) + static_cast<double>(step.next_sigma));
    const double half =
        0.5 * (static_cast<double>(step.next_sigma) - static_cast<double>(step.sigma));
    const double offset = half / std::sqrt(3.0);
    return static_cast<float>(
        half *
        (lagrange(steps, order, j, middle - offset) + lagrange(steps, order, j, middle + offset)));
}

}  // namespace

Sampler lms(SamplerInputs in) {
    Tensor x = in.start;
    std::deque<Tensor> slopes;
    for (const Step& s : in.steps) {
        const Tensor denoised = co_await denoise(x, s);
        slopes.push_front((x - denoised) / s.sigma);
        if (slopes.size() > kOrder) slopes.pop_back();
        const auto so_far = std::span(in.steps).first(static_cast<std::size_t>(s.index) + 1);
        for (std::size_t j = 0; j < slopes.size(); ++j) {
            x = x + slopes[j] * coefficient(so_far, slopes.size(), j);
        }
    }
    co_return x;
}

}  // namespace darkroom::engine
