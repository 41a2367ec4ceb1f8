// SPDX-License-Identifier: Apache-2.0
#include "runtime/blocking_pool.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/check.h"

namespace darkroom::runtime {

struct BlockingPool::State {
    explicit State(std::size_t threads) : pool(threads) {}

    boost::asio::thread_pool pool;
};

BlockingPool::BlockingPool(int threads) {
    DARKROOM_CHECK(threads >= 1, "blocking threads: {}", threads);
    state_ = std::make_unique<State>(static_cast<std::size_t>(threads));
}

BlockingPool::~BlockingPool() {
    state_->pool.stop();
    state_->pool.join();
}

void BlockingPool::post(std::function<void()> work) {
    boost::asio::post(state_->pool, std::move(work));
}

}  // namespace darkroom::runtime
