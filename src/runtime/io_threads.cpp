// SPDX-License-Identifier: Apache-2.0
#include "runtime/io_threads.h"

#include <exception>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "base/check.h"
#include "telemetry/log.h"

namespace darkroom::runtime {
namespace {

void run_until_stopped(boost::asio::io_context& context) {
    for (;;) {
        try {
            context.run();
            return;
        } catch (const std::exception& failure) {
            log::error("completion handler threw", {{"error", failure.what()}});
        } catch (...) {
            log::error("completion handler threw", {{"error", "not a std::exception"}});
        }
    }
}

}  // namespace

struct IoThreads::State {
    explicit State(int count) : context(count), work(context.get_executor()) {
        for (int i = 0; i < count; ++i) {
            threads.emplace_back([this] { run_until_stopped(context); });
        }
    }

    boost::asio::io_context context;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
    std::vector<std::jthread> threads;
};

IoThreads::IoThreads(int threads) {
    DARKROOM_CHECK(threads >= 1 && threads <= 4, "io threads: {}", threads);
    state_ = std::make_unique<State>(threads);
}

IoThreads::~IoThreads() {
    stop();
}

boost::asio::any_io_executor IoThreads::executor() const {
    return state_->context.get_executor();
}

void IoThreads::stop() {
    state_->context.stop();
    if (state_->context.get_executor().running_in_this_thread()) return;
    for (std::jthread& thread : state_->threads) {
        if (thread.joinable()) thread.join();
    }
}

}  // namespace darkroom::runtime
