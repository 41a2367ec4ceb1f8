// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace darkroom::engine {

/// A product whose exponent cannot overflow: mantissa times 2 to the exponent.
struct ScaledProduct {
    double mantissa = 1.0;
    std::int64_t exponent = 0;

    [[nodiscard]] ScaledProduct times(double factor) const;
    [[nodiscard]] ScaledProduct times(const ScaledProduct& factor) const;
    [[nodiscard]] double value() const;
};

/// The brackets of one shape in a prompt. Each bracket remembers the one around it, so the weight
/// of a piece of text can be worked out when all factors are known.
class BracketStack {
  public:
    using Node = std::uint32_t;
    static constexpr Node kOutside = std::numeric_limits<Node>::max();
    static constexpr std::size_t kNeverClosed = std::numeric_limits<std::size_t>::max();

    struct Bracket {
        Node around = kOutside;
        std::uint32_t depth = 0;
        double factor = 1.0;
        std::size_t closed_at = kNeverClosed;
    };

    explicit BracketStack(double default_factor) : default_factor_(default_factor) {}

    void open();
    [[nodiscard]] bool is_open() const { return top_ != kOutside; }
    /// Closes the innermost open bracket; `order` counts closings of either shape.
    void close(std::size_t order) { close(order, default_factor_); }
    void close(std::size_t order, double factor);

    /// The innermost open bracket, or kOutside.
    [[nodiscard]] Node top() const { return top_; }
    [[nodiscard]] const Bracket& at(Node node) const { return brackets_[node]; }
    [[nodiscard]] std::size_t depth(Node node) const {
        return node == kOutside ? 0 : brackets_[node].depth;
    }
    /// Products of the factors of each bracket and all around it, indexed by node.
    [[nodiscard]] std::vector<ScaledProduct> products() const;

  private:
    double default_factor_;
    Node top_ = kOutside;
    std::vector<Bracket> brackets_;
};

/// Weights of pieces from the brackets of both shapes around them.
class BracketWeights {
  public:
    /// The innermost brackets around a piece.
    struct Place {
        BracketStack::Node round = BracketStack::kOutside;
        BracketStack::Node square = BracketStack::kOutside;
    };

    /// Both outlive the object and change no more.
    BracketWeights(const BracketStack& round, const BracketStack& square);

    /// `base` times the factors around `place`: up to 64 in the order of their closing, unclosed
    /// ones last, as AUTOMATIC1111 multiplies them; more from the products, so each piece costs
    /// the same.
    [[nodiscard]] double weight(double base, Place place) const;

  private:
    const BracketStack& round_;
    const BracketStack& square_;
    std::vector<ScaledProduct> round_products_;
    std::vector<ScaledProduct> square_products_;
};

}  // namespace darkroom::engine
