// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace darkroom::engine {

/// The noise levels a checkpoint was trained on. Timestep t = 0 .. size() - 1 has the signal share
/// alpha_bar_t and, in sigma space, the noise level sigma_t = sqrt((1 - alpha_bar_t) /
/// alpha_bar_t), which rises with t. Between two timesteps log sigma is linear, so t may be
/// fractional.
///
/// Ho et al. 2020; values and interpolation as k-diffusion's external.py.
class Discretisation {
  public:
    /// 1000 steps whose sqrt(beta) runs evenly from sqrt(0.00085) to sqrt(0.012): Stable Diffusion
    /// 1, 2 and XL. Products in f64, rounded to f32.
    static Discretisation scaled_linear();

    /// scaled_linear rescaled so that the last timestep is (almost) pure noise, sigma_max =
    /// 4518.76. Lin et al. 2023, algorithm 1; the last entry as A1111.
    static Discretisation zero_terminal_snr();

    /// At least two alpha_bar, strictly falling, in (0, 1). Throws ContractViolation otherwise.
    explicit Discretisation(std::vector<float> alphas_cumprod);

    [[nodiscard]] const std::vector<float>& alphas_cumprod() const { return alphas_cumprod_; }
    [[nodiscard]] const std::vector<float>& sigmas() const { return sigmas_; }
    [[nodiscard]] std::size_t size() const { return sigmas_.size(); }
    [[nodiscard]] float sigma_min() const { return sigmas_.front(); }
    [[nodiscard]] float sigma_max() const { return sigmas_.back(); }

    /// sigma of a timestep in [0, size() - 1]; values outside are clamped.
    [[nodiscard]] float sigma(double timestep) const;
    /// Fractional timestep of a sigma; clamped to [0, size() - 1], so sigma 0 is timestep 0.
    [[nodiscard]] double timestep(float sigma) const;

  private:
    std::vector<float> alphas_cumprod_;
    std::vector<float> sigmas_;
    std::vector<double> log_sigmas_;
};

}  // namespace darkroom::engine
