// SPDX-License-Identifier: Apache-2.0
// banned: parenthesised aggregate initialisation (clang++-14)
#include <memory>

struct Size {
    int width = 0;
    int height = 0;
};

std::unique_ptr<Size> square(int side) {
    return std::make_unique<Size>(side, side);
}
