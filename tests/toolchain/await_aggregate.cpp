// SPDX-License-Identifier: Apache-2.0
// banned at run time: an aggregate temporary as an operand of co_await (g++)
#include <coroutine>
#include <cstddef>
#include <exception>
#include <string>

struct Task {
    struct promise_type {
        std::coroutine_handle<> waiting;
        std::size_t value = 0;

        Task get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() { return {}; }
        struct Final {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(
                std::coroutine_handle<promise_type> handle) noexcept {
                const std::coroutine_handle<> waiting = handle.promise().waiting;
                return waiting ? waiting : std::noop_coroutine();
            }
            void await_resume() noexcept {}
        };
        Final final_suspend() noexcept { return {}; }
        void return_value(std::size_t result) { value = result; }
        void unhandled_exception() { std::terminate(); }
    };

    bool await_ready() { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) {
        handle.promise().waiting = waiting;
        return handle;
    }
    std::size_t await_resume() { return handle.promise().value; }

    std::coroutine_handle<promise_type> handle;
};

struct Name {
    std::string text;
};

Task length(const Name& name) {
    co_return name.text.size();
}

Task outer() {
    const std::size_t size = co_await length(Name{std::string(100, 'x')});
    co_return size;
}

int main() {
    const Task task = outer();
    task.handle.resume();
    return task.handle.promise().value == 100 ? 0 : 1;
}
