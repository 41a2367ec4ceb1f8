// SPDX-License-Identifier: Apache-2.0
#include "engine/text/brackets.h"

#include <algorithm>
#include <cmath>

namespace darkroom::engine {
namespace {

constexpr std::size_t kMostOrdered = 64;
// Beyond any exponent of a double, so clamping to it changes no value.
constexpr std::int64_t kExponentBound = 4000;

std::size_t closing(const BracketStack& stack, BracketStack::Node node) {
    return stack.at(node).closed_at;
}

ScaledProduct product_at(const std::vector<ScaledProduct>& products, BracketStack::Node node) {
    return node == BracketStack::kOutside ? ScaledProduct{} : products[node];
}

}  // namespace

ScaledProduct ScaledProduct::times(double factor) const {
    int shift = 0;
    const double product = std::frexp(mantissa * factor, &shift);
    return {product, exponent + shift};
}

ScaledProduct ScaledProduct::times(const ScaledProduct& factor) const {
    ScaledProduct product = times(factor.mantissa);
    product.exponent += factor.exponent;
    return product;
}

double ScaledProduct::value() const {
    const std::int64_t bounded = std::clamp(exponent, -kExponentBound, kExponentBound);
    return std::ldexp(mantissa, static_cast<int>(bounded));
}

void BracketStack::open() {
    const auto depth = static_cast<std::uint32_t>(this->depth(top_) + 1);
    brackets_.push_back({top_, depth, default_factor_, kNeverClosed});
    top_ = static_cast<Node>(brackets_.size() - 1);
}

void BracketStack::close(std::size_t order, double factor) {
    Bracket& bracket = brackets_[top_];
    bracket.factor = factor;
    bracket.closed_at = order;
    top_ = bracket.around;
}

std::vector<ScaledProduct> BracketStack::products() const {
    std::vector<ScaledProduct> products;
    products.reserve(brackets_.size());
    for (const Bracket& bracket : brackets_) {
        products.push_back(product_at(products, bracket.around).times(bracket.factor));
    }
    return products;
}

BracketWeights::BracketWeights(const BracketStack& round, const BracketStack& square)
    : round_(round),
      square_(square),
      round_products_(round.products()),
      square_products_(square.products()) {}

double BracketWeights::weight(double base, Place place) const {
    if (round_.depth(place.round) + square_.depth(place.square) > kMostOrdered) {
        const ScaledProduct around = product_at(round_products_, place.round)
                                         .times(product_at(square_products_, place.square));
        return around.times(base).value();
    }
    double weight = base;
    while (place.round != BracketStack::kOutside || place.square != BracketStack::kOutside) {
        const bool round_next = place.square == BracketStack::kOutside ||
                                (place.round != BracketStack::kOutside &&
                                 closing(round_, place.round) <= closing(square_, place.square));
        const BracketStack::Bracket& bracket =
            round_next ? round_.at(place.round) : square_.at(place.square);
        weight *= bracket.factor;
        (round_next ? place.round : place.square) = bracket.around;
    }
    return weight;
}

}  // namespace darkroom::engine
