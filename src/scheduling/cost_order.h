// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>
#include <functional>
#include <tuple>

namespace darkroom::scheduling {

/// How much waits.
struct QueueLoad {
    std::int64_t tasks = 0;
    double seconds = 0.0;
};

/// Place in a line: priority descending, virtual finish, arrival.
using Rank = std::tuple<std::int64_t, double, std::int64_t>;

/// Keeps the load of each subtree in its root; the names are those that the tree asks for.
template <class ConstNode, class Node, class Compare, class Allocator>
class SubtreeLoads {
  public:
    using metadata_type = QueueLoad;  // NOLINT(readability-identifier-naming)

    virtual ~SubtreeLoads() = default;

    void operator()(Node node, ConstNode end) {
        QueueLoad load{1, (*node)->second};
        for (const ConstNode& child :
             {ConstNode(node.get_l_child()), ConstNode(node.get_r_child())})
            add(load, child, end);
        const_cast<QueueLoad&>(node.get_metadata()) = load;  // NOLINT: how policies store it
    }

    /// Of everything that ranks before.
    [[nodiscard]] QueueLoad before(const Rank& rank) const {
        QueueLoad load;
        ConstNode node = node_begin();
        const ConstNode end = node_end();
        while (node != end) {
            if (!((*node)->first < rank)) {
                node = node.get_l_child();
                continue;
            }
            load.tasks += 1;
            load.seconds += (*node)->second;
            add(load, node.get_l_child(), end);
            node = node.get_r_child();
        }
        return load;
    }

  private:
    static void add(QueueLoad& load, const ConstNode& node, const ConstNode& end) {
        if (node == end) return;
        load.tasks += node.get_metadata().tasks;
        load.seconds += node.get_metadata().seconds;
    }

    [[nodiscard]] virtual ConstNode node_begin() const = 0;
    [[nodiscard]] virtual ConstNode node_end() const = 0;
};

/// Predicted seconds by rank. Changes and `before` take logarithmic time.
using CostOrder =
    __gnu_pbds::tree<Rank, double, std::less<>, __gnu_pbds::rb_tree_tag, SubtreeLoads>;

}  // namespace darkroom::scheduling
