// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "engine/tensor/tensor.h"

namespace darkroom::engine {

/// A square 2D convolution. `pad_before` rows and columns of zeros stand above and left of the
/// picture, `pad_after` below and right of it.
struct Conv2dSpec {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    std::int64_t kernel = 3;
    std::int64_t stride = 1;
    std::int64_t pad_before = 1;
    std::int64_t pad_after = 1;
    /// A backend may round more than its dtype does: weights and input to eight bits, or what
    /// Winograd's form makes of them to the dtype.
    bool quantisable = false;
    /// What is convolved is the padded picture with each pixel made two by two (nearest neighbour),
    /// without its outermost rows and columns. Kernel 3, stride 1; paddings count pixels of the
    /// picture.
    bool upsampled = false;

    /// Results along one side for each position of the kernel over the picture.
    [[nodiscard]] std::int64_t growth() const { return upsampled ? 2 : 1; }

    bool operator==(const Conv2dSpec&) const = default;
};

/// y = x W^T; a 1x1 convolution over NHWC is one of these.
struct LinearSpec {
    std::int64_t in_features = 0;
    /// Of y.
    std::int64_t out_features = 0;
    /// A backend may round weights and input to eight bits.
    bool quantisable = false;
    /// W and the bias have rows for values, then as many for gates: y is the values times the exact
    /// GELU of the gates (GEGLU, Shazeer 2020).
    bool gated = false;

    /// Rows of W.
    [[nodiscard]] std::int64_t weight_rows() const {
        return gated ? 2 * out_features : out_features;
    }

    bool operator==(const LinearSpec&) const = default;
};

using LayerSpec = std::variant<Conv2dSpec, LinearSpec>;

/// How a backend stores the weights of one layer. `tag` names the byte layout exactly: equal tags
/// from one backend fingerprint mean interchangeable bytes.
struct PackedLayout {
    std::string tag;
    std::size_t size_bytes = 0;
};

/// Weights of one layer in a backend's layout. The bytes are usually a piece of a memory map and
/// belong to `owner`; they are 64-byte aligned.
struct PackedWeights {
    LayerSpec spec;
    PackedLayout layout;
    const std::byte* data = nullptr;
    std::shared_ptr<const void> owner;
};

enum class Activation { none, silu, gelu, quick_gelu };

/// What happens to the result of a convolution or linear before it is stored:
/// activation(result + bias) + residual. Absent tensors are left out.
struct Epilogue {
    /// f32, [out] for all samples or [samples, out] for one row each; a gated layer's has 2 out.
    Tensor bias = {};
    Activation activation = Activation::none;
    /// Shape of the result, f32 or compute dtype. A residual in f32 makes the result wide.
    Tensor residual = {};
    /// Stores the result in f32, whatever the compute dtype.
    bool wide = false;
};

/// Rows of zeros that a convolution sees above and below its input. A band of a map has none where
/// it holds the neighbouring rows itself.
struct RowPadding {
    std::int64_t above = 0;
    std::int64_t below = 0;
};

struct GroupNormOptions {
    std::int64_t groups = 32;
    float epsilon = 1e-5f;
    /// Applied to the normalised result.
    Activation activation = Activation::none;
};

struct LayerNormOptions {
    float epsilon = 1e-5f;
    /// Stores the result in f32, whatever the compute dtype.
    bool wide = false;
};

struct AttentionOptions {
    std::int64_t heads = 1;
    /// Row i sees only rows 0..i.
    bool causal = false;
};

/// The operations that a device offers. A backend multiplies in one dtype (f32 or bf16), which
/// every activation has unless an operation says otherwise; norms, softmax and sums accumulate in
/// f32. "Wide" tensors are f32 in either case: networks keep the stream that their blocks add to
/// wide, so that only what enters a product is rounded.
///
/// What a sample becomes never depends on its batch mates nor on the number of threads: the bytes
/// are equal for equal fingerprint. Used by one thread, the device thread. Shapes are checked by
/// engine/ops before they come here. Throws DeviceError-like std exceptions only when the device
/// fails; wrong shapes throw ContractViolation.
class Backend {
  public:
    virtual ~Backend() = default;

    /// "cpu" or "reference".
    [[nodiscard]] virtual std::string name() const = 0;
    /// Everything that can change result bytes or packed layouts: backend, instruction set, dtype,
    /// library version, e.g. "cpu/avx512/bf16/kernels-1".
    [[nodiscard]] virtual std::string fingerprint() const = 0;
    [[nodiscard]] virtual DType compute_dtype() const = 0;

    // Memory
    /// An uninitialised tensor from the arena.
    virtual Tensor empty(const Shape& shape, DType dtype) = 0;
    /// A tensor over memory that somebody else owns and that outlives it (mapped weights).
    virtual Tensor borrow(
        const std::byte* data,
        const Shape& shape,
        DType dtype,
        std::shared_ptr<const void> owner) = 0;
    /// Gives unused activation memory back to the system.
    virtual void trim() = 0;
    /// The most bytes of activations ever held.
    [[nodiscard]] virtual std::size_t peak_activation_bytes() const = 0;

    // Packing. `weights` are f32: OIHW for a convolution, [out, in] for a linear.
    [[nodiscard]] virtual PackedLayout layout_of(const LayerSpec& spec) const = 0;
    virtual void pack(
        const LayerSpec& spec, std::span<const float> weights, std::span<std::byte> packed) = 0;

    // Networks
    /// x [n, h, w, in] -> [n, h', w', out], h' = (h + pad_before + pad_after - kernel) / stride
    /// + 1, twice that where the layer upsamples.
    Tensor conv2d(const Tensor& x, const PackedWeights& weights, const Epilogue& epilogue) {
        const auto& spec = std::get<Conv2dSpec>(weights.spec);
        return conv2d_band(x, weights, epilogue, {spec.pad_before, spec.pad_after});
    }
    /// The same with a padding of its own for rows; columns are padded as the layer says. Bands of
    /// a quantisable layer's result begin at even rows.
    virtual Tensor conv2d_band(
        const Tensor& x,
        const PackedWeights& weights,
        const Epilogue& epilogue,
        const RowPadding& padding) = 0;
    /// x [samples, rows, in] -> [samples, rows, out].
    virtual Tensor linear(
        const Tensor& x, const PackedWeights& weights, const Epilogue& epilogue) = 0;
    /// x [n, h, w, c], wide or not; gamma, beta f32 [c]; statistics per sample and group of
    /// c / groups channels.
    Tensor group_norm(
        const Tensor& x, const Tensor& gamma, const Tensor& beta, const GroupNormOptions& options) {
        const std::span<const Tensor> whole(&x, 1);
        return normalise(whole, group_scales(whole, gamma, beta, options), options.activation);
    }
    /// The first half of group_norm: what normalises each channel, f32 [n, 3, c], for normalise
    /// only. The map may come in bands, [n, rows, w, c] of one dtype from the top down; more than
    /// one band is a map of one sample. How a map is cut changes no byte.
    virtual Tensor group_scales(
        std::span<const Tensor> bands,
        const Tensor& gamma,
        const Tensor& beta,
        const GroupNormOptions& options) = 0;
    /// The second half: any bands of that map, normalised and joined.
    virtual Tensor normalise(
        std::span<const Tensor> bands, const Tensor& scales, Activation activation) = 0;
    /// x [..., c], wide or not; gamma, beta f32 [c]; statistics per row.
    virtual Tensor layer_norm(
        const Tensor& x,
        const Tensor& gamma,
        const Tensor& beta,
        const LayerNormOptions& options) = 0;
    /// q [n, tq, c], k and v [n, tk, c] -> [n, tq, c]; heads are contiguous slices of the channels,
    /// scale 1 / sqrt(c / heads). Never materialises q k^T.
    virtual Tensor attention(
        const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) = 0;
    /// Softmax over the last axis.
    virtual Tensor softmax(const Tensor& x) = 0;
    /// table [rows, c] of compute dtype, ids i32 [n, t] -> [n, t, c].
    virtual Tensor embedding(const Tensor& table, const Tensor& ids) = 0;
    virtual Tensor activate(const Tensor& x, Activation activation) = 0;

    // Feature maps
    /// Nearest neighbour to any size: [n, h, w, c] -> [n, height, width, c].
    virtual Tensor resize_nearest(const Tensor& x, std::int64_t height, std::int64_t width) = 0;
    /// [..., a] and [..., b] -> [..., a + b].
    virtual Tensor concat_channels(const Tensor& a, const Tensor& b) = 0;
    /// Stacks along the first axis; all other extents and the dtypes are equal.
    virtual Tensor concat_samples(std::span<const Tensor> parts) = 0;
    /// [n, c, h, w] <-> [n, h, w, c].
    virtual Tensor nchw_to_nhwc(const Tensor& x) = 0;
    virtual Tensor nhwc_to_nchw(const Tensor& x) = 0;

    // Elementwise, any one dtype of f32 and bf16
    virtual Tensor add(const Tensor& a, const Tensor& b) = 0;
    virtual Tensor multiply(const Tensor& a, const Tensor& b) = 0;
    /// a x + b y.
    virtual Tensor combine(float a, const Tensor& x, float b, const Tensor& y) = 0;
    /// a x + b.
    virtual Tensor affine(const Tensor& x, float a, float b) = 0;
    virtual Tensor cast(const Tensor& x, DType dtype) = 0;
    /// True when no element is NaN or infinite.
    virtual bool all_finite(const Tensor& x) = 0;

    // Host
    /// Copies f32 numbers in, as an f32 tensor.
    virtual Tensor upload(std::span<const float> values, const Shape& shape) = 0;
    virtual Tensor upload(std::span<const std::int32_t> values, const Shape& shape) = 0;
    /// Copies the numbers out as f32.
    virtual std::vector<float> download(const Tensor& x) = 0;
};

}  // namespace darkroom::engine
