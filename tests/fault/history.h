// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace darkroom::fault {

/// What a task is there to show.
enum class Purpose {
    /// An ordinary picture.
    plain,
    /// Its agent is killed whenever it draws this one.
    poison,
    /// Its checkpoint cannot be loaded.
    corrupt,
};

/// A request under its name, which is its idempotency key.
struct Order {
    std::string name;
    std::string body;
    Purpose purpose = Purpose::plain;
};

/// One thing that a client was told.
struct Event {
    enum class Kind {
        /// A submit was answered with 200.
        acknowledged,
        /// The same name with another body was answered with 200: never right once the first was
        /// acknowledged.
        other_body_accepted,
        /// A cancel was answered with 200.
        cancel_acknowledged,
        /// GET result answered with `status`.
        observed,
        /// GET progress answered with `progress`.
        progressed,
    };
    Kind kind = Kind::acknowledged;
    std::string name;
    std::string status = {};
    double progress = 0;
};

/// Everything that the clients of one campaign were told, in order.
struct History {
    std::map<std::string, Order> orders;
    std::vector<Event> events;
};

/// A task as it stands after the faults.
struct FinalTask {
    std::string name;
    /// The word of the API, and the exact state.
    std::string status;
    std::string state;
    /// Why it has no result.
    std::string message = {};
    /// SHA-256 of each picture as it was fetched; "" for one that could not be.
    std::vector<std::string> pictures = {};
};

}  // namespace darkroom::fault
