// SPDX-License-Identifier: Apache-2.0
#include "domain/model_source.h"

namespace darkroom::domain {

std::string ModelSource::record() const {
    switch (kind) {
        case Kind::upload:
            return "upload:" + text;
        case Kind::import:
        case Kind::url:
            return text;
        case Kind::none:
            break;
    }
    return {};
}

}  // namespace darkroom::domain
