// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// Included by translation units that are compiled for instruction sets the machine may lack, so
// nothing here or in the headers beside it may define an inline function with external linkage:
// the linker could keep the AVX-512 copy for everybody.

namespace darkroom::engine::cpu {

/// A bfloat16 in memory.
struct Bf16 {
    std::uint16_t bits;
};

/// engine::Activation, for kernels.
enum class Curve { none, silu, gelu, quick_gelu };

/// The most result rows that one PanelJob may cover.
inline constexpr std::int64_t kMaxPanelRows = 96;

/// A feature map [samples, height, width, channels] seen through a square window. A linear layer
/// is a window of one over a map one row high.
struct PanelInput {
    const void* data = nullptr;
    std::int64_t height = 1;
    std::int64_t width = 1;
    /// A multiple of the element's step.
    std::int64_t channels = 0;
    /// Positions of the window, which are the result's pixels unless those are spread.
    std::int64_t out_height = 1;
    std::int64_t out_width = 1;
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
    std::int64_t pad_above = 0;
    std::int64_t pad_before = 0;
};

struct PanelEpilogue {
    /// May be null.
    const float* bias = nullptr;
    /// From one sample's bias to the next; zero when all share one.
    std::int64_t bias_stride = 0;
    Curve curve = Curve::none;
    /// May be null; laid out as the result. A gated layer has neither curve nor residual.
    const void* residual = nullptr;
    /// Residual and result are f32, whatever the products take.
    bool wide = false;
};

/// How one pixel's channels stand as bytes: x = scale * (byte - zero). A pixel that held NaN or
/// infinity has a scale of NaN.
struct ByteScale {
    float scale;
    std::int32_t zero;
};

/// What products of bytes need beside the bytes.
struct ByteScales {
    /// One for each pixel of the input.
    const ByteScale* pixels = nullptr;
    /// What one step of a column's weights stands for; columns in whole vectors.
    const float* columns = nullptr;
    /// Sums of a column's weights under one tap: [taps][columns in whole vectors].
    const std::int32_t* column_sums = nullptr;
};

/// Rows of floats to bytes, each row with a scale of its own.
struct QuantiseJob {
    const void* x = nullptr;
    std::uint8_t* y = nullptr;
    ByteScale* scales = nullptr;
    std::int64_t rows = 0;
    std::int64_t channels = 0;
    /// Of a row of y; zeros stand behind the row's own.
    std::int64_t padded_channels = 0;
};

/// Input channels of a layer in Winograd's form are a multiple of this, and this one of every
/// width.
inline constexpr std::int64_t kWholeVectors = 16;
/// Numbers that a Winograd tile becomes, and the most tiles that one PanelJob may cover.
inline constexpr std::int64_t kTransformed = 16;
inline constexpr std::int64_t kMaxTiles = 48;

/// The Winograd tiles of a map, each of which makes 2x2 results; those of all samples are counted
/// through. Transformed they stand as [16][tiles][channels].
struct WinogradTiles {
    /// Along the sides of one sample's results.
    std::int64_t across = 0;
    std::int64_t down = 0;
    /// The tile that stands first.
    std::int64_t first = 0;
    /// Elements from one of the sixteen planes to the next.
    std::int64_t plane = 0;
};

/// Transforms tiles [begin, end) of a map. Of the input, what concerns
/// the result is not looked at.
struct TransformJob {
    PanelInput input = {};
    WinogradTiles tiles = {};
    void* transformed = nullptr;
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

/// Rows [row_begin, row_end) of one column block of a convolution or linear, epilogue included.
/// A row is one pixel; rows of all samples are counted through. In Winograd's form a row is a tile,
/// and the input's data are transformed tiles.
struct PanelJob {
    PanelInput input = {};
    PanelEpilogue epilogue = {};
    /// For products of bytes only.
    ByteScales bytes = {};
    /// All blocks, as laid out by panel_layout.h.
    const void* weights = nullptr;
    void* output = nullptr;
    /// Of the layer, as they stand in the file.
    std::int64_t columns = 0;
    /// The second half of the columns are gates, and results have half as many channels.
    bool gated = false;
    /// From one row's pixel to the next one's, in either direction, and where the first stands:
    /// rows of an upsampling layer's job are every second pixel.
    std::int64_t spread = 1;
    std::int64_t first_y = 0;
    std::int64_t first_x = 0;
    /// For Winograd's form only.
    WinogradTiles tiles = {};
    std::int64_t block = 0;
    std::int64_t row_begin = 0;
    std::int64_t row_end = 0;
};

/// Depths that packed weights of bytes interleave.
inline constexpr int kByteStep = 4;
/// The most input channels of a convolution of bytes, which must fit what stands for the outside.
inline constexpr std::int64_t kMaxByteChannels = 4096;
/// The deepest sum of products of bytes that fits 32 bits: 65536 * 255 * 127 < 2^31.
inline constexpr std::int64_t kMaxByteDepth = 65536;

/// Keys that attention looks at together.
inline constexpr std::int64_t kKeyTile = 128;

/// Keys or values of one sample and head, to be packed: [rows] of `size` channels, `stride` apart.
struct PackJob {
    const void* source = nullptr;
    void* packed = nullptr;
    std::int64_t rows = 0;
    std::int64_t size = 0;
    std::int64_t stride = 0;
};

/// A block of at most width * max_vectors queries of one sample and head against all keys.
struct AttentionJob {
    const void* queries = nullptr;
    void* output = nullptr;
    const void* keys = nullptr;
    const void* values = nullptr;
    /// width * max_vectors times (the size plus the size in whole steps) floats.
    float* workspace = nullptr;
    /// Elements between rows of queries and output.
    std::int64_t stride = 0;
    std::int64_t size = 0;
    std::int64_t rows = 0;
    std::int64_t key_count = 0;
    /// Position of the first row in its sample.
    std::int64_t first_row = 0;
    bool causal = false;
    float scale = 1.0f;
};

/// Pixels that are summed in f32 before they go into sums in f64.
inline constexpr std::int64_t kSumRun = 64;

/// Adds up (x - pivot) and its square over pixels, per channel. Pixels that come in several jobs
/// have the same sums as in one when all jobs but the last hold a multiple of kSumRun.
struct ChannelSumsJob {
    const void* x = nullptr;
    const void* pivot = nullptr;
    std::int64_t pixels = 0;
    std::int64_t channels = 0;
    /// [channels] each, overwritten by the `first` job, else added to.
    double* sums = nullptr;
    double* squares = nullptr;
    bool first = true;
};

/// y = curve((x - centre[c]) * scale[c] + shift[c]).
struct ScaleShiftJob {
    const void* x = nullptr;
    /// x is f32, whatever y is.
    bool wide = false;
    void* y = nullptr;
    std::int64_t pixels = 0;
    std::int64_t channels = 0;
    const float* centre = nullptr;
    const float* scale = nullptr;
    const float* shift = nullptr;
    Curve curve = Curve::none;
};

struct LayerNormJob {
    const void* x = nullptr;
    /// x is f32, whatever y is.
    bool wide = false;
    void* y = nullptr;
    std::int64_t rows = 0;
    std::int64_t channels = 0;
    const float* gamma = nullptr;
    const float* beta = nullptr;
    float epsilon = 0.0f;
};

/// The kernels of one instruction set for one element type. None of them depends on how the work
/// was cut into calls: a result element always comes from the same operations in the same order.
struct ElementKernels {
    /// Input channels that are interleaved in packed weights.
    int step = 1;

    // Null where the instruction set has no products of this type.
    void (*panels)(const PanelJob& job) = nullptr;
    /// Input and weights are bytes; residual and result have the element type.
    void (*byte_panels)(const PanelJob& job) = nullptr;
    void (*quantise)(const QuantiseJob& job) = nullptr;
    void (*transform)(const TransformJob& job) = nullptr;
    void (*winograd)(const PanelJob& job) = nullptr;
    void (*pack_keys)(const PackJob& job) = nullptr;
    void (*pack_values)(const PackJob& job) = nullptr;
    void (*attend)(const AttentionJob& job) = nullptr;

    void (*channel_sums)(const ChannelSumsJob& job) = nullptr;
    void (*scale_shift)(const ScaleShiftJob& job) = nullptr;
    void (*layer_norm)(const LayerNormJob& job) = nullptr;
    void (*softmax)(const void* x, void* y, std::int64_t rows, std::int64_t columns) = nullptr;

    void (*activate)(const void* x, void* y, std::int64_t count, Curve curve) = nullptr;
    void (*add)(const void* a, const void* b, void* y, std::int64_t count) = nullptr;
    void (*multiply)(const void* a, const void* b, void* y, std::int64_t count) = nullptr;
    void (*combine)(float a, const void* x, float b, const void* y, void* out, std::int64_t count) =
        nullptr;
    void (*affine)(const void* x, float a, float b, void* y, std::int64_t count) = nullptr;
    bool (*all_finite)(const void* x, std::int64_t count) = nullptr;
    void (*to_f32)(const void* x, float* y, std::int64_t count) = nullptr;
    void (*from_f32)(const float* x, void* y, std::int64_t count) = nullptr;
};

/// Everything an instruction set offers.
struct KernelTable {
    /// f32 lanes of a vector, and vectors across a column block.
    int width = 0;
    int max_vectors = 0;
    ElementKernels f32 = {};
    ElementKernels bf16 = {};
};

KernelTable portable_kernels();
#ifdef DARKROOM_X86_KERNELS
KernelTable avx2_kernels();
KernelTable avx512_kernels();
/// AVX-512 with bf16 products and conversions, and with VNNI.
KernelTable avx512_bf16_kernels();
/// Products of bytes with VNNI, in place of those of avx2_kernels and avx512_kernels.
void use_avx2_vnni(KernelTable& table);
void use_avx512_vnni(KernelTable& table);
#endif

}  // namespace darkroom::engine::cpu
